import { Lazy } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { scaleByResources, type AutoscalerProps } from './autoscaler';
import { defined } from './defined';
import { InvalidPropError } from './errors';
import { scaleByLag, type LagScaling } from './lag-scaling';
import { ReplicatedWorkload, type ReplicatedProps } from './replicated-workload';
import { keptAnnotations, selectorLabels } from './naming';
import { Platform } from './platform';
import { claimSpec, type ClaimProps, type Volume } from './volume';

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
  /** Of its own, not the default. */
  private readonly fixedReplicas: number | undefined;
  private lagScaling: LagScaling | undefined;
  private recreate: boolean;

  /** @throws {InvalidPropError} if the autoscaler has no target or its bounds are not in order */
  constructor(scope: Construct, id: string, props: DeploymentProps) {
    super(scope, id, props);
    this.autoscaler = props.autoscaler;
    this.fixedReplicas = props.replicas;
    this.recreate = props.recreate === true;
    this.node.defaultChild = new k8s.KubeDeployment(this, 'deployment', {
      metadata: this.metadata,
      spec: {
        replicas: Lazy.any({ produce: () => (this.isScaled ? undefined : this.replicas) }) as number,
        selector: { matchLabels: selectorLabels(this.selector) },
        strategy: Lazy.any({ produce: () => this.strategy() }) as k8s.DeploymentStrategy,
        template: this.podTemplate,
      },
    });
    if (props.autoscaler === undefined) return;
    if (props.replicas !== undefined)
      throw new InvalidPropError(`${this.node.path}.autoscaler`, props.autoscaler, 'combined with replicas');
    scaleByResources(this, props.autoscaler);
  }

  /**
   * Leaves `replicas` to KEDA, by the records that wait for a consumer group.
   *
   * @throws {InvalidPropError} if something else decides how many pods there are, it must not run twice, or the topic has too few partitions
   */
  autoscale(scaling: LagScaling): void {
    const [prop, { min, max }] = [`${this.node.path}.autoscaling`, scaling];
    if (this.isScaled) throw new InvalidPropError(prop, { min, max }, 'combined with another autoscaler');
    if (this.fixedReplicas !== undefined) throw new InvalidPropError(prop, { min, max }, 'combined with replicas');
    if (this.recreate) throw new InvalidPropError(prop, { min, max }, 'for what must not run twice');
    scaleByLag(this, scaling);
    this.lagScaling = scaling;
  }

  private get isScaled(): boolean {
    return this.autoscaler !== undefined || this.lagScaling !== undefined;
  }

  /** A volume that outlives the pods. Pods are then replaced rather than rolled. */
  addClaim(name: string, { size, storageClass = Platform.of(this).cluster.storageClass }: ClaimProps): Volume {
    if (this.mostReplicas > 1) {
      throw new InvalidPropError(`${this.node.path}.claim`, name, 'for one pod only; use a StatefulSet');
    }
    this.recreate = true;
    const claimName = `${this.name}-${name}`;
    new k8s.KubePersistentVolumeClaim(this, `claim-${name}`, {
      metadata: { name: claimName, labels: { ...this.labels }, annotations: { ...keptAnnotations } },
      spec: claimSpec({ size, ...defined({ storageClass }) }),
    });
    return this.addVolume({ name, persistentVolumeClaim: { claimName } }, true);
  }

  protected override get mostReplicas(): number {
    return this.lagScaling?.max ?? this.autoscaler?.maxReplicas ?? this.replicas;
  }

  private strategy(): k8s.DeploymentStrategy {
    if (this.recreate) return { type: 'Recreate' };
    return {
      type: 'RollingUpdate',
      rollingUpdate: { maxSurge: k8s.IntOrString.fromNumber(1), maxUnavailable: k8s.IntOrString.fromNumber(0) },
    };
  }
}
