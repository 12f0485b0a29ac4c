import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { CertificatesJob } from '@plumbline/contracts';
import type { Logger } from 'pino';
import { z } from 'zod';
import { messageOf } from '../log';
import type { Environment } from '../config';
import { JobError } from './job-error';
import { KubernetesApi } from './kubernetes-api';
import { runJob, type JobOptions } from './run-job';
import { shownFingerprint } from './shown-certificate';

type ServerSpec = CertificatesJob['servers'][number];

const fileSchema = z.object({
  namespace: z.string().min(1),
  settleSeconds: z.int().min(0),
  servers: z.array(
    z.object({
      name: z.string().min(1),
      selector: z.string().min(1),
      certificateFile: z.string().min(1),
      ports: z
        .array(
          z.object({
            address: z.string().regex(/^[^\s:]+:\d{1,5}$/),
            port: z.int().min(1).max(65_535),
            startTls: z.enum(['postgresql']).exactOptional(),
          }),
        )
        .min(1),
    }),
  ),
}) satisfies z.ZodType<CertificatesJob>;

const podList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), deletionTimestamp: z.string().optional() }),
      status: z.object({
        phase: z.string().optional(),
        podIP: z.string().optional(),
        startTime: z.coerce.date().optional(),
        conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
      }),
    }),
  ),
});
type Pod = z.infer<typeof podList>['items'][number];

/**
 * Starts servers again that show another certificate than the one in their Secret: not all read it while they run. One pod of a server in
 * one run, by eviction, which budgets hold up as they do when a node is drained; and none while another of the same server is not ready.
 *
 * A pod that shows another one although it was started since is left alone, and the job fails: another start would not help.
 *
 * @returns the exit code
 */
export function runCertificatesJob(environment: Environment, options?: JobOptions): Promise<number> {
  return runJob({ name: 'certificates', file: fileSchema, reconcile: renewShown }, environment, options);
}

async function renewShown(job: CertificatesJob, environment: Environment, logger: Logger): Promise<void> {
  const pods = new Pods(new KubernetesApi(environment), job.namespace);
  const problems: string[] = [];
  for (const server of job.servers) {
    try {
      await renewOne(server, job.settleSeconds, pods, logger);
    } catch (error) {
      problems.push(`${server.name}: ${messageOf(error)}`);
    }
  }
  if (problems.length > 0) throw new JobError('PLUMBLINE_JOB_CERTIFICATE', problems.join('; '));
}

async function renewOne(server: ServerSpec, settleSeconds: number, pods: Pods, logger: Logger): Promise<void> {
  const wanted = new X509Certificate(await readFile(server.certificateFile));
  const validTo = new Date(wanted.validTo);
  if (validTo.getTime() <= Date.now())
    throw new Error(`the certificate in its Secret ended on ${validTo.toISOString()}`);
  // Kubelets take a minute or two to bring it, and servers that look at it themselves another.
  const settledAt = new Date(wanted.validFrom).getTime() + settleSeconds * 1000;
  if (settledAt > Date.now()) return;
  const found = await pods.of(server.selector);
  const unready = found.find((pod) => !isReady(pod));
  if (unready !== undefined) {
    logger.info({ server: server.name, pod: unready.metadata.name }, 'a pod is not ready, leaving the others');
    return;
  }
  for (const pod of found) {
    if (!(await showsAnother(pod, server, wanted))) continue;
    const { name } = pod.metadata;
    if ((pod.status.startTime?.getTime() ?? 0) > settledAt)
      throw new Error(`${name} shows another certificate than the one in its Secret, though it was started since`);
    const evicted = await pods.evict(name);
    if (evicted) logger.info({ server: server.name, pod: name }, 'started again, as its certificate was renewed');
    else logger.warn({ server: server.name, pod: name }, 'shows an old certificate, and may not go now');
    return;
  }
}

async function showsAnother(pod: Pod, { ports }: ServerSpec, wanted: X509Certificate): Promise<boolean> {
  const { podIP: host = '' } = pod.status;
  const shown = await Promise.all(
    ports.map((at) =>
      shownFingerprint({ host, ...at, serverName: at.address.replace(/:\d+$/, '') }).catch((cause: unknown) => {
        throw new Error(`port ${at.port} of ${pod.metadata.name}: ${messageOf(cause)}`, { cause });
      }),
    ),
  );
  return shown.some((fingerprint) => fingerprint !== wanted.fingerprint256);
}

function isReady({ metadata, status }: Pod): boolean {
  const ready = status.conditions.some((each) => each.type === 'Ready' && each.status === 'True');
  return ready && metadata.deletionTimestamp === undefined && status.podIP !== undefined;
}

/** Pods of a namespace, as far as this job may. */
class Pods {
  private readonly path: string;

  constructor(
    private readonly api: KubernetesApi,
    private readonly namespace: string,
  ) {
    this.path = `/api/v1/namespaces/${namespace}/pods`;
  }

  /** Those that were not ended, by name. */
  async of(selector: string): Promise<readonly Pod[]> {
    const path = `${this.path}?labelSelector=${encodeURIComponent(selector)}`;
    const { status, body } = await this.api.send('GET', path);
    if (status !== 200) throw refused(`pods of ${this.namespace} cannot be listed`, status);
    const { items } = podList.parse(body);
    return items
      .filter((pod) => pod.status.phase !== 'Succeeded' && pod.status.phase !== 'Failed')
      .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  }

  /** @returns `false` when its budget does not let it go now */
  async evict(name: string): Promise<boolean> {
    const metadata = { name, namespace: this.namespace };
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata };
    const { status } = await this.api.send('POST', `${this.path}/${encodeURIComponent(name)}/eviction`, eviction);
    if (status === 429) return false;
    // It may have gone by itself.
    if (status >= 300 && status !== 404) throw refused(`pod ${name} cannot be evicted`, status);
    return true;
  }
}

function refused(what: string, status: number): JobError {
  const message = `${what}: the Kubernetes API answered with ${status}`;
  return new JobError('PLUMBLINE_JOB_CERTIFICATE', message, { transient: status >= 500 });
}
