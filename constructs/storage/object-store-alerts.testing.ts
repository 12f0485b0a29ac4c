import type { AlertCase } from '../core/alert-case.testing';

const volume = (free: string) => ({
  'kubelet_volume_stats_available_bytes{namespace="plumbline", persistentvolumeclaim="data-objects-0"}': free,
  'kubelet_volume_stats_capacity_bytes{namespace="plumbline", persistentvolumeclaim="data-objects-0"}': '1000x40',
});

export const objectStoreAlertCases: readonly AlertCase[] = [
  {
    alert: 'ObjectStoreDiskFilling',
    fires: volume('100x40'),
    silent: volume('200x40'),
    labels: { namespace: 'plumbline', persistentvolumeclaim: 'data-objects-0', severity: 'critical' },
  },
];
