import type { Cluster, Workload } from './cluster';
import { podPath } from './cluster';
import { reasonAnnotation, reasonOf } from './exceptions';
import { invariant } from './invariant';
import type { Finding, KubeObject } from './model';

interface Binding {
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace?: string }[];
}

/** Whether the workload's ServiceAccount has any right in the cluster. */
export function isBound(workload: Workload, cluster: Cluster): boolean {
  const bindings = [...cluster.ofKind('RoleBinding'), ...cluster.ofKind('ClusterRoleBinding')];
  return bindings.some((binding) => bindsAccount(binding, workload));
}

/** Whether a RoleBinding or ClusterRoleBinding is for the workload's ServiceAccount. */
export function bindsAccount(binding: KubeObject, { namespace, pod }: Workload): boolean {
  return ((binding as unknown as Binding).subjects ?? []).some(
    (subject) =>
      subject.kind === 'ServiceAccount' &&
      subject.name === pod.serviceAccountName &&
      (subject.namespace ?? binding.metadata.namespace) === namespace,
  );
}

export const serviceAccountsOwn = invariant(
  'service-accounts-own',
  'Every workload has a ServiceAccount of its own, which is rendered and is not `default`; every rendered one is used.',
  'Rights given to one workload would be rights of another.',
  (cluster) => {
    const owners = new Map<string, KubeObject>();
    const found = cluster.workloads.flatMap((workload): Finding[] => {
      const { object, namespace, pod } = workload;
      const path = podPath(workload, 'serviceAccountName');
      const name = pod.serviceAccountName ?? 'default';
      if (name === 'default') return [{ object, path, message: 'uses the account default' }];
      const owner = owners.get(`${namespace}/${name}`);
      owners.set(`${namespace}/${name}`, object);
      return owner === undefined
        ? []
        : [{ object, path, message: `${name} is the account of ${owner.kind} ${owner.metadata.name} too` }];
    });
    const unused = cluster
      .ofKind('ServiceAccount')
      .filter(({ metadata }) => !owners.has(`${metadata.namespace ?? 'default'}/${metadata.name}`))
      .map((object) => ({ object, path: '', message: 'no workload uses it' }));
    return [...found, ...unused];
  },
);

export const clusterRightsExplained = invariant(
  'cluster-rights-explained',
  'Every ClusterRole and ClusterRoleBinding says why it is there, in the annotation `plumbline.dev/reason`.',
  'Rights in every namespace are the way from one pod to all Secrets.',
  (cluster) =>
    [...cluster.ofKind('ClusterRole'), ...cluster.ofKind('ClusterRoleBinding')]
      .filter((object) => reasonOf(object) === undefined)
      .map((object) => ({ object, path: `metadata.annotations.${reasonAnnotation}`, message: 'is missing' })),
);

export const tokensWithRights = invariant(
  'tokens-with-rights',
  'A pod mounts a ServiceAccount token if, and only if, its account has a role.',
  'A token that is good for nothing still names its bearer to the API server; a role without one is of no use.',
  (cluster) =>
    cluster.workloads.flatMap((workload): Finding[] => {
      const { object, namespace, pod } = workload;
      const account = cluster.find('ServiceAccount', namespace, pod.serviceAccountName ?? 'default') as
        (KubeObject & { readonly automountServiceAccountToken?: boolean }) | undefined;
      const mounted = pod.automountServiceAccountToken ?? account?.automountServiceAccountToken ?? true;
      const path = podPath(workload, 'automountServiceAccountToken');
      if (mounted === isBound(workload, cluster)) return [];
      return [{ object, path, message: mounted ? 'must be false: no role is bound' : 'is false, but a role is bound' }];
    }),
);
