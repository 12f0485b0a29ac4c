import { resolve } from 'node:path';
import { openCluster, type ClusterChoice } from './cluster/kubeconfig';
import type { VerifyContext } from './context';
import { RenderedEnvironment } from './rendered';
import { SampleTrace } from './sample/sample-trace';
import type { GivenAddresses } from './servers/names';
import { Servers } from './servers/servers';

/** What is looked at, and how patiently. */
export interface SessionOptions extends ClusterChoice {
  /** Folder of rendered manifests. */
  readonly environment: string;
  readonly given: GivenAddresses;
  readonly patienceMs: number;
}

/** A look at a cluster or at servers, from its beginning to its end. */
export interface Session {
  readonly context: VerifyContext;
  /** For the heading: the context of the kubeconfig, or that there is none. */
  readonly about: string;
  /** Closes forwarded ports, and leaves the topics it watched. */
  close(): Promise<void>;
}

/**
 * Reads the manifests and the kubeconfig.
 *
 * @throws {UsageError} for manifests, a kubeconfig or a context that cannot be read
 */
export async function openSession(options: SessionOptions, signal: AbortSignal): Promise<Session> {
  const rendered = RenderedEnvironment.read(options.environment);
  const cluster = await openCluster(options);
  const servers = new Servers(options.given, rendered, cluster, process.env);
  const sample = new SampleTrace(servers);
  const where = cluster === undefined ? 'no cluster' : `context ${cluster.context}`;
  return {
    context: { rendered, servers, sample, patienceMs: options.patienceMs, signal, ...(cluster && { cluster }) },
    about: `${where}, ${resolve(options.environment)}`,
    close: async () => {
      await sample.close();
      await cluster?.close();
    },
  };
}

/**
 * Opens a session, does the work, and closes it, also when it is interrupted by Ctrl-C or SIGTERM.
 *
 * @returns what the work gives, or 130 when it was interrupted
 * @throws {UsageError} for manifests, a kubeconfig or a context that cannot be read
 */
export async function withSession(
  options: SessionOptions,
  work: (session: Session) => Promise<number>,
): Promise<number> {
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const session = await openSession(options, interruption.signal);
  try {
    return await work(session);
  } catch (error) {
    if (interruption.signal.aborted) return 130;
    throw error;
  } finally {
    await session.close();
    process.removeListener('SIGINT', interrupt);
    process.removeListener('SIGTERM', interrupt);
  }
}
