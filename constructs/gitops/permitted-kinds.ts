import { compareText } from '../core/content-hash';

/** A kind in any version of its group. */
export interface GroupKind {
  /** Empty for the core group. */
  readonly group: string;
  readonly kind: string;
}

/** As much of a rendered object as says what it is and where. */
export interface KindedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

const pod = { group: '', kind: 'Pod' };
const revision = { group: 'apps', kind: 'ControllerRevision' };

/**
 * What controllers make of a kind. Argo CD shows of an Application only what its project permits, so without these its page would
 * show neither pods nor their logs.
 */
const madeOf: Readonly<Record<string, readonly GroupKind[]>> = {
  Deployment: [{ group: 'apps', kind: 'ReplicaSet' }, pod],
  StatefulSet: [pod, revision, { group: '', kind: 'PersistentVolumeClaim' }],
  DaemonSet: [pod, revision],
  Job: [pod],
  CronJob: [{ group: 'batch', kind: 'Job' }, pod],
  Service: [{ group: 'discovery.k8s.io', kind: 'EndpointSlice' }],
  ScaledObject: [{ group: 'autoscaling', kind: 'HorizontalPodAutoscaler' }],
};

/** Kinds of objects that are in no namespace. */
export function clusterKinds(objects: readonly KindedObject[]): readonly GroupKind[] {
  return distinct(objects.filter(({ metadata }) => metadata.namespace === undefined).map(kindOf));
}

/** Kinds of objects that are in a namespace, and of what controllers make of them. */
export function namespacedKinds(objects: readonly KindedObject[]): readonly GroupKind[] {
  const rendered = objects.filter(({ metadata }) => metadata.namespace !== undefined);
  return distinct(rendered.flatMap((object) => [kindOf(object), ...(madeOf[object.kind] ?? [])]));
}

function kindOf({ apiVersion, kind }: KindedObject): GroupKind {
  const slash = apiVersion.indexOf('/');
  return { group: slash < 0 ? '' : apiVersion.slice(0, slash), kind };
}

function distinct(kinds: readonly GroupKind[]): readonly GroupKind[] {
  const byName = new Map(kinds.map(({ group, kind }) => [`${group}/${kind}`, { group, kind }]));
  return Array.from(byName)
    .sort(([a], [b]) => compareText(a, b))
    .map(([, kind]) => kind);
}
