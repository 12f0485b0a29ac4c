import { Duration } from 'cdk8s';
import type { Alert } from '../core/alert';
import { claimFillingAlert } from '../core/claim-alert';

/**
 * What of a PostgreSQL people should know. It has no metrics of its own, so all is what the kubelet says, where that is read: how its probes
 * end, and how full its volume is.
 *
 * @param workload name of its StatefulSet
 * @see https://kubernetes.io/docs/reference/instrumentation/metrics/ prober_probe_total
 */
export function postgresAlerts(workload: string, namespace: string): readonly Alert[] {
  const ready = `prober_probe_total{namespace="${namespace}", pod=~"${workload}-[0-9]+", probe_type="Readiness", result="successful"}`;
  return [
    {
      name: 'PostgresDown',
      // Also where there is no pod, and so nothing to be read.
      expr: `absent(increase(${ready}[5m]) > 0)`,
      for: Duration.minutes(2),
      severity: 'critical',
      source: 'kubelet',
      labels: { namespace, workload },
      summary: `No connection was taken by ${workload} for five minutes`,
      description: 'What keeps its state there does not start, and answers with errors: Grafana shows nothing.',
    },
    claimFillingAlert(
      'Postgres',
      namespace,
      `data-${workload}-[0-9]+`,
      'When the volume is full, PostgreSQL stops, and starts again only when there is room.',
    ),
  ];
}
