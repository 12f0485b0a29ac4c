import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { z } from 'zod';
import { parseEnvironment, type Environment } from '../config';
import { boundedBody } from '../bounded-body';
import { JobError } from './job-error';

const settingsSchema = z.object({
  KUBERNETES_SERVICE_HOST: z.string(),
  KUBERNETES_SERVICE_PORT: z.coerce.number().int().min(1).max(65_535),
  /** Folder with `token` and `ca.crt`; Kubernetes mounts it. */
  SERVICE_ACCOUNT_DIRECTORY: z.string().default('/var/run/secrets/kubernetes.io/serviceaccount'),
});

const maxAnswerBytes = 4 * 1024 * 1024;
const timeoutMs = 15_000;

/** Status and body of an answer; the body is `undefined` when it was no JSON. */
export interface KubernetesAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** The API server, as the ServiceAccount of the pod. */
export class KubernetesApi {
  private readonly settings: z.infer<typeof settingsSchema>;

  /** @throws {ConfigError} outside a pod */
  constructor(environment: Environment) {
    this.settings = parseEnvironment(settingsSchema, environment);
  }

  /**
   * `PATCH` merges the body into the object.
   *
   * @throws {JobError} `PLUMBLINE_JOB_SERVER` when there is no answer, which may come later
   */
  send(method: 'GET' | 'POST' | 'PATCH', path: string, body?: unknown): Promise<KubernetesAnswer> {
    return this.exchange(method, path, body === undefined ? undefined : JSON.stringify(body)).catch(
      (cause: unknown) => {
        const message = `Kubernetes API ${method} ${path}: ${cause instanceof Error ? cause.message : String(cause)}`;
        throw new JobError('PLUMBLINE_JOB_SERVER', message, { transient: true, cause });
      },
    );
  }

  private exchange(method: string, path: string, payload: string | undefined): Promise<KubernetesAnswer> {
    const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = this.settings;
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host,
          port,
          method,
          path,
          ca: this.mounted('ca.crt'),
          timeout: timeoutMs,
          headers: {
            // Read each time: tokens are renewed in place.
            authorization: `Bearer ${this.mounted('token')}`,
            accept: 'application/json',
            ...(payload !== undefined && {
              'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
              'content-length': Buffer.byteLength(payload),
            }),
          },
        },
        (answer) => {
          boundedBody(answer, maxAnswerBytes).then(
            (body) => resolve({ status: answer.statusCode ?? 0, body: parseJson(body.toString('utf8')) }),
            reject,
          );
        },
      );
      outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer for ${timeoutMs / 1000} s`)));
      outgoing.on('error', reject);
      outgoing.end(payload);
    });
  }

  private mounted(file: string): string {
    return readFileSync(join(this.settings.SERVICE_ACCOUNT_DIRECTORY, file), 'utf8').trim();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
