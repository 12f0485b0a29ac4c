import { boundedBody } from '@plumbline/worker';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Cluster } from '../../verify/cluster/cluster';

const timeoutMs = 5_000;
const maxBytes = 4 * 1024 * 1024;

/** An address of a pod. */
export interface PodAddress {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
  readonly path: string;
  /** Its certificate is not looked at, as kubelets do not. */
  readonly isTls: boolean;
}

/** What a pod answered. */
export interface PodAnswer {
  readonly status: number;
  readonly text: string;
}

/** Asks a pod through a forwarded port, within five seconds; why there is no answer, where there is none. */
export async function askPod(
  cluster: Pick<Cluster, 'forward'>,
  { namespace, pod, port, path, isTls }: PodAddress,
): Promise<PodAnswer | string> {
  try {
    const local = await cluster.forward(namespace, pod, port);
    const start = isTls ? httpsRequest : httpRequest;
    const options = { host: '127.0.0.1', port: local, path, timeout: timeoutMs, agent: false as const };
    return await new Promise<PodAnswer>((resolve, reject) => {
      const outgoing = start({ ...options, ...(isTls && { rejectUnauthorized: false }) }, (answer) => {
        boundedBody(answer, maxBytes).then(
          (bytes) => resolve({ status: answer.statusCode ?? 0, text: bytes.toString('utf8') }),
          reject,
        );
      });
      const late = setTimeout(() => outgoing.destroy(new Error(`no answer for ${timeoutMs / 1000} s`)), timeoutMs);
      outgoing.on('close', () => clearTimeout(late));
      outgoing.on('error', reject);
      outgoing.end();
    });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
