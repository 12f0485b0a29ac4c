import type {
  V1ClusterRoleBinding,
  V1PersistentVolumeClaimSpec,
  V1PriorityClass,
  V1ServiceSpec,
  V1StatefulSetSpec,
} from '@kubernetes/client-node';
import { compareText } from '../../constructs/core/content-hash';
import { defined } from '../../constructs/core/defined';
import type { KubeObject } from '../../constructs/invariants';
import { Cluster, type LabelSelector } from '../../constructs/invariants/cluster';
import { podReferences, secretsOf } from '../../constructs/invariants/references';
import { names, type Aspects, type Baseline, type Things } from './baseline';

/** As they are rendered: of a class the library has to make them. */
type Claimed = Partial<
  Pick<V1PersistentVolumeClaimSpec, 'accessModes' | 'resources' | 'storageClassName' | 'volumeMode'>
>;
interface Served {
  readonly spec?: Partial<Pick<V1ServiceSpec, 'ports' | 'type' | 'clusterIP'>>;
}

/** What is kept of rendered objects. Jobs have their content in their names, so they are not. */
export function ofObjects(objects: readonly KubeObject[]): Partial<Baseline> {
  const cluster = new Cluster(objects);
  const each = (kinds: readonly string[], aspects: (object: KubeObject) => Aspects | undefined): Things =>
    things(objects.filter(({ kind }) => kinds.includes(kind)).map((object) => [placeOf(object), aspects(object)]));
  return {
    namespaces: names(cluster.ofKind('Namespace').map(({ metadata }) => metadata.name)),
    kinds: names(objects.filter(isCustom).map(({ apiVersion, kind }) => `${kind} of ${apiVersion}`)),
    workloads: things(
      objects
        .filter(({ kind }) => workloadKinds.includes(kind))
        .map((object) => [`${object.kind} ${placeOf(object)}`, workload(object)]),
    ),
    claims: each(['PersistentVolumeClaim'], ({ spec }) => claim(spec as Claimed)),
    claimTemplates: things(cluster.ofKind('StatefulSet').flatMap(claimTemplates)),
    services: each(['Service'], (object) => service(object as unknown as Served)),
    budgets: each(['PodDisruptionBudget'], ({ spec }) => ({ selector: selectorText(selectorOf(spec)) })),
    bindings: things(
      objects.flatMap((object) =>
        ['RoleBinding', 'ClusterRoleBinding'].includes(object.kind)
          ? [[`${object.kind} ${placeOf(object)}`, binding(object as unknown as V1ClusterRoleBinding)]]
          : [],
      ),
    ),
    priorityClasses: each(['PriorityClass'], (object) => {
      const { value, preemptionPolicy: preemption } = object as unknown as V1PriorityClass;
      return { value, ...defined({ preemption }) };
    }),
    accounts: each(['ServiceAccount'], ({ metadata: { annotations = {} } }) => {
      const roles = Object.entries(annotations).filter(([name]) => roleAnnotations.includes(name));
      return roles.length === 0 ? undefined : { role: roles.map(([, role]) => role).join(' ') };
    }),
    secrets: secrets(cluster),
  };
}

const workloadKinds: readonly string[] = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'PodTemplate'];

/** By which clouds give a ServiceAccount the rights of a role of theirs. */
const roleAnnotations: readonly string[] = [
  'eks.amazonaws.com/role-arn',
  'iam.gke.io/gcp-service-account',
  'azure.workload.identity/client-id',
];

/** Groups of Kubernetes have no dot, or end so. */
function isCustom({ apiVersion }: KubeObject): boolean {
  const [group = ''] = apiVersion.split('/');
  return group.includes('.') && !group.endsWith('.k8s.io');
}

function workload({ kind, spec }: KubeObject): Aspects {
  if (kind === 'CronJob' || kind === 'PodTemplate') return {};
  const selector = selectorText(selectorOf(spec));
  if (kind !== 'StatefulSet') return { selector };
  const { serviceName, podManagementPolicy = 'OrderedReady' } = spec as V1StatefulSetSpec;
  return { selector, serviceName, podManagementPolicy };
}

function claimTemplates(object: KubeObject): readonly (readonly [string, Aspects])[] {
  const { volumeClaimTemplates = [] } = object.spec as V1StatefulSetSpec;
  return volumeClaimTemplates.map(({ metadata, spec }) => [
    `${placeOf(object)}/${metadata?.name ?? ''}`,
    claim(spec ?? {}),
  ]);
}

function claim({ accessModes = [], resources, storageClassName, volumeMode }: Claimed): Aspects {
  return {
    size: resources?.requests?.storage ?? '',
    access: accessModes.join(' '),
    ...defined({ storageClass: storageClassName, volumeMode }),
  };
}

function service({ spec }: Served): Aspects {
  const ports = (spec?.ports ?? []).flatMap(({ name = '', port, protocol = 'TCP', nodePort }) => {
    const of = protocol === 'TCP' ? port : `${port}/${protocol}`;
    return [
      [`port ${name}`, of] as const,
      ...(nodePort === undefined ? [] : [[`nodePort ${name}`, nodePort] as const]),
    ];
  });
  const { type = 'ClusterIP', clusterIP } = spec ?? {};
  return {
    ...(type !== 'ClusterIP' && { type }),
    ...(clusterIP === 'None' && { headless: true }),
    ...Object.fromEntries(ports),
  };
}

function binding({ roleRef }: V1ClusterRoleBinding): Aspects {
  return { role: `${roleRef.kind} ${roleRef.name}` };
}

/** Source of a Secret that cert-manager makes. */
export const issuedSource = 'cert-manager';

/** What pods cannot start without, and who makes it as far as objects tell; components know more. */
function secrets(cluster: Cluster): Things {
  const issued = new Set(
    secretsOf(cluster)
      .filter(({ source }) => source.kind === 'Certificate')
      .map(({ namespace, name }) => `${namespace}/${name}`),
  );
  const found = new Map<string, Set<string>>();
  for (const each of cluster.workloads)
    for (const { kind, name, keys } of podReferences(each)) {
      if (kind !== 'Secret') continue;
      const id = `${each.namespace}/${name}`;
      found.set(id, new Set([...(found.get(id) ?? []), ...keys]));
    }
  return Object.fromEntries(
    Array.from(found, ([id, keys]) => [
      id,
      {
        keys: Array.from(keys).toSorted(compareText).join(' '),
        source: issued.has(id) ? issuedSource : 'existing',
      },
    ]),
  );
}

function selectorOf(spec: unknown): LabelSelector | undefined {
  return (spec as { readonly selector?: LabelSelector }).selector;
}

/** As `kubectl --selector` takes it. */
function selectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector = {}): string {
  return [
    ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.map(
      ({ key, operator, values = [] }) => `${key} ${operator.toLowerCase()} (${values.join(',')})`,
    ),
  ]
    .toSorted(compareText)
    .join(',');
}

function placeOf({ metadata: { namespace, name } }: KubeObject): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function things(entries: readonly (readonly [id: string, aspects: Aspects | undefined])[]): Things {
  return Object.fromEntries(entries.flatMap(([id, aspects]) => (aspects === undefined ? [] : [[id, aspects]])));
}
