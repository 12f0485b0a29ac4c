import type { AlertCase } from '../core/alert-case.testing';

const pod = 'job="vector", instance="10.0.0.1:9598"';
const discarded = (component: string, intentional: boolean) =>
  `vector_component_discarded_events_total{${pod}, component_id="${component}", intentional="${intentional}"}`;
const buffer = (used: string) => ({
  [`vector_buffer_size_bytes{${pod}, component_id="store", stage="0"}`]: used,
  [`vector_buffer_max_size_bytes{${pod}, component_id="store", stage="0"}`]: '1000x40',
});
const errors = (failed: string) => ({
  [`vector_component_errors_total{${pod}, component_id="store", error_type="request_failed", stage="sending"}`]: failed,
});

export const vectorAlertCases: readonly AlertCase[] = [
  {
    alert: 'VectorDown',
    fires: { [`up{${pod}}`]: '0x40' },
    silent: { [`up{${pod}}`]: '1x40', 'up{job="vector", instance="10.0.0.2:9598"}': '0x40' },
    labels: { job: 'vector', severity: 'critical' },
  },
  {
    alert: 'VectorLosesLines',
    fires: { [discarded('store', false)]: '0x25 7x20' },
    silent: { [discarded('limited', true)]: '0x25 7x20', [discarded('alertmanager', false)]: '0x25 7x20' },
    labels: { job: 'vector', component_id: 'store', severity: 'critical' },
  },
  {
    alert: 'VectorDropsLines',
    fires: { [discarded('limited', true)]: '0+300x40' },
    silent: { [discarded('limited', true)]: '0+6x40', [discarded('fatal', true)]: '0+300x40' },
    labels: { job: 'vector', severity: 'warning' },
  },
  {
    alert: 'VectorBufferFilling',
    fires: buffer('800x40'),
    silent: buffer('800x5 300x40'),
    labels: { job: 'vector', instance: '10.0.0.1:9598', component_id: 'store', severity: 'critical' },
  },
  {
    alert: 'VectorComponentErrors',
    fires: errors('0+60x40'),
    silent: errors('0+60x5 300x40'),
    labels: { job: 'vector', component_id: 'store', error_type: 'request_failed', severity: 'warning' },
  },
  {
    alert: 'VectorAlertsNotDelivered',
    fires: { [discarded('alertmanager', false)]: '0x25 7x20' },
    silent: { [discarded('store', false)]: '0x25 7x20' },
    labels: { job: 'vector', component_id: 'alertmanager', severity: 'warning' },
  },
];
