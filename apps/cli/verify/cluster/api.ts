import { request as httpRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { boundedBody } from '@plumbline/worker';
import { z } from 'zod';
import { VerifyError } from '../check';
import { excerpt } from '../http';
import type { RenderedObject } from '../rendered';

const timeoutMs = 15_000;
const maxBytes = 64 * 1024 * 1024;

const resourcesSchema = z.object({
  resources: z.array(z.object({ name: z.string(), kind: z.string(), namespaced: z.boolean() })),
});
const listSchema = z.object({ items: z.array(z.unknown()).nullable() });
const secretSchema = z.object({ data: z.record(z.string(), z.string()).default({}) });

/** How a request is let in: agent, certificates, headers. */
export type Authorize = (options: RequestOptions) => Promise<void>;

/** The API server of a cluster, read only. */
export class ClusterApi {
  private readonly resources = new Map<string, Promise<z.infer<typeof resourcesSchema> | undefined>>();

  /**
   * @param server URL of the API server
   * @param authorize adds what lets a request in
   */
  constructor(
    private readonly server: string,
    private readonly authorize: Authorize,
  ) {}

  /**
   * The object as it is in the cluster, `undefined` if it is not there.
   *
   * @throws {VerifyError} without an answer, or without the right to read it
   */
  async read(object: Pick<RenderedObject, 'apiVersion' | 'kind' | 'metadata'>): Promise<unknown> {
    const { apiVersion, kind, metadata } = object;
    const resource = (await this.resourcesOf(apiVersion))?.resources.find(
      (each) => each.kind === kind && !each.name.includes('/'),
    );
    if (resource === undefined) return undefined;
    const namespace = resource.namespaced ? `/namespaces/${metadata.namespace ?? 'default'}` : '';
    return this.get(`${prefix(apiVersion)}${namespace}/${resource.name}/${metadata.name}`);
  }

  /**
   * Pods with these labels.
   *
   * @throws {VerifyError} without an answer, or without the right to list them
   */
  async pods(namespace: string, labels: Readonly<Record<string, string>>): Promise<readonly unknown[]> {
    const selector = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
    const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(selector.join(','))}`;
    const { success, data } = listSchema.safeParse(await this.get(path));
    return success ? (data.items ?? []) : [];
  }

  /**
   * Values of a Secret; they are kept in memory and printed nowhere.
   *
   * @throws {VerifyError} without an answer, without the right to read it, or if it is not there
   */
  async secret(namespace: string, name: string): Promise<Readonly<Record<string, string>>> {
    const answer = await this.get(`/api/v1/namespaces/${namespace}/secrets/${name}`);
    if (answer === undefined) {
      throw new VerifyError(`Secret ${namespace}/${name} is not there`, 'look at the log of the job that makes it');
    }
    const { data } = secretSchema.parse(answer);
    return Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
    );
  }

  private resourcesOf(apiVersion: string): Promise<z.infer<typeof resourcesSchema> | undefined> {
    const known = this.resources.get(apiVersion);
    if (known !== undefined) return known;
    const asked = this.get(prefix(apiVersion)).then((answer) =>
      answer === undefined ? undefined : resourcesSchema.parse(answer),
    );
    this.resources.set(apiVersion, asked);
    return asked;
  }

  /** The answer as JSON; `undefined` for 404. */
  private async get(path: string): Promise<unknown> {
    const { status, text } = await this.exchange(path).catch((cause: unknown) => {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new VerifyError(
        `the API server at ${this.server} does not answer: ${message}`,
        'see whether kubectl get namespaces works with the same kubeconfig and context',
        { cause },
      );
    });
    if (status === 404) return undefined;
    if (status === 200) return JSON.parse(text);
    throw new VerifyError(
      `the API server answers ${status} to GET ${path}: ${excerpt(reason(text))}`,
      status === 401 || status === 403
        ? 'use a context whose user may read this'
        : 'see whether kubectl get works with the same kubeconfig and context',
    );
  }

  private async exchange(path: string): Promise<{ readonly status: number; readonly text: string }> {
    const url = new URL(`${this.server.replace(/\/+$/, '')}${path}`);
    const options: RequestOptions = { method: 'GET', timeout: timeoutMs, headers: { accept: 'application/json' } };
    await this.authorize(options);
    const request = url.protocol === 'http:' ? httpRequest : httpsRequest;
    return new Promise((resolve, reject) => {
      const outgoing = request(url, options, (answer) => {
        boundedBody(answer, maxBytes).then(
          (body) => resolve({ status: answer.statusCode ?? 0, text: body.toString('utf8') }),
          reject,
        );
      });
      outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer for ${timeoutMs / 1000} s`)));
      outgoing.on('error', reject);
      outgoing.end();
    });
  }
}

function prefix(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

/** `message` of a Status, or the answer itself. */
function reason(text: string): string {
  try {
    const { success, data } = z.object({ message: z.string() }).safeParse(JSON.parse(text));
    return success ? data.message : text;
  } catch {
    return text;
  }
}
