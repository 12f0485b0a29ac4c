import type {
  V1Container,
  V1NetworkPolicy,
  V1PersistentVolumeClaim,
  V1PodSpec,
  V1Service,
  V2HorizontalPodAutoscaler,
} from '@kubernetes/client-node';

import type { KubeObject, Metadata } from './model';

/** A label selector as it stands in YAML. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

/** The selector that matches every pod. */
export const allPods: LabelSelector = {};

/** Whatever makes pods, with the place of the pod's parts in it. */
export interface Workload {
  readonly object: KubeObject;
  readonly namespace: string;
  /** Path of the pod template: `spec.template`, `spec.jobTemplate.spec.template` of a CronJob, `template` of a PodTemplate. */
  readonly path: string;
  /** Labels of its pods. */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly pod: V1PodSpec;
  /** Containers and init containers with their paths. */
  readonly containers: readonly PlacedContainer[];
  readonly selector?: LabelSelector;
  readonly claims: readonly V1PersistentVolumeClaim[];
  /** Pods it keeps at rest: an autoscaler's minimum where there is one, one for a DaemonSet. */
  readonly replicas: number;
  /** `false` for Jobs, CronJobs and PodTemplates, whose pods end. */
  readonly longRunning: boolean;
}

/** A container and where it stands. */
export interface PlacedContainer {
  readonly container: V1Container;
  readonly path: string;
  /** `init` containers end before the others start; a restartable one is a `sidecar`. */
  readonly role: 'main' | 'init' | 'sidecar';
}

/** A NetworkPolicy, a Service: an object and its typed form. */
export interface Typed<T> {
  readonly object: KubeObject;
  readonly value: T;
  readonly namespace: string;
}

/** An autoscaler of KEDA. */
interface ScaledObject {
  readonly spec: {
    readonly scaleTargetRef: { readonly kind?: string; readonly name: string };
    readonly minReplicaCount?: number;
  };
}

interface PodTemplate {
  readonly metadata?: Pick<Metadata, 'labels' | 'annotations'>;
  readonly spec?: V1PodSpec;
}

interface ControllerSpec {
  readonly replicas?: number;
  readonly parallelism?: number;
  readonly selector?: LabelSelector;
  readonly template?: PodTemplate;
  readonly volumeClaimTemplates?: V1PersistentVolumeClaim[];
  readonly jobTemplate?: { readonly spec?: { readonly parallelism?: number; readonly template: PodTemplate } };
}

/** What makes pods that end. */
const endingKinds = ['Job', 'CronJob', 'PodTemplate'];
const longRunningKinds = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'ReplicationController', 'Pod'];

/** All objects of an environment, indexed by what the invariants ask for. */
export class Cluster {
  readonly workloads: readonly Workload[];
  readonly services: readonly Typed<V1Service>[];
  readonly policies: readonly Typed<V1NetworkPolicy>[];
  readonly namespaces: ReadonlyMap<string, KubeObject>;
  private readonly byKey = new Map<string, KubeObject>();

  constructor(readonly objects: readonly KubeObject[]) {
    for (const object of objects) {
      this.byKey.set(keyOf(object.kind, object.metadata.namespace, object.metadata.name), object);
    }
    this.namespaces = new Map(this.ofKind('Namespace').map((object) => [object.metadata.name, object]));
    this.services = this.typed('Service');
    this.policies = this.typed('NetworkPolicy');
    const minimums = new Map(
      this.typed<V2HorizontalPodAutoscaler>('HorizontalPodAutoscaler').map(({ value, object }) => [
        keyOf(value.spec?.scaleTargetRef.kind ?? '', object.metadata.namespace, value.spec?.scaleTargetRef.name ?? ''),
        value.spec?.minReplicas ?? 1,
      ]),
    );
    for (const { value, namespace } of this.typed<ScaledObject>('ScaledObject')) {
      const { scaleTargetRef, minReplicaCount = 0 } = value.spec;
      minimums.set(keyOf(scaleTargetRef.kind ?? 'Deployment', namespace, scaleTargetRef.name), minReplicaCount);
    }
    this.workloads = objects.flatMap((object) => {
      const workload = asWorkload(
        object,
        minimums.get(keyOf(object.kind, object.metadata.namespace, object.metadata.name)),
      );
      return workload === undefined ? [] : [workload];
    });
  }

