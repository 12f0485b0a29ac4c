import type { CredentialsJob } from '@plumbline/contracts';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Environment } from '../config';
import { JobError } from './job-error';
import { KubernetesApi, type KubernetesAnswer } from './kubernetes-api';
import { randomAccessKeyId, randomBase64Key, randomPassword } from './random-secret';
import { runJob, type JobOptions } from './run-job';

type SecretSpec = CredentialsJob['secrets'][number];
type Place = Pick<SecretSpec, 'namespace' | 'name'>;
/** Values by key, base64 as the API has them. */
type SecretData = Readonly<Record<string, string>>;

const dnsLabel = z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/);
const place = { namespace: dnsLabel, name: dnsLabel };
const key = z.string().regex(/^[-._a-zA-Z0-9]{1,253}$/);

const fileSchema = z.object({
  secrets: z.array(
    z.object({
      ...place,
      labels: z.record(z.string(), z.string()),
      keys: z.array(
        z
          .object({
            key,
            kind: z.enum(['accessKeyId', 'password', 'base64Key', 'literal']),
            value: z.string().exactOptional(),
          })
          .refine(
            ({ kind, value }) => (kind === 'literal') === (value !== undefined),
            'a literal, and only that, has a value',
          ),
      ),
      copies: z.array(z.object(place)),
    }),
  ),
}) satisfies z.ZodType<CredentialsJob>;

const secretSchema = z.object({
  metadata: z.object({ resourceVersion: z.string() }),
  data: z.record(z.string(), z.string()).default({}),
});

/**
 * Makes Secrets of random values through the Kubernetes API. One that exists gets the keys that it lacks and keeps every value that it
 * has, so running it again changes nothing; its copies in other namespaces get what the Secret holds. Values are never logged.
 *
 * @returns the exit code
 */
export function runCredentialsJob(environment: Environment, options?: JobOptions): Promise<number> {
  return runJob({ name: 'credentials', file: fileSchema, reconcile: reconcileCredentials }, environment, options);
}

async function reconcileCredentials(job: CredentialsJob, environment: Environment, logger: Logger): Promise<void> {
  const api = new KubernetesApi(environment);
  const problems: string[] = [];
  for (const secret of job.secrets) {
    const data = await ensure(api, secret, secret.labels, generate(secret), logger);
    for (const copy of secret.copies) {
      const copied = await ensure(api, copy, secret.labels, data, logger);
      if (!isSame(data, copied)) problems.push(`${nameOf(copy)} differs from ${nameOf(secret)}, whose copy it is`);
    }
  }
  if (problems.length === 0) return;
  const message = `${problems.join('; ')}. Values are never overwritten: delete what is wrong to have it made anew`;
  throw new JobError('PLUMBLINE_JOB_SECRET', message);
}

/** @returns the values that the Secret has then */
async function ensure(
  api: KubernetesApi,
  at: Place,
  labels: Readonly<Record<string, string>>,
  wanted: SecretData,
  logger: Logger,
): Promise<SecretData> {
  return (await create(api, at, labels, wanted, logger)) ?? (await amend(api, at, wanted, logger));
}

/** @returns the values, or `undefined` when the Secret exists already */
async function create(
  api: KubernetesApi,
  at: Place,
  labels: Readonly<Record<string, string>>,
  data: SecretData,
  logger: Logger,
): Promise<SecretData | undefined> {
  const answer = await api.send('POST', `/api/v1/namespaces/${at.namespace}/secrets`, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: at.name, namespace: at.namespace, labels },
    type: 'Opaque',
    data,
  });
  if (answer.status === 409) return undefined;
  if (answer.status !== 201) throw refused('create', at, answer);
  logger.info({ namespace: at.namespace, name: at.name, keys: Object.keys(data) }, 'created');
  return data;
}

/**
 * Adds the keys that an existing Secret lacks. The version that was read goes with them, so that of two Jobs at once one is refused
 * and reads again.
 */
async function amend(api: KubernetesApi, at: Place, wanted: SecretData, logger: Logger): Promise<SecretData> {
  const path = `/api/v1/namespaces/${at.namespace}/secrets/${at.name}`;
  const present = await api.send('GET', path);
  if (present.status !== 200) throw refused('read', at, present);
  const { data, metadata } = secretSchema.parse(present.body);
  const missing = Object.fromEntries(Object.entries(wanted).filter(([each]) => data[each] === undefined));
  if (Object.keys(missing).length === 0) return data;
  const { resourceVersion } = metadata;
  const answer = await api.send('PATCH', path, { metadata: { resourceVersion }, data: missing });
  if (answer.status !== 200) throw refused('amend', at, answer);
  logger.info({ namespace: at.namespace, name: at.name, keys: Object.keys(missing) }, 'added');
  return { ...data, ...missing };
}

function generate({ keys }: SecretSpec): SecretData {
  const random = { accessKeyId: randomAccessKeyId, password: randomPassword, base64Key: randomBase64Key };
  const valueOf = ({ kind, value }: SecretSpec['keys'][number]): string =>
    kind === 'literal' ? (value ?? '') : random[kind]();
  return Object.fromEntries(keys.map((each) => [each.key, Buffer.from(valueOf(each)).toString('base64')]));
}

function isSame(left: SecretData, right: SecretData): boolean {
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return Array.from(keys).every((each) => left[each] === right[each]);
}

/** A missing namespace, missing rights and a busy server are cured by what else is being applied. */
function refused(action: string, at: Place, { status, body }: KubernetesAnswer): JobError {
  const said = z.object({ message: z.string() }).safeParse(body);
  const message = `could not ${action} Secret ${nameOf(at)}: ${status} ${said.success ? said.data.message : ''}`;
  const transient = [401, 403, 404, 409, 429].includes(status) || status >= 500;
  return new JobError('PLUMBLINE_JOB_SECRET', message.trim(), { transient });
}

function nameOf({ namespace, name }: Place): string {
  return `${namespace}/${name}`;
}
