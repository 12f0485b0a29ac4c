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
/** A kind as the API server serves it. */
export type ApiResource = z.infer<typeof resourcesSchema>['resources'][number];
const listSchema = z.object({ items: z.array(z.unknown()).nullable() });
const secretSchema = z.object({ data: z.record(z.string(), z.string()).default({}) });

/** How a request is let in: agent, certificates, headers. */
export type Authorize = (options: RequestOptions) => Promise<void>;

/** A request to the API server. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With the query, from the root of the server. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** @default 'application/json' */
  readonly contentType?: string;
  /** @default 'application/json' */
  readonly accept?: string;
}

/** What the API server answered, whatever its status. */
export interface ApiAnswer {
  readonly status: number;
  readonly text: string;
  /** When it answered, by its own clock; milliseconds since the epoch. */
  readonly dateMs?: number;
}

/** The API server of a cluster. Everything but {@link send} only reads. */
export class ClusterApi {
  private readonly resources = new Map<string, Promise<z.infer<typeof resourcesSchema> | undefined>>();

  /**
   * @param server URL of the API server, for messages too
   * @param authorize adds what lets a request in
   */
  constructor(
    readonly server: string,
    private readonly authorize: Authorize,
  ) {}

  /**
   * The object as it is in the cluster, `undefined` if it is not there.
   *
   * @throws {VerifyError} without an answer, or without the right to read it
   */
  async read(object: Pick<RenderedObject, 'apiVersion' | 'kind' | 'metadata'>): Promise<unknown> {
    const path = await this.pathOf(object);
    return path === undefined ? undefined : this.get(path);
  }

  /**
   * Path of an object, `undefined` for a kind that the cluster does not know.
   *
   * @throws {VerifyError} without an answer, or without the right to ask which kinds there are
   */
  async pathOf(object: Pick<RenderedObject, 'apiVersion' | 'kind' | 'metadata'>): Promise<string | undefined> {
    const { apiVersion, kind, metadata } = object;
    const resource = await this.resourceOf(apiVersion, kind);
    if (resource === undefined) return undefined;
    const namespace = resource.namespaced ? `/namespaces/${metadata.namespace ?? 'default'}` : '';
    return `${prefix(apiVersion)}${namespace}/${resource.name}/${metadata.name}`;
  }

  /**
   * The resource of a kind, `undefined` for one that the cluster does not know.
   *
   * @throws {VerifyError} without an answer, or without the right to ask which kinds there are
   */
  async resourceOf(apiVersion: string, kind: string): Promise<ApiResource | undefined> {
    const known = await this.resourcesOf(apiVersion);
    return known?.resources.find((each) => each.kind === kind && !each.name.includes('/'));
  }

  /** Asks anew which kinds there are, as after a definition of a custom resource. */
  forgetResources(): void {
    this.resources.clear();
  }

  /**
   * Items of a list, or of all that a selector leaves of it.
   *
   * @param path with the query, such as `/api/v1/namespaces/tempo/pods`
   * @returns none where there is no such list
   * @throws {VerifyError} without an answer, or without the right to list
   */
  async list(path: string): Promise<readonly unknown[]> {
    const { success, data } = listSchema.safeParse(await this.get(path));
    return success ? (data.items ?? []) : [];
  }

  /**
   * Pods with these labels.
   *
   * @throws {VerifyError} without an answer, or without the right to list them
   */
  async pods(namespace: string, labels: Readonly<Record<string, string>>): Promise<readonly unknown[]> {
    const selector = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
    return this.list(`/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(selector.join(','))}`);
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

  /**
   * The answer as JSON; `undefined` for 404.
   *
   * @throws {VerifyError} without an answer, or for one that is an error
   */
  async get(path: string): Promise<unknown> {
    const { status, text } = await this.send({ method: 'GET', path });
    if (status === 404) return undefined;
    if (status === 200) return JSON.parse(text);
    throw new VerifyError(
      `the API server answers ${status} to GET ${path}: ${excerpt(reasonOf(text))}`,
      status === 401 || status === 403
        ? 'use a context whose user may read this'
        : 'see whether kubectl get works with the same kubeconfig and context',
    );
  }

  /**
   * Sends a request as it is; an answer of any status is one.
   *
   * @throws {VerifyError} without an answer
   */
  async send(request: ApiRequest): Promise<ApiAnswer> {
    return this.exchange(request).catch((cause: unknown) => {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new VerifyError(
        `the API server at ${this.server} does not answer: ${message}`,
        'see whether kubectl get namespaces works with the same kubeconfig and context',
        { cause },
      );
    });
  }

  private async exchange(request: ApiRequest): Promise<ApiAnswer> {
    const { method, path, body, contentType = 'application/json', accept = 'application/json' } = request;
    const url = new URL(`${this.server.replace(/\/+$/, '')}${path}`);
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const headers = {
      accept,
      ...(payload !== undefined && { 'content-type': contentType, 'content-length': payload.length }),
    };
    const options: RequestOptions = { method, timeout: timeoutMs, headers };
    await this.authorize(options);
    const start = url.protocol === 'http:' ? httpRequest : httpsRequest;
    return new Promise((resolve, reject) => {
      const outgoing = start(url, options, (answer) => {
        boundedBody(answer, maxBytes).then((bytes) => {
          const dateMs = Date.parse(answer.headers.date ?? '');
          const text = bytes.toString('utf8');
          resolve({ status: answer.statusCode ?? 0, text, ...(Number.isFinite(dateMs) && { dateMs }) });
        }, reject);
      });
      outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer for ${timeoutMs / 1000} s`)));
      outgoing.on('error', reject);
      outgoing.end(payload);
    });
  }
}

/** `/apis/apps/v1`, `/api/v1`. */
export function prefix(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

/** `message` of a Status, or the answer itself. */
export function reasonOf(text: string): string {
  try {
    const { success, data } = z.object({ message: z.string() }).safeParse(JSON.parse(text));
    return success ? data.message : text;
  } catch {
    return text;
  }
}
