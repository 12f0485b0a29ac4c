import { accept } from '../report';
import { eventually } from '../../../apps/end-to-end/eventually';
import type { NodeCluster } from './cluster';
import { podsOf, renderedObject, renderedObjects, type RunningPod } from './objects';

const namespace = 'plumbline';
/** Keeps the pod to be looked at after it has ended. */
const finalizer = 'plumbline.dev/accept';

/** How a worker ended. */
export interface Drained {
  /** From the deletion of its pod. */
  readonly seconds: number;
  /** What its pod has. */
  readonly grace: number;
  /** Committed offsets of its group before the deletion, and when it had ended. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/**
 * Deletes the pod of a worker as the drain of a node does: nothing takes its place until it has ended.
 *
 * @param commits whether it commits within so short a time; if not, its commits must only not go back
 * @throws {NotAcceptedError} if it does not exit with 0 within its grace period, or its commits stand still or go back
 */
export async function drain(
  cluster: NodeCluster,
  worker: string,
  commits: boolean,
  committed: () => Promise<readonly number[]>,
): Promise<Drained> {
  const { kubectl, nodeName } = cluster;
  const grace =
    renderedObject(renderedObjects('anomaly'), 'Deployment', worker).spec?.template?.spec
      .terminationGracePeriodSeconds ?? 30;
  const [pod] = await podsOf(kubectl, namespace, worker);
  accept(pod !== undefined, `there is no pod of ${worker}`);
  const name = pod.metadata.name;
  const patch = (finalizers: readonly string[]) =>
    kubectl([
      'patch',
      'pod',
      name,
      `--namespace=${namespace}`,
      '--type=merge',
      '--patch',
      JSON.stringify({ metadata: { finalizers } }),
    ]);
  await kubectl(['cordon', nodeName]);
  await patch([finalizer]);
  try {
    const before = await committed();
    const deletedAt = Date.now();
    await kubectl(['delete', 'pod', name, `--namespace=${namespace}`, '--wait=false']);
    const ended = await eventually(`the end of ${name}`, () => terminated(cluster, name), {
      timeoutMs: (grace + 30) * 1000,
    });
    const after = await committed();
    const seconds = Math.max(0, Math.round((Date.parse(ended.finishedAt) - deletedAt) / 1000));
    accept(ended.exitCode === 0, `${name} ended with ${ended.exitCode} (${ended.reason}), and not with 0`);
    accept(seconds < grace, `${name} took ${seconds} of ${grace} s`);
    accept(
      after.every((offset, partition) => offset >= (before[partition] ?? 0)) &&
        (!commits || after.join() !== before.join()),
      `${worker} had committed ${before.join('/')}, and at its end ${after.join('/')}`,
    );
    return { seconds, grace, before, after };
  } finally {
    await patch([]).catch(() => undefined);
    await kubectl(['uncordon', nodeName]);
    await kubectl(['rollout', 'status', `deployment/${worker}`, `--namespace=${namespace}`, '--timeout=180s']);
  }
}

async function terminated({ kubectl }: NodeCluster, name: string) {
  const { stdout } = await kubectl(['get', 'pod', name, `--namespace=${namespace}`, '--output=json']);
  return (JSON.parse(stdout) as RunningPod).status.containerStatuses?.[0]?.state.terminated;
}