  ofKind(kind: string): readonly KubeObject[] {
    return this.objects.filter((object) => object.kind === kind);
  }

  find(kind: string, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.byKey.get(keyOf(kind, namespace, name));
  }

  /** Workloads of `namespace` whose pods `selector` matches. */
  selected(namespace: string, selector: LabelSelector | undefined): readonly Workload[] {
    return this.workloads.filter(
      (workload) => workload.namespace === namespace && matchesLabels(selector, workload.labels),
    );
  }

  /** Labels of a rendered namespace, with the one that the API server adds; `undefined` when it is not rendered. */
  namespaceLabels(name: string): Readonly<Record<string, string>> | undefined {
    const object = this.namespaces.get(name);
    return object === undefined ? undefined : { ...object.metadata.labels, 'kubernetes.io/metadata.name': name };
  }

  private typed<T>(kind: string): Typed<T>[] {
    return this.ofKind(kind).map((object) => ({
      object,
      value: object as unknown as T,
      namespace: object.metadata.namespace ?? 'default',
    }));
  }
}

/** Whether `labels` satisfy `selector`; an empty selector matches everything, an absent one nothing. */
export function matchesLabels(selector: LabelSelector | undefined, labels: Readonly<Record<string, string>>): boolean {
  if (selector === undefined) return false;
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return (
    equal &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        default:
          return value === undefined;
      }
    })
  );
}

function keyOf(kind: string, namespace: string | undefined, name: string): string {
  return `${kind}\n${namespace ?? ''}\n${name}`;
}

function asWorkload(object: KubeObject, autoscaled: number | undefined): Workload | undefined {
  const spec = object.spec as ControllerSpec | undefined;
  const { template, path, parallelism } =
    object.kind === 'Pod'
      ? { template: object as PodTemplate, path: '', parallelism: 1 }
      : object.kind === 'PodTemplate'
        ? { template: object.template as PodTemplate, path: 'template.', parallelism: 1 }
        : object.kind === 'CronJob'
          ? {
              template: spec?.jobTemplate?.spec?.template,
              path: 'spec.jobTemplate.spec.template.',
              parallelism: spec?.jobTemplate?.spec?.parallelism,
            }
          : { template: spec?.template, path: 'spec.template.', parallelism: spec?.parallelism };
  const pod = template?.spec;
  if (!pod || !(endingKinds.includes(object.kind) || longRunningKinds.includes(object.kind))) {
    return undefined;
  }
  return {
    object,
    namespace: object.metadata.namespace ?? 'default',
    path: path.replace(/\.$/, ''),
    labels: template.metadata?.labels ?? {},
    annotations: template.metadata?.annotations ?? {},
    pod,
    containers: [
      ...pod.containers.map((container, index) => ({
        container,
        path: `${path}spec.containers[${index}]`,
        role: 'main' as const,
      })),
      ...(pod.initContainers ?? []).map((container, index) => ({
        container,
        path: `${path}spec.initContainers[${index}]`,
        role: container.restartPolicy === 'Always' ? ('sidecar' as const) : ('init' as const),
      })),
    ],
    ...(spec?.selector === undefined || object.kind === 'Job' ? {} : { selector: spec.selector }),
    claims: spec?.volumeClaimTemplates ?? [],
    replicas: object.kind === 'DaemonSet' ? 1 : (autoscaled ?? spec?.replicas ?? parallelism ?? 1),
    longRunning: longRunningKinds.includes(object.kind),
  };
}

/** Path of a field of the pod spec: `podPath(workload, 'volumes[0]')`. */
export function podPath(workload: Workload, field: string): string {
  return `${workload.path === '' ? '' : `${workload.path}.`}spec.${field}`;
}
