import { Duration } from 'cdk8s';
import type { Alert } from './alert';

/** Share of each volume claim that is free. @param of matchers of its series */
export function freeOfClaims(of: string): string {
  return `kubelet_volume_stats_available_bytes{${of}} / kubelet_volume_stats_capacity_bytes{${of}}`;
}

/**
 * That a volume claim of a workload is nearly full, as only the kubelet tells: for products that do not know their own disk.
 *
 * @param product as the alert is named after it: `ObjectStore`
 * @param claims regular expression of the claims' names
 * @param consequence what happens when it is full, a sentence
 */
export function claimFillingAlert(product: string, namespace: string, claims: string, consequence: string): Alert {
  const of = `namespace="${namespace}", persistentvolumeclaim=~"${claims}"`;
  return {
    name: `${product}DiskFilling`,
    expr: `${freeOfClaims(of)} < 0.15`,
    for: Duration.minutes(15),
    severity: 'critical',
    source: 'kubelet',
    summary: 'Of the volume {{ $labels.persistentvolumeclaim }} only {{ $value | humanizePercentage }} are free',
    description: consequence,
  };
}
