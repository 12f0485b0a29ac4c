import type { AlertCase } from '../core/alert-case.testing';

const probed = (result: string) =>
  `prober_probe_total{namespace="databases", pod="postgres-0", container="postgres", probe_type="Readiness", result="${result}"}`;
const volume = (free: string) => ({
  'kubelet_volume_stats_available_bytes{namespace="databases", persistentvolumeclaim="data-postgres-0"}': free,
  'kubelet_volume_stats_capacity_bytes{namespace="databases", persistentvolumeclaim="data-postgres-0"}': '1000x40',
});

export const postgresAlertCases: readonly AlertCase[] = [
  {
    alert: 'PostgresDown',
    fires: { [probed('successful')]: '0+6x10 60x30', [probed('failed')]: '0x10 0+6x30' },
    // One that was started again begins to count anew.
    silent: { [probed('successful')]: '0+6x20 0+6x20', [probed('failed')]: '0x40' },
    labels: { namespace: 'databases', workload: 'postgres', severity: 'critical' },
  },
  {
    alert: 'PostgresDiskFilling',
    fires: volume('100x40'),
    silent: volume('200x40'),
    labels: { namespace: 'databases', persistentvolumeclaim: 'data-postgres-0', severity: 'critical' },
  },
];
