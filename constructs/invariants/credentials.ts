import { environmentKeys, type CredentialsJob, type JobName } from '../contracts';
import type { Cluster, Workload } from './cluster';
import { mountedFile } from './configuration';
import { invariant } from './invariant';
import type { Finding, KubeObject } from './model';
import { bindsAccount } from './service-accounts';

const credentialsJob: JobName = 'credentials';

/** What a workload that runs `job credentials` reads from its job file; `undefined` for any other workload. */
export function credentialsOf(workload: Workload, cluster: Cluster): CredentialsJob | undefined {
  for (const { container } of workload.containers) {
    if (container.args?.includes(credentialsJob) !== true) continue;
    const path = container.env?.find(({ name }) => name === environmentKeys.jobFile)?.value;
    const file = path === undefined ? undefined : mountedFile(workload, path, cluster);
    if (file !== undefined) return JSON.parse(file.text) as CredentialsJob;
  }
  return undefined;
}

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

export const credentialsPermitted = invariant(
  'credentials-permitted',
  'The credentials Job may create Secrets in every namespace it makes one in, and read and amend each that it makes.',
  'Pods would wait for a Secret that the Job is refused.',
  (cluster) =>
    cluster.workloads.flatMap((workload) =>
      (credentialsOf(workload, cluster)?.secrets ?? []).flatMap((secret) =>
        [secret, ...secret.copies].flatMap(({ namespace, name }): Finding[] => {
          const rules = rulesIn(namespace, workload, cluster);
          const refused = (['create', 'get', 'patch'] as const).filter(
            (verb) => !rules.some((rule) => permits(rule, verb, name)),
          );
          const message = `may not ${refused.join(' and ')} Secret ${namespace}/${name}`;
          return refused.length === 0 ? [] : [{ object: workload.object, path: '', message }];
        }),
      ),
    ),
);

/** Rules that hold for the workload's account in a namespace. */
function rulesIn(namespace: string, workload: Workload, cluster: Cluster): readonly Rule[] {
  const bindings: readonly KubeObject[] = [
    ...cluster.ofKind('RoleBinding').filter(({ metadata }) => metadata.namespace === namespace),
    ...cluster.ofKind('ClusterRoleBinding'),
  ];
  return bindings
    .filter((binding) => bindsAccount(binding, workload))
    .flatMap(({ roleRef }) => {
      const { kind, name } = roleRef as { readonly kind: string; readonly name: string };
      const role = cluster.find(kind, kind === 'Role' ? namespace : undefined, name);
      return (role?.rules ?? []) as readonly Rule[];
    });
}

/** A rule with names never permits `create`: the object has no name yet when the API server asks. */
function permits(
  { apiGroups, resources, resourceNames, verbs }: Rule,
  verb: 'create' | 'get' | 'patch',
  name: string,
): boolean {
  const has = (list: readonly string[] | undefined, item: string): boolean =>
    list?.includes(item) === true || list?.includes('*') === true;
  const named = resourceNames === undefined || (verb !== 'create' && resourceNames.includes(name));
  return has(apiGroups, '') && has(resources, 'secrets') && has(verbs, verb) && named;
}
