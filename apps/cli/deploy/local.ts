import { createInterface } from 'node:readline/promises';
import { UsageError } from '../errors';
import type { Cluster } from '../verify/cluster/cluster';

/** Contexts as the tools name them that make clusters on one's own machine. */
const localContexts = [
  /^kind-/,
  /^k3d-/,
  /^minikube$/,
  /^docker-desktop$/,
  /^docker-for-desktop$/,
  /^rancher-desktop$/,
  /^orbstack$/,
  /^colima(-|$)/,
  /^microk8s$/,
];
const loopback = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?|.+\.docker\.internal)$/;

/** Whether a cluster is one on this machine, by its address or by the name of its context. */
export function isLocal({ context, api }: Pick<Cluster, 'context' | 'api'>): boolean {
  return loopback.test(new URL(api.server).hostname) || localContexts.some((pattern) => pattern.test(context));
}

/** How somebody is asked. */
export interface Asking {
  /** @default - whether this process has one */
  readonly isTerminal?: boolean;
  /** @default - on standard error and from standard input */
  readonly ask?: (question: string) => Promise<string>;
}

/**
 * Makes sure that it is this cluster that is meant: one on this machine is, another one if somebody says so.
 *
 * @param what such as `apply dist/thesis`
 * @param isAgreed by `--yes`
 * @throws {UsageError} if nobody is there to ask, or the answer is not yes
 */
export async function confirmCluster(
  cluster: Pick<Cluster, 'context' | 'api'>,
  what: string,
  isAgreed: boolean,
  asking: Asking = {},
): Promise<void> {
  if (isAgreed || isLocal(cluster)) return;
  const { isTerminal = process.stdin.isTTY && process.stderr.isTTY, ask = askOnTerminal } = asking;
  const where = `context ${cluster.context} at ${cluster.api.server}`;
  if (!isTerminal) {
    throw new UsageError(`${where} is not a cluster on this machine; --yes agrees to ${what} there`);
  }
  const answer = await ask(`${where} is not a cluster on this machine. Do you want to ${what} there? [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new UsageError('nothing was done');
}

async function askOnTerminal(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
}
