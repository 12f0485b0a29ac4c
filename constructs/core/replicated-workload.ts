import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { InvalidPropError } from './errors';
import { selectorLabels } from './naming';
import { Workload, type WorkloadProps } from './workload';

/** Options of workloads whose pods are replicas of each other. */
export interface ReplicatedProps extends WorkloadProps {
  /** @default 1 */
  readonly replicas?: number;
}

/** A workload whose pods are kept running, moved one at a time, and spread over nodes and zones. */
export abstract class ReplicatedWorkload extends Workload {
  /** Pods at rest. */
  readonly replicas: number;

  /** @throws {InvalidPropError} if `replicas` is no count of at least 1 */
  constructor(scope: Construct, id: string, props: ReplicatedProps) {
    super(scope, id, props);
    this.replicas = props.replicas ?? 1;
    if (!Number.isInteger(this.replicas) || this.replicas < 1) {
      throw new InvalidPropError(`${this.node.path}.replicas`, props.replicas, 'a count of at least 1');
    }
    new k8s.KubePodDisruptionBudget(this, 'budget', {
      metadata: { name: this.name, labels: { ...this.labels } },
      spec: {
        maxUnavailable: k8s.IntOrString.fromNumber(1),
        selector: { matchLabels: selectorLabels(this.selector) },
      },
    });
  }

  /** Most pods that may run at once, an autoscaler's maximum where there is one. */
  protected get mostReplicas(): number {
    return this.replicas;
  }

  protected override get topologySpread(): k8s.TopologySpreadConstraint[] | undefined {
    if (this.mostReplicas === 1) return undefined;
    return ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((topologyKey) => ({
      topologyKey,
      maxSkew: 1,
      // A preference: one node must do where there is only one.
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: selectorLabels(this.selector) },
    }));
  }
}
