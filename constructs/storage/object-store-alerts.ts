import type { Alert } from '../core/alert';
import { claimFillingAlert } from '../core/claim-alert';

/**
 * What of the object store people should know. It has no metrics of its own (it tells them by StatsD only), so its disk is what the kubelet
 * says, where that is read.
 *
 * @param workload name of its StatefulSet
 */
export function objectStoreAlerts(workload: string, namespace: string): readonly Alert[] {
  return [
    claimFillingAlert(
      'ObjectStore',
      namespace,
      `data-${workload}-[0-9]+`,
      'When the volume is full, nothing can be stored: no trace blocks, no anomalies, no profiles.',
    ),
  ];
}
