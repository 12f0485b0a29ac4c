import { ApiObject } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { quantityValue } from './quantity';

/** What a namespace is asked for: cores, bytes and counts. */
export interface NamespaceSums {
  readonly cpu: number;
  readonly memory: number;
  readonly memoryLimit: number;
  readonly pods: number;
  readonly claims: number;
  readonly storage: number;
}

/** What one workload may ask for at most. */
export interface WorkloadSums extends NamespaceSums {
  /** Kind and name. */
  readonly workload: string;
  /** Of its largest container, bytes. */
  readonly largestLimit: number;
  /** Whether there is a pod of it on each node. */
  readonly isOnEveryNode: boolean;
}

interface Container {
  readonly resources?: { readonly requests?: Amounts; readonly limits?: Amounts };
  readonly restartPolicy?: string;
}
type Amounts = Readonly<Record<string, string | number>>;

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: Spec;
  /** Of a PodTemplate. */
  readonly template?: PodTemplate;
}

interface Spec {
  readonly replicas?: number;
  readonly template?: PodTemplate;
  readonly parallelism?: number;
  readonly jobTemplate?: { readonly spec: Spec };
  readonly strategy?: { readonly type?: string; readonly rollingUpdate?: { readonly maxSurge?: string | number } };
  readonly updateStrategy?: { readonly rollingUpdate?: { readonly maxUnavailable?: string | number } };
  readonly scaleTargetRef?: { readonly kind?: string; readonly name: string };
  readonly maxReplicas?: number;
  readonly maxReplicaCount?: number;
  readonly volumeClaimTemplates?: readonly Claim[];
}

interface PodTemplate {
  readonly spec: { readonly containers: readonly Container[]; readonly initContainers?: readonly Container[] };
}

interface Claim {
  readonly spec?: { readonly resources?: { readonly requests?: Amounts } };
}

const counted = ['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'PodTemplate', 'PersistentVolumeClaim'];
const scalers = ['HorizontalPodAutoscaler', 'ScaledObject'];

/**
 * What workloads of a namespace may ask for at most, as they are rendered: as many pods as autoscalers may want, those that a rollout starts
 * before the old ones have ended, and each Job.
 *
 * @param nodes on which agents are
 */
export function sumsOf(app: IConstruct, namespace: string, nodes: number): readonly WorkloadSums[] {
  const objects = app.node
    .findAll()
    .filter((each): each is ApiObject => ApiObject.isApiObject(each))
    .filter((each) => each.metadata.namespace === namespace);
  const ofKinds = (kinds: readonly string[]) =>
    objects.filter(({ kind }) => kinds.includes(kind)).map((each) => each.toJson() as Manifest);
  const most = new Map(
    ofKinds(scalers).flatMap(({ spec = {} }) => {
      const { scaleTargetRef, maxReplicas = spec.maxReplicaCount } = spec;
      return scaleTargetRef === undefined || maxReplicas === undefined
        ? []
        : [[`${scaleTargetRef.kind ?? 'Deployment'}/${scaleTargetRef.name}`, maxReplicas] as const];
    }),
  );
  return ofKinds(counted).map((object) => sumOf(object, most, nodes));
}

export function totalOf(sums: readonly NamespaceSums[]): NamespaceSums {
  const total = (field: keyof NamespaceSums) => sums.reduce((sum, each) => sum + each[field], 0);
  return {
    cpu: total('cpu'),
    memory: total('memory'),
    memoryLimit: total('memoryLimit'),
    pods: total('pods'),
    claims: total('claims'),
    storage: total('storage'),
  };
}

function sumOf(object: Manifest, most: ReadonlyMap<string, number>, nodes: number): WorkloadSums {
  const { kind, metadata, spec = {} } = object;
  const workload = `${kind}/${metadata.name}`;
  const template = object.template ?? spec.template ?? spec.jobTemplate?.spec.template;
  const replicas = most.get(workload) ?? spec.replicas ?? 1;
  const pods = template === undefined ? 0 : podsOf(object, replicas, nodes);
  const claims = kind === 'PersistentVolumeClaim' ? [object as Claim] : (spec.volumeClaimTemplates ?? []);
  const perPod = (of: 'requests' | 'limits', resource: string) => podAmount(template, of, resource);
  const ofClaims = claims.map((claim) => amount(claim.spec?.resources?.requests, 'storage'));
  const holders = kind === 'PersistentVolumeClaim' ? 1 : replicas;
  return {
    workload,
    pods,
    cpu: pods * perPod('requests', 'cpu'),
    memory: pods * perPod('requests', 'memory'),
    memoryLimit: pods * perPod('limits', 'memory'),
    largestLimit: Math.max(0, ...containersOf(template).map(({ resources }) => amount(resources?.limits, 'memory'))),
    claims: claims.length * holders,
    storage: ofClaims.reduce((sum, each) => sum + each, 0) * holders,
    isOnEveryNode: kind === 'DaemonSet',
  };
}

function podsOf({ kind, spec = {} }: Manifest, replicas: number, nodes: number): number {
  // An agent that has just ended counts until the server has noticed, and no agent is to wait for that.
  if (kind === 'DaemonSet') return nodes + podsAtOnce(spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, nodes);
  if (kind === 'Job') return spec.parallelism ?? 1;
  // One that is made by hand beside it, to see whether it works.
  if (kind === 'CronJob') return 2;
  // These go before another comes, one by one or all at once, and the last to go counts for a moment longer.
  if (kind === 'StatefulSet' || spec.strategy?.type === 'Recreate') return replicas + 1;
  if (kind !== 'Deployment') return replicas;
  // Each new pod comes before an old one goes, and that counts until it has ended.
  return replicas + 2 * podsAtOnce(spec.strategy?.rollingUpdate?.maxSurge ?? '25%', replicas);
}

/** Of a count or a percentage. */
function podsAtOnce(bound: string | number, replicas: number): number {
  const percent = /^(\d+)%$/.exec(String(bound))?.[1];
  return percent === undefined ? Number(bound) : Math.ceil((replicas * Number(percent)) / 100);
}

/** As the API server counts a pod: its containers together with what goes on beside them, or its largest step before them. */
function podAmount(template: PodTemplate | undefined, of: 'requests' | 'limits', resource: string): number {
  const { containers = [], initContainers = [] } = template?.spec ?? {};
  const each = ({ resources }: Container) => amount(resources?.[of], resource);
  let beside = 0;
  let largest = 0;
  for (const init of initContainers) {
    if (init.restartPolicy === 'Always') beside += each(init);
    largest = Math.max(largest, beside + (init.restartPolicy === 'Always' ? 0 : each(init)));
  }
  return Math.max(largest, beside + containers.reduce((sum, container) => sum + each(container), 0));
}

function containersOf(template: PodTemplate | undefined): readonly Container[] {
  const { containers = [], initContainers = [] } = template?.spec ?? {};
  return [...containers, ...initContainers];
}

function amount(amounts: Amounts | undefined, resource: string): number {
  return quantityValue(resource, String(amounts?.[resource] ?? 0));
}
