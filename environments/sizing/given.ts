import { parseQuantity, type KubeObject } from '../../constructs/invariants';

/** What a component is given, of all its replicas together. */
export interface Given {
  readonly cores: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
}

/** What is compared, in the order in which people read it. */
export const quantities = ['cores', 'memoryBytes', 'diskBytes'] as const;
export type Quantity = (typeof quantities)[number];

interface Container {
  readonly resources: { readonly requests: { readonly cpu: string }; readonly limits: { readonly memory: string } };
}
interface Spec {
  readonly replicas?: number;
  readonly template: { readonly spec: { readonly containers: readonly Container[] } };
  readonly volumeClaimTemplates?: readonly {
    readonly spec: { readonly resources: { readonly requests: { readonly storage: string } } };
  }[];
}

/**
 * What a workload is given by what is rendered: cores that are reserved for it, memory that it may take, and its claims. One with an autoscaler
 * has all pods that that may add.
 *
 * @returns nothing if there is no such workload
 */
export function givenTo(objects: readonly KubeObject[], name: string): Given | undefined {
  const named = (kinds: readonly string[]) =>
    objects.find(({ kind, metadata }) => kinds.includes(kind) && metadata.name === name);
  const spec = named(['Deployment', 'StatefulSet'])?.spec as Spec | undefined;
  if (spec === undefined) return undefined;
  const scaler = named(['HorizontalPodAutoscaler'])?.spec as { readonly maxReplicas: number } | undefined;
  const byLag = objects.find((each) => each.kind === 'ScaledObject' && targetOf(each) === name)?.spec as
    { readonly maxReplicaCount: number } | undefined;
  const replicas = scaler?.maxReplicas ?? byLag?.maxReplicaCount ?? spec.replicas ?? 1;
  const sum = (values: readonly string[]) => values.reduce((total, text) => total + parseQuantity(text), 0) * replicas;
  const { containers } = spec.template.spec;
  return {
    cores: sum(containers.map(({ resources }) => resources.requests.cpu)),
    memoryBytes: sum(containers.map(({ resources }) => resources.limits.memory)),
    diskBytes: sum((spec.volumeClaimTemplates ?? []).map((claim) => claim.spec.resources.requests.storage)),
  };
}

function targetOf({ spec }: KubeObject): string | undefined {
  return (spec as { readonly scaleTargetRef?: { readonly name?: string } } | undefined)?.scaleTargetRef?.name;
}
