import { Lazy } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { defined } from './defined';
import { DuplicateNameError } from './errors';
import { ReplicatedWorkload, type ReplicatedProps } from './replicated-workload';
import { selectorLabels } from './naming';
import { Platform } from './platform';
import { claimSpec, type ClaimProps, type Volume } from './volume';
import { Service } from './service';

/** Options of a {@link StatefulSet}. */
export interface StatefulSetProps extends ReplicatedProps {
  /**
   * Whether pods start together; members that wait for each other must.
   *
   * @default false
   */
  readonly parallel?: boolean;
}

/** Pods with names and volumes of their own, behind a headless Service. */
export class StatefulSet extends ReplicatedWorkload {
  /** The governing Service: pods are `<name>-<ordinal>.<its host>`. */
  readonly headless: Service;
  private readonly claims = new Map<string, ClaimProps>();

  constructor(scope: Construct, id: string, props: StatefulSetProps) {
    super(scope, id, props);
    this.headless = new Service(this, 'headless', {
      workload: this,
      headless: true,
      publishNotReadyAddresses: props.parallel === true,
    });
    this.node.defaultChild = new TypedClaims(this, 'stateful-set', {
      metadata: this.metadata,
      spec: {
        replicas: this.replicas,
        serviceName: this.headless.name,
        ...(props.parallel === true && { podManagementPolicy: 'Parallel' }),
        selector: { matchLabels: selectorLabels(this.selector) },
        template: this.podTemplate,
        volumeClaimTemplates: Lazy.any({
          produce: () => this.claimTemplates(),
        }) as k8s.KubePersistentVolumeClaimProps[],
      },
    });
  }

  override get hasNamedPods(): boolean {
    return true;
  }

  /** A volume for each pod that outlives it. @throws {DuplicateNameError} if there is a claim of that name */
  addClaim(name: string, { size, storageClass = Platform.of(this).cluster.storageClass }: ClaimProps): Volume {
    if (this.claims.has(name)) throw new DuplicateNameError('claim', name, this.node.path);
    this.claims.set(name, { size, ...defined({ storageClass }) });
    return { name, writable: true };
  }

  private claimTemplates(): k8s.KubePersistentVolumeClaimProps[] {
    return Array.from(this.claims, ([name, claim]) => ({
      metadata: { name, labels: selectorLabels(this.selector) },
      spec: claimSpec(claim),
    }));
  }
}

/**
 * Claim templates with `apiVersion` and `kind`, which the generated class leaves out: the API server adds them, and
 * Argo CD would then never see the object in sync.
 */
class TypedClaims extends k8s.KubeStatefulSet {
  override toJson(): unknown {
    const object = super.toJson() as { readonly spec: { readonly volumeClaimTemplates?: readonly object[] } };
    const { volumeClaimTemplates = [], ...spec } = object.spec;
    const templates = volumeClaimTemplates.map((template) => ({ ...k8s.KubePersistentVolumeClaim.GVK, ...template }));
    return { ...object, spec: { ...spec, ...(templates.length > 0 && { volumeClaimTemplates: templates }) } };
  }
}
