import { UsageError } from '../errors';
import type { Cluster } from '../verify/cluster/cluster';
import { openCluster, type ClusterChoice } from '../verify/cluster/kubeconfig';

/**
 * Opens the cluster, does the work, and closes what was open, also when it is interrupted by Ctrl-C or SIGTERM.
 *
 * @returns what the work gives, or 130 when it was interrupted
 * @throws {UsageError} for a kubeconfig or a context that cannot be read, or where there is none
 */
export async function withCluster(
  choice: ClusterChoice,
  work: (cluster: Cluster, signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const cluster = await openCluster(choice);
  if (cluster === undefined) {
    throw new UsageError(
      'there is no kubeconfig; name one by --kubeconfig, or make a cluster, as by: kind create cluster',
    );
  }
  try {
    return await interruptible((signal) => work(cluster, signal));
  } finally {
    await cluster.close();
  }
}

/**
 * Does the work with a signal that Ctrl-C and SIGTERM abort.
 *
 * @returns what the work gives, or 130 when it was interrupted
 */
export async function interruptible(work: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    return await work(interruption.signal);
  } catch (error) {
    if (interruption.signal.aborted) return 130;
    throw error;
  } finally {
    process.removeListener('SIGINT', interrupt).removeListener('SIGTERM', interrupt);
  }
}
