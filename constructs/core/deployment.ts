import { Lazy } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { defined } from './defined';
import { InvalidPropError } from './errors';
import { ReplicatedWorkload, type ReplicatedProps } from './replicated-workload';
import { selectorLabels } from './naming';
import { Platform } from './platform';
import { claimSpec, type ClaimProps, type Volume } from './volume';

/** How many pods an autoscaler keeps, and when it adds one. */
export interface AutoscalerProps {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Percentage of requested CPU. @default - CPU does not count */
  readonly cpuPercent?: number;
  /** Percentage of requested memory. @default - memory does not count */
  readonly memoryPercent?: number;
  /**
   * How fast pods come and go.
   *
   * @default - they come as fast as they can, and go one a minute, five minutes after they were needed last
   */
  readonly behavior?: k8s.HorizontalPodAutoscalerBehaviorV2;
}

const slowScaleDown: k8s.HorizontalPodAutoscalerBehaviorV2 = {
  scaleDown: { stabilizationWindowSeconds: 300, policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] },
};

/** Options of a {@link Deployment}. */
export interface DeploymentProps extends ReplicatedProps {
  /** Leaves `replicas` to an autoscaler. @default - a fixed count */
  readonly autoscaler?: AutoscalerProps;
  /**
   * Whether the old pod ends before the new one starts, for what must not run twice.
   *
   * @default - only if a claim is mounted, which two pods on two nodes could not share
   */
  readonly recreate?: boolean;
}

/** Interchangeable pods. */
export class Deployment extends ReplicatedWorkload {
  private readonly autoscaler: AutoscalerProps | undefined;
  private recreate: boolean;

  /** @throws {InvalidPropError} if the autoscaler has no target or its bounds are not in order */
  constructor(scope: Construct, id: string, props: DeploymentProps) {
    super(scope, id, props);
    this.autoscaler = props.autoscaler;
    this.recreate = props.recreate === true;
    this.node.defaultChild = new k8s.KubeDeployment(this, 'deployment', {
      metadata: this.metadata,
      spec: {
        ...(props.autoscaler === undefined && { replicas: this.replicas }),
        selector: { matchLabels: selectorLabels(this.selector) },
        strategy: Lazy.any({ produce: () => this.strategy() }) as k8s.DeploymentStrategy,
        template: this.podTemplate,
      },
    });
    if (props.autoscaler !== undefined) this.addAutoscaler(props.autoscaler, props.replicas);
  }

  /** A volume that outlives the pods. Pods are then replaced rather than rolled. */
  addClaim(name: string, { size, storageClass = Platform.of(this).cluster.storageClass }: ClaimProps): Volume {
    if (this.mostReplicas > 1) {
      throw new InvalidPropError(`${this.node.path}.claim`, name, 'for one pod only; use a StatefulSet');
    }
    this.recreate = true;
    const claimName = `${this.name}-${name}`;
    new k8s.KubePersistentVolumeClaim(this, `claim-${name}`, {
      metadata: { name: claimName, labels: { ...this.labels } },
      spec: claimSpec({ size, ...defined({ storageClass }) }),
    });
    return this.addVolume({ name, persistentVolumeClaim: { claimName } }, true);
  }

  protected override get mostReplicas(): number {
    return this.autoscaler?.maxReplicas ?? this.replicas;
  }

  private strategy(): k8s.DeploymentStrategy {
    if (this.recreate) return { type: 'Recreate' };
    return {
      type: 'RollingUpdate',
      rollingUpdate: { maxSurge: k8s.IntOrString.fromNumber(1), maxUnavailable: k8s.IntOrString.fromNumber(0) },
    };
  }

  private addAutoscaler(props: AutoscalerProps, replicas: number | undefined): void {
    const { minReplicas, maxReplicas, cpuPercent, memoryPercent, behavior = slowScaleDown } = props;
    const prop = `${this.node.path}.autoscaler`;
    if (replicas !== undefined) throw new InvalidPropError(prop, props, 'combined with replicas');
    if (minReplicas < 1 || maxReplicas < minReplicas) throw new InvalidPropError(prop, props, 'a range from 1 up');
    const targets = Object.entries({ cpu: cpuPercent, memory: memoryPercent }).flatMap(([name, percent]) =>
      percent === undefined ? [] : [{ name, percent }],
    );
    if (targets.length === 0) throw new InvalidPropError(prop, props, 'a target of CPU or memory');
    new k8s.KubeHorizontalPodAutoscalerV2(this, 'autoscaler', {
      metadata: { name: this.name, labels: { ...this.labels } },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: this.name },
        minReplicas,
        maxReplicas,
        behavior,
        metrics: targets.map(({ name, percent }) => ({
          type: 'Resource',
          resource: { name, target: { type: 'Utilization', averageUtilization: percent } },
        })),
      },
    });
  }
}
