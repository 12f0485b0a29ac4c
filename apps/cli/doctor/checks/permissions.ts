import { z } from 'zod';
import { concurrently, requestsAtOnce } from '../../deploy/concurrently';
import { count, VerifyError } from '../../verify/check';
import { reasonOf, type ClusterApi } from '../../verify/cluster/api';
import { error, type DoctorCheck } from '../check';
import type { DoctorContext } from '../context';

const reviewSchema = z.object({ status: z.object({ allowed: z.boolean() }) });
const whoSchema = z.object({ status: z.object({ userInfo: z.object({ username: z.string() }) }) });

/** A right as the API server is asked for it. */
interface Right {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
}

/** What applying by the server, and `down`, do with an object. */
const verbs = ['get', 'create', 'patch', 'delete'];

export const permissions: DoctorCheck = {
  name: 'permissions',
  claim: 'this user may do what up and down do',
  symptom: 'up says that objects are refused as forbidden',
  needsCluster: true,
  async run(context) {
    const { api } = context.cluster;
    if (await isAllowed(api, { verb: '*', group: '*', resource: '*' })) {
      return { seen: 'everything is allowed', findings: [] };
    }
    const rights = await neededRights(context);
    const allowed = await concurrently(rights, requestsAtOnce, (right) => isAllowed(api, right));
    const missing = new Map<string, Right[]>();
    rights.forEach((right, index) => {
      if (allowed[index] === true) return;
      const where = right.namespace ?? '';
      missing.set(where, [...(missing.get(where) ?? []), right]);
    });
    const user = missing.size === 0 ? '' : await whoAmI(api);
    const findings = [...missing].map(([namespace, lacking]) => {
      const names = lacking.map(describe);
      const more = names.length > 6 ? ` and ${names.length - 6} more` : '';
      const problem = `${user} may not ${names.slice(0, 6).join(', ')}${more}`;
      const where = namespace === '' ? 'the whole cluster' : `Namespace/${namespace}`;
      return error(problem, where, `as an administrator: ${grant(namespace, lacking, user)}`);
    });
    return { seen: count(rights.length, 'right'), findings };
  },
};

async function neededRights({ rendered, cluster: { api } }: DoctorContext): Promise<readonly Right[]> {
  const rights = new Map<string, Right>();
  const need = (right: Right) => rights.set(JSON.stringify(right), right);
  for (const { apiVersion, kind, metadata } of rendered.objects) {
    const resource = await api.resourceOf(apiVersion, kind);
    if (resource === undefined) continue;
    const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
    const { namespace = 'default' } = metadata;
    const at = resource.namespaced ? { namespace } : {};
    for (const verb of verbs) need({ verb, group, resource: resource.name, ...at });
    if (!resource.namespaced) continue;
    for (const each of ['pods', 'events', 'persistentvolumeclaims']) {
      need({ verb: 'list', group: '', resource: each, namespace });
    }
    need({ verb: 'create', group: '', resource: 'pods', subresource: 'portforward', namespace });
  }
  return [...rights.values()];
}

async function isAllowed(api: ClusterApi, resourceAttributes: Right): Promise<boolean> {
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes },
  };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const { status, text } = await api.send({ method: 'POST', path, body });
  if (status === 201) return reviewSchema.parse(JSON.parse(text)).status.allowed;
  throw new VerifyError(`the API server answers ${status}: ${reasonOf(text)}`, 'kubectl auth whoami');
}

/** Of the whole cluster no more than what is missing; in a namespace the role that Kubernetes has for who owns it. */
function grant(namespace: string, lacking: readonly Right[], user: string): string {
  if (namespace !== '') {
    return `kubectl create rolebinding plumbline-up -n ${namespace} --clusterrole=admin --user=${user}`;
  }
  const listed = (values: readonly string[]) => [...new Set(values)].join(',');
  const resources = listed(lacking.map(({ group, resource }) => `${resource}${group === '' ? '' : `.${group}`}`));
  const rights = `--verb=${listed(lacking.map(({ verb }) => verb))} --resource=${resources}`;
  return `kubectl create clusterrole plumbline-up ${rights}; kubectl create clusterrolebinding plumbline-up --clusterrole=plumbline-up --user=${user}`;
}

async function whoAmI(api: ClusterApi): Promise<string> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const { status, text } = await api.send({
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    body,
  });
  return status === 201 ? whoSchema.parse(JSON.parse(text)).status.userInfo.username : 'this user';
}

function describe({ verb, group, resource, subresource }: Right): string {
  const name = subresource === undefined ? resource : `${resource}/${subresource}`;
  return `${verb} ${name}${group === '' ? '' : `.${group}`}`;
}
