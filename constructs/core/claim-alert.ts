import { Duration } from 'cdk8s';
import type { Alert } from './alert';

/**
 * That a volume claim of a workload is nearly full, as only the kubelet tells: for products that do not know their own disk.
 *
 * @param product as the alert is named after it: `ObjectStore`
 * @param claims regular expression of the claims' names
 * @param consequence what happens when it is full, a sentence
 */
export function claimFillingAlert(product: string, namespace: string, claims: string, consequence: string): Alert {
  const selector = `{namespace="${namespace}", persistentvolumeclaim=~"${claims}"}`;
  return {
    name: `${product}DiskFilling`,
    expr: `kubelet_volume_stats_available_bytes${selector} / kubelet_volume_stats_capacity_bytes${selector} < 0.15`,
    for: Duration.minutes(15),
    severity: 'critical',
    source: 'kubelet',
    summary: 'Of the volume {{ $labels.persistentvolumeclaim }} only {{ $value | humanizePercentage }} are free',
    description: consequence,
  };
}
