import { Duration } from 'cdk8s';
import type { Alert } from './alert';

/** Pods whose readiness the kubelet tells. */
export interface ProbedPods {
  /** Name of their controller. */
  readonly workload: string;
  readonly namespace: string;
  /** Regular expression of their names. */
  readonly pods: string;
  /** Containers of a pod that each have to be ready. @default - one of them is enough */
  readonly containers?: readonly string[];
}

/**
 * That no pod was ready for five minutes, by what the kubelet says of its probes: for products without metrics of their own, where the
 * kubelet is read.
 *
 * @param product as the alert is named after it: `Postgres`
 * @param consequence what people miss meanwhile, a sentence
 * @see https://kubernetes.io/docs/reference/instrumentation/metrics/ prober_probe_total
 */
export function unreadyAlert(product: string, probed: ProbedPods, consequence: string): Alert {
  const { workload, namespace, pods, containers = [] } = probed;
  const of = `namespace="${namespace}", pod=~"${pods}", probe_type="Readiness", result="successful"`;
  const each = containers.length === 0 ? [of] : containers.map((container) => `${of}, container="${container}"`);
  return {
    name: `${product}Down`,
    // Also where there is no pod, and so nothing to be read.
    expr: each.map((ready) => `absent(increase(prober_probe_total{${ready}}[5m]) > 0)`).join('\nor\n'),
    for: Duration.minutes(2),
    severity: 'critical',
    source: 'kubelet',
    labels: { namespace, workload },
    summary: `No connection was taken by ${workload} for five minutes`,
    description: consequence,
  };
}
