import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { InvalidPropError } from './errors';
import { selectorLabels } from './naming';
import { Workload, type WorkloadProps } from './workload';

/** Whether a pod rather waits than be where others of its kind are, or is only put elsewhere where that can be. */
export type Spread = 'preferred' | 'required';

/** How far apart replicas are. */
export interface SpreadProps {
  /** `required`: never two on one node. @default 'preferred' */
  readonly nodes?: Spread;
  /** `required`: no zone has two more than another; nodes that are in no zone get none. @default 'preferred' */
  readonly zones?: Spread;
}

/** Options of workloads whose pods are replicas of each other. */
export interface ReplicatedProps extends WorkloadProps {
  /** @default 1 */
  readonly replicas?: number;
  /**
   * Whether more than half of the pods have to be there, as members of a cluster that votes do.
   *
   * @default false
   */
  readonly quorum?: boolean;
  /** Pods that may be moved at once. @default 1 */
  readonly maxUnavailable?: number;
  /** @default - over nodes and zones where that can be */
  readonly spread?: SpreadProps;
}

const hostname = 'kubernetes.io/hostname';

/** A workload whose pods are kept running, moved one at a time, and spread over nodes and zones. */
export abstract class ReplicatedWorkload extends Workload {
  /** Pods at rest. */
  readonly replicas: number;
  private readonly spread: Required<SpreadProps>;

  /** @throws {InvalidPropError} if `replicas` is no count of at least 1, or a move of pods could cost a quorum */
  constructor(scope: Construct, id: string, props: ReplicatedProps) {
    super(scope, id, props);
    this.replicas = props.replicas ?? 1;
    if (!Number.isInteger(this.replicas) || this.replicas < 1) {
      throw new InvalidPropError(`${this.node.path}.replicas`, props.replicas, 'a count of at least 1');
    }
    const { quorum = false, maxUnavailable = 1, spread = {} } = props;
    this.spread = { nodes: 'preferred', zones: 'preferred', ...spread };
    if (quorum) this.checkQuorum(maxUnavailable);
    new k8s.KubePodDisruptionBudget(this, 'budget', {
      metadata: { name: this.name, labels: { ...this.labels } },
      spec: {
        maxUnavailable: k8s.IntOrString.fromNumber(maxUnavailable),
        selector: { matchLabels: selectorLabels(this.selector) },
      },
    });
  }

  /** One alone has no quorum to lose, only its availability. */
  private checkQuorum(maxUnavailable: number): void {
    const { replicas } = this;
    if (replicas % 2 === 0)
      throw new InvalidPropError(`${this.node.path}.replicas`, replicas, 'an odd count, which a quorum needs');
    if (replicas > 1 && maxUnavailable > (replicas - 1) / 2) {
      const most = `at most ${(replicas - 1) / 2} of ${replicas}, which leaves a quorum`;
      throw new InvalidPropError(`${this.node.path}.maxUnavailable`, maxUnavailable, most);
    }
  }

  /** Most pods that may run at once, an autoscaler's maximum where there is one. */
  protected get mostReplicas(): number {
    return this.replicas;
  }

  protected override get topologySpread(): k8s.TopologySpreadConstraint[] | undefined {
    if (this.mostReplicas === 1) return undefined;
    const over = (topologyKey: string, spread: Spread): k8s.TopologySpreadConstraint => ({
      topologyKey,
      maxSkew: 1,
      // A preference: one node must do where there is only one.
      whenUnsatisfiable: spread === 'required' ? 'DoNotSchedule' : 'ScheduleAnyway',
      labelSelector: { matchLabels: selectorLabels(this.selector) },
    });
    const { nodes, zones } = this.spread;
    const byZone = over('topology.kubernetes.io/zone', zones);
    return nodes === 'required' ? [byZone] : [over(hostname, nodes), byZone];
  }

  /** A spread would let two share a node as soon as every node has one. */
  protected override get apart(): k8s.PodAffinityTerm | undefined {
    if (this.mostReplicas === 1 || this.spread.nodes !== 'required') return undefined;
    return { topologyKey: hostname, labelSelector: { matchLabels: selectorLabels(this.selector) } };
  }
}
