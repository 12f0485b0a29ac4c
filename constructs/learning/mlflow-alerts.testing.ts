import type { AlertCase } from '../core/alert-case.testing';

const probed = (result: string) =>
  `prober_probe_total{namespace="learning", pod="mlflow-6c9f8d7b5-x2k4q", container="mlflow", probe_type="Readiness", result="${result}"}`;

export const mlflowAlertCases: readonly AlertCase[] = [
  {
    alert: 'MlflowDown',
    fires: { [probed('successful')]: '0+6x10 60x30', [probed('failed')]: '0x10 0+6x30' },
    // That the Job of its users succeeds does not hide it: it has no probe.
    silent: { [probed('successful')]: '0+6x40' },
    labels: { namespace: 'learning', workload: 'mlflow', severity: 'critical' },
  },
];
