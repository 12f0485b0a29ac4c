import { z } from 'zod';
import { count } from '../../verify/check';
import type { RenderedEnvironment } from '../../verify/rendered';
import { error, type DoctorCheck, type Finding } from '../check';
import { neededSecrets, type NeededSecret } from '../pod-specs';

const generatedSchema = z.object({
  secrets: z.array(
    z.object({
      namespace: z.string(),
      name: z.string(),
      copies: z.array(z.object({ namespace: z.string(), name: z.string() })).default([]),
    }),
  ),
});
const externalSchema = z.object({ spec: z.object({ target: z.object({ name: z.string() }).optional() }) });
const certificateSchema = z.object({ spec: z.object({ secretName: z.string() }) });
const secretSchema = z.object({ data: z.record(z.string(), z.unknown()).default({}) });

export const secrets: DoctorCheck = {
  name: 'secrets',
  claim: 'every Secret that pods need is there, or somebody makes it',
  symptom: 'pods are in CreateContainerConfigError, or stay in ContainerCreating',
  needsCluster: true,
  async run({ cluster: { api }, rendered, state, kubectl }) {
    const makers = makersOf(rendered);
    const needed = byName(neededSecrets(rendered));
    const { workloads } = await state();
    const findings: Finding[] = [];
    for (const [where, { namespace, name, keys, by }] of needed) {
      const maker = makers.get(where);
      // What is made in time is only missed once its maker is done.
      const job = maker === undefined ? undefined : workloads.get(`Job/${maker}`);
      const isMade =
        job?.status.conditions.some(({ type, status }) => type === 'Complete' && status === 'True') ?? false;
      if (maker !== undefined && !isMade) continue;
      const live = secretSchema.safeParse(
        await api.read({ apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name } }),
      );
      const missing = live.success ? keys.filter((key) => !(key in live.data.data)) : keys;
      if (live.success && missing.length === 0) continue;
      const problem = live.success
        ? `has no key ${missing.join(', ')}, which ${by} needs`
        : `is not there, and ${by} needs it`;
      findings.push(
        error(
          problem,
          `${namespace}/Secret/${name}`,
          remedyOf({ namespace, name, keys, maker, isThere: live.success }, kubectl),
        ),
      );
    }
    return { seen: count(needed.size, 'Secret'), findings };
  },
};

interface Wanted {
  readonly namespace: string;
  readonly name: string;
  readonly keys: readonly string[];
  readonly maker: string | undefined;
  readonly isThere: boolean;
}

function remedyOf({ namespace, name, keys, maker, isThere }: Wanted, kubectl: string): string {
  if (maker !== undefined) {
    const [jobNamespace = '', job = ''] = maker.split('/');
    return `${kubectl} -n ${jobNamespace} delete job ${job}; plumbline up makes it anew`;
  }
  if (isThere) return `${kubectl} -n ${namespace} edit secret ${name}`;
  const literals = keys.map((key) => ` --from-literal=${key}=…`).join('');
  return `${kubectl} -n ${namespace} create secret generic ${name}${literals === '' ? ' --from-file=…' : literals}`;
}

/** Who makes a Secret, by `namespace/name`: a Job as `namespace/name`, or an operator, of which nothing is asked. */
function makersOf(rendered: RenderedEnvironment): ReadonlyMap<string, string> {
  const made = new Map<string, string>();
  const job = rendered.withArgs('job', 'credentials');
  const file = job && rendered.fileOf(job, 'job.json');
  if (job !== undefined && file !== undefined) {
    const by = `${job.metadata.namespace}/${job.metadata.name}`;
    const { success, data } = generatedSchema.safeParse(JSON.parse(file));
    for (const { namespace, name, copies } of success ? data.secrets : []) {
      for (const each of [{ namespace, name }, ...copies]) made.set(`${each.namespace}/${each.name}`, by);
    }
  }
  for (const { kind, metadata, ...rest } of rendered.objects) {
    const { name, namespace = 'default' } = metadata;
    const add = (secret: string) => made.set(`${namespace}/${secret}`, `${kind}/${name}`);
    if (kind === 'Secret') add(name);
    else if (kind === 'ExternalSecret') add(externalSchema.safeParse(rest).data?.spec.target?.name ?? name);
    else if (kind === 'Certificate') add(certificateSchema.safeParse(rest).data?.spec.secretName ?? name);
  }
  return made;
}

function byName(needed: readonly NeededSecret[]) {
  const found = new Map<string, { namespace: string; name: string; keys: string[]; by: string }>();
  for (const { namespace, name, key, by } of needed) {
    const where = `${namespace}/${name}`;
    const known = found.get(where) ?? { namespace, name, keys: [], by };
    if (key !== undefined && !known.keys.includes(key)) known.keys.push(key);
    found.set(where, known);
  }
  return found;
}
