import type { Cluster } from './cluster';
import { declarationOf } from './exceptions';
import { invariant } from './invariant';
import { describeObject, type Finding, type KubeObject } from './model';

/** Kinds that live outside namespaces; of the built-in API, those that a platform may render. */
const clusterScoped = new Set([
  'APIService',
  'ClusterIssuer',
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'GatewayClass',
  'IngressClass',
  'MutatingWebhookConfiguration',
  'Namespace',
  'PersistentVolume',
  'PriorityClass',
  'RuntimeClass',
  'StorageClass',
  'ValidatingWebhookConfiguration',
]);

export const uniqueIdentity = invariant(
  'unique-identity',
  'No two objects share kind, namespace and name.',
  'The one applied last wins, silently.',
  ({ objects }) => {
    const seen = new Set<string>();
    return objects.flatMap((object) => {
      const { apiVersion, kind, metadata } = object;
      const key = [apiVersion.replace(/\/?v\w+$/, ''), kind, metadata.namespace, metadata.name].join('\n');
      if (seen.has(key)) return [{ object, path: 'metadata.name', message: 'is rendered twice' }];
      seen.add(key);
      return [];
    });
  },
);

export const namespaceRendered = invariant(
  'namespace-rendered',
  'Every namespaced object names its namespace, and that namespace is rendered.',
  'The object would go wherever the context of `kubectl` points, or be refused.',
  ({ objects, namespaces }) => {
    const roots = rootsOf(objects);
    return objects.flatMap((object): Finding[] => {
      const { namespace } = object.metadata;
      const path = 'metadata.namespace';
      if (clusterScoped.has(object.kind)) {
        return namespace === undefined ? [] : [{ object, path, message: `${object.kind} is not in a namespace` }];
      }
      if (namespace === undefined) return [{ object, path, message: 'is missing' }];
      return namespaces.has(namespace) || roots.has(object)
        ? []
        : [{ object, path, message: `namespace ${namespace} is not rendered` }];
    });
  },
);

/** What ClusterIssuers sign with, and who signs that: it has to be in the namespace of cert-manager, which is not ours. */
function rootsOf(objects: readonly KubeObject[]): ReadonlySet<KubeObject> {
  const ofKind = (kind: string) =>
    objects
      .filter((object) => object.kind === kind)
      .map((object): { readonly object: KubeObject; readonly spec: IssuanceSpec } => ({
        object,
        spec: object.spec ?? {},
      }));
  const keys = ofKind('ClusterIssuer').map(({ spec }) => spec.ca?.secretName);
  const certificates = ofKind('Certificate').filter(
    ({ spec }) => spec.isCA === true && keys.includes(spec.secretName ?? ''),
  );
  const issuers = ofKind('Issuer').filter(({ object: { metadata } }) =>
    certificates.some(
      ({ object, spec }) =>
        object.metadata.namespace === metadata.namespace &&
        spec.issuerRef?.kind === 'Issuer' &&
        spec.issuerRef.name === metadata.name,
    ),
  );
  return new Set([...certificates, ...issuers].map(({ object }) => object));
}

interface IssuanceSpec {
  readonly secretName?: string;
  readonly isCA?: boolean;
  readonly ca?: { readonly secretName: string };
  readonly issuerRef?: { readonly kind?: string; readonly name: string };
}

export const namespaceRestricted = invariant(
  'namespace-restricted',
  'Every namespace enforces the restricted Pod Security Standard. One that holds agents, or pods with the profile baseline, enforces what they declare and holds nothing else.',
  'Rules that only our own manifests keep do not stop the next pod that somebody applies; and what a namespace admits for one pod it admits for all.',
  ({ namespaces, workloads }) =>
    Array.from(namespaces.values()).flatMap((object): Finding[] => {
      const inside = workloads
        .filter(({ namespace }) => namespace === object.metadata.name)
        .map((workload) => ({ workload, ...declarationOf(workload.object) }));
      const [exception] = inside.filter(({ profile }) => profile !== 'restricted');
      const needed = inside.some(({ profile }) => profile === 'agent')
        ? 'privileged'
        : (exception?.level ?? 'restricted');
      const level = object.metadata.labels?.['pod-security.kubernetes.io/enforce'];
      const path = 'metadata.labels.pod-security.kubernetes.io/enforce';
      const by = exception === undefined ? '' : `, but ${describeObject(exception.workload.object)} needs ${needed}`;
      const label =
        level === needed ? [] : [{ object, path, message: level === undefined ? 'is missing' : `is ${level}${by}` }];
      const guests = inside
        .filter((each) => each.level !== needed)
        .map(({ workload, profile }) => ({
          object: workload.object,
          path: 'metadata.namespace',
          message: `is ${profile} in a namespace that admits ${needed} pods`,
        }));
      return [...label, ...guests];
    }),
);

