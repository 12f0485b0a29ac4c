import type { AlertCase } from '../core/alert-case.testing';

export const grafanaAlertCases: readonly AlertCase[] = [
  {
    alert: 'GrafanaDown',
    fires: { 'up{job="grafana", instance="10.0.0.1:3000"}': '1x10 0x30' },
    silent: { 'up{job="grafana", instance="10.0.0.1:3000"}': '1x40' },
    labels: { job: 'grafana', severity: 'critical' },
  },
];
