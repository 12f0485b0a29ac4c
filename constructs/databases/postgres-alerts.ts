import type { Alert } from '../core/alert';
import { claimFillingAlert } from '../core/claim-alert';
import { unreadyAlert } from '../core/unready-alert';

/**
 * What of a PostgreSQL people should know. It has no metrics of its own, so all is what the kubelet says, where that is read: how its probes
 * end, and how full its volume is.
 *
 * @param workload name of its StatefulSet
 */
export function postgresAlerts(workload: string, namespace: string): readonly Alert[] {
  return [
    unreadyAlert(
      'Postgres',
      { workload, namespace, pods: `${workload}-[0-9]+` },
      'What keeps its state there does not start, and answers with errors: Grafana shows nothing.',
    ),
    claimFillingAlert(
      'Postgres',
      namespace,
      `data-${workload}-[0-9]+`,
      'When the volume is full, PostgreSQL stops, and starts again only when there is room.',
    ),
  ];
}