export const jobsHashed = invariant(
  'jobs-hashed',
  'The name of every Job ends with a hash of its content, eight or more hexadecimal digits.',
  'The pod template of a Job is immutable: under the same name a changed one is refused.',
  (cluster: Cluster) =>
    cluster
      .ofKind('Job')
      .filter(({ metadata }) => !/-(?=[0-9a-f]*[0-9])[0-9a-f]{8,}$/.test(metadata.name))
      .map((object) => ({ object, path: 'metadata.name', message: `${object.metadata.name} carries no hash` })),
);

export const jobsGoAway = invariant(
  'jobs-go-away',
  'Every Job is deleted some time after its end.',
  'Each change of a Job is another Job: those that ended would stay for ever, pods and all.',
  (cluster) =>
    cluster
      .ofKind('Job')
      .filter(({ spec }) => (spec as { ttlSecondsAfterFinished?: number }).ttlSecondsAfterFinished === undefined)
      .map((object) => ({ object, path: 'spec.ttlSecondsAfterFinished', message: 'is missing' })),
);

export const claimTemplatesTyped = invariant(
  'claim-templates-typed',
  'Every claim template carries apiVersion and kind, its storage request and its access mode.',
  'The API server adds what is missing, and Argo CD then never sees the StatefulSet in sync.',
  ({ workloads }) =>
    workloads.flatMap(({ object, claims }) =>
      claims.flatMap((claim, index) => {
        const path = `spec.volumeClaimTemplates[${index}]`;
        const rules: readonly (readonly [boolean, string, string])[] = [
          [claim.apiVersion === 'v1', 'apiVersion', 'must be v1'],
          [claim.kind === 'PersistentVolumeClaim', 'kind', 'must be PersistentVolumeClaim'],
          [claim.spec?.resources?.requests?.storage !== undefined, 'spec.resources.requests.storage', 'is missing'],
          [(claim.spec?.accessModes ?? []).length > 0, 'spec.accessModes', 'is missing'],
        ];
        return rules
          .filter(([holds]) => !holds)
          .map(([, field, message]) => ({ object, path: `${path}.${field}`, message }));
      }),
    ),
);

export const autoscalerOwnsReplicas = invariant(
  'autoscaler-owns-replicas',
  'An autoscaler, of Kubernetes or of KEDA, targets a workload that is rendered and has `replicas` left out; one workload has at most one.',
  'Every apply would reset what the autoscaler chose.',
  (cluster) => {
    const targets = new Set<KubeObject>();
    return [...cluster.ofKind('HorizontalPodAutoscaler'), ...cluster.ofKind('ScaledObject')].flatMap(
      (object): Finding[] => {
        const { spec } = object as unknown as { spec: { scaleTargetRef: { kind?: string; name: string } } };
        const scaleTargetRef = { kind: 'Deployment', ...spec.scaleTargetRef };
        const target = cluster.find(scaleTargetRef.kind, object.metadata.namespace, scaleTargetRef.name);
        const path = 'spec.scaleTargetRef';
        if (target === undefined) {
          return [{ object, path, message: `there is no ${scaleTargetRef.kind} ${scaleTargetRef.name}` }];
        }
        if (targets.has(target)) return [{ object, path, message: `${scaleTargetRef.name} has two autoscalers` }];
        targets.add(target);
        const { replicas } = target.spec as { replicas?: number };
        return replicas === undefined
          ? []
          : [
              {
                object: target,
                path: 'spec.replicas',
                message: `is ${replicas}, but ${object.metadata.name} decides it`,
              },
            ];
      },
    );
  },
);
