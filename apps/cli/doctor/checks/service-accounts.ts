import { z } from 'zod';
import { concurrently, requestsAtOnce } from '../../deploy/concurrently';
import { count, VerifyError } from '../../verify/check';
import { reasonOf, type ClusterApi } from '../../verify/cluster/api';
import type { RenderedEnvironment } from '../../verify/rendered';
import { error, type DoctorCheck } from '../check';

const names = z.array(z.string()).default([]);
const roleSchema = z.object({
  rules: z
    .array(z.object({ verbs: names, apiGroups: names, resources: names, resourceNames: names, nonResourceURLs: names }))
    .default([]),
});
const bindingSchema = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string().optional() }),
  roleRef: z.object({ kind: z.string(), name: z.string() }),
  subjects: z.array(z.object({ kind: z.string(), name: z.string(), namespace: z.string().optional() })).default([]),
});
const reviewSchema = z.object({ status: z.object({ allowed: z.boolean() }) });

/** Something that a ServiceAccount is meant to be allowed. */
interface Meant {
  /** `namespace/name`. */
  readonly account: string;
  /** Such as `list pods in tempo`. */
  readonly words: string;
  readonly attributes: object;
}

export const serviceAccounts: DoctorCheck = {
  name: 'service-accounts',
  claim: 'ServiceAccounts may do what is rendered for them',
  symptom: 'a component logs "is forbidden: User system:serviceaccount:…"; scrapers find no targets',
  needsCluster: true,
  async run({ cluster: { api }, rendered, kubectl }) {
    const meant = meantRights(rendered);
    const accounts = new Set<string>();
    for (const account of new Set(meant.map((each) => each.account))) {
      const [namespace = '', name = ''] = account.split('/');
      const live = await api.read({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name } });
      if (live !== undefined) accounts.add(account);
    }
    const asked = meant.filter(({ account }) => accounts.has(account));
    const allowed = await concurrently(asked, requestsAtOnce, (each) => mayDo(api, each));
    const missing = new Map<string, string[]>();
    asked.forEach(({ account, words }, index) => {
      if (allowed[index] === true) return;
      missing.set(account, [...(missing.get(account) ?? []), words]);
    });
    const findings = [...missing].map(([account, words]) => {
      const [namespace = '', name = ''] = account.split('/');
      const more = words.length > 4 ? ` and ${words.length - 4} more` : '';
      const user = `system:serviceaccount:${namespace}:${name}`;
      return error(
        `may not ${words.slice(0, 4).join(', ')}${more}: its binding is not there, or was changed`,
        `${namespace}/ServiceAccount/${name}`,
        `plumbline up; ${kubectl} auth can-i --list --as=${user}`,
      );
    });
    if (accounts.size === 0) return { seen: 'none that is given rights is there yet', findings };
    return { seen: `${count(asked.length, 'right')} of ${count(accounts.size, 'ServiceAccount')}`, findings };
  },
};

/** Rights of rendered roles, for those whom rendered bindings name. */
function meantRights(rendered: RenderedEnvironment): readonly Meant[] {
  const found = new Map<string, Meant>();
  for (const binding of [...rendered.ofKind('RoleBinding'), ...rendered.ofKind('ClusterRoleBinding')]) {
    const { metadata, roleRef, subjects } = bindingSchema.parse(binding);
    const { namespace } = metadata;
    const role = rendered
      .ofKind(roleRef.kind)
      .find(
        (each) =>
          each.metadata.name === roleRef.name &&
          (roleRef.kind === 'ClusterRole' || each.metadata.namespace === namespace),
      );
    for (const { kind, name, namespace: own = namespace ?? '' } of subjects) {
      if (kind !== 'ServiceAccount' || role === undefined) continue;
      for (const right of rightsOf(roleSchema.parse(role).rules, namespace)) {
        const meant = { account: `${own}/${name}`, ...right };
        found.set(JSON.stringify(meant), meant);
      }
    }
  }
  return [...found.values()];
}

function rightsOf(rules: z.infer<typeof roleSchema>['rules'], namespace: string | undefined): Omit<Meant, 'account'>[] {
  const where = namespace === undefined ? '' : ` in ${namespace}`;
  return rules.flatMap(({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }) =>
    verbs.flatMap((verb) => [
      ...nonResourceURLs.map((path) => ({
        words: `${verb} ${path}`,
        attributes: { nonResourceAttributes: { verb, path } },
      })),
      ...resources.flatMap((full) =>
        apiGroups.flatMap((group) => {
          const [resource = '', subresource] = full.split('/');
          return (resourceNames.length === 0 ? [undefined] : resourceNames).map((name) => ({
            words: `${verb} ${full}${name === undefined ? '' : ` ${name}`}${where}`,
            attributes: {
              resourceAttributes: { verb, group, resource, subresource, name, namespace },
            },
          }));
        }),
      ),
    ]),
  );
}

async function mayDo(api: ClusterApi, { account, attributes }: Meant): Promise<boolean> {
  const [namespace = '', name = ''] = account.split('/');
  const spec = {
    user: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    ...attributes,
  };
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec };
  const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
  const { status, text } = await api.send({ method: 'POST', path, body });
  if (status === 201) return reviewSchema.parse(JSON.parse(text)).status.allowed;
  throw new VerifyError(
    `the API server answers ${status}: ${reasonOf(text)}`,
    'use a context whose user may create subjectaccessreviews.authorization.k8s.io',
  );
}
