import type { AlertCase, TestSeries } from '../core/alert-case.testing';

const at = 'job="network-paths", instance="10.1.0.4:8081", target="gateway"';
const labels = { job: 'network-paths', target: 'gateway' };
const series = (name: string, values: string, more = ''): TestSeries => ({
  [`plumbline_network_path_${name}{${at}${more}}`]: values,
});
/** By another pod the day before, as pods are replaced. */
const roundTrips = (before: string, now: string): TestSeries => ({
  [`plumbline_network_path_rtt_seconds{${at.replace('10.1.0.4', '10.1.0.9')}}`]: `${before}x1200 stale`,
  [`plumbline_network_path_rtt_seconds{${at}}`]: `_x1300 ${now}x200`,
});

/** Of paths that are measured every minute. */
export const pathMonitorAlertCases: readonly AlertCase[] = [
  {
    alert: 'PathMonitorDown',
    fires: { 'up{job="network-paths", instance="10.1.0.4:8081"}': '0x30' },
    silent: { 'up{job="network-paths", instance="10.1.0.4:8081"}': '0 0 1x30' },
    labels: { job: 'network-paths', severity: 'critical' },
  },
  {
    alert: 'NetworkPathLost',
    fires: series('reached', '1x10 0x30'),
    // Two measurements, and then again.
    silent: series('reached', '1x24 0 0 1x30'),
    labels: { ...labels, severity: 'critical' },
  },
  {
    alert: 'NetworkPathLoss',
    fires: { ...series('reached', '1x60'), ...series('loss_ratio', '0.1x60') },
    // One packet of ten, once in a while; and a target that does not answer at all, of which another alert tells.
    silent: {
      ...series('reached', '1x60'),
      ...series('loss_ratio', '0 0 0 0.1 0 0 0 0.1 0 0 0 0.1 0 0 0 0.1 0 0 0 0.1 0 0 0 0.1 0 0 0 0.1 0 0'),
      ...Object.fromEntries(
        Object.entries({ ...series('reached', '0x60'), ...series('loss_ratio', '1x60') }).map(([name, values]) => [
          name.replace('gateway', 'lost'),
          values,
        ]),
      ),
    },
    labels: { ...labels, severity: 'warning' },
  },
  {
    alert: 'NetworkPathSlow',
    fires: roundTrips('0.02', '0.05'),
    // Five times as long, and nobody notices.
    silent: roundTrips('0.001', '0.005'),
    labels: { ...labels, severity: 'warning' },
    after: 1470,
  },
  {
    alert: 'NetworkRouteChanged',
    fires: series('changes_total', '0x20 1x20', ', to="new"'),
    silent: { ...series('changes_total', '1x40', ', to="new"'), ...series('changes_total', '0+1x40', ', to="known"') },
    labels: { ...labels, severity: 'info' },
  },
  {
    alert: 'NetworkPathNotMeasured',
    fires: series('last_run_timestamp_seconds', '0+60x10 600x30'),
    silent: series('last_run_timestamp_seconds', '0+60x40'),
    labels: { ...labels, severity: 'warning' },
  },
];
