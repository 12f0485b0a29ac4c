import { podsOf } from '../../deploy/judge';
import type { LivePod } from '../../deploy/live';
import { workloadKey } from '../../deploy/state';
import type { RenderedWorkload } from '../../verify/rendered';
import type { DoctorContext } from '../context';

/** A workload as it is in the cluster, with those of its pods that are not on their way out. */
export interface Deployed {
  readonly pods: readonly LivePod[];
  /** Pods that there should be. */
  readonly replicas: number;
}

/** `undefined` for a workload that is not applied yet. */
export async function deployed(
  { state }: Pick<DoctorContext, 'state'>,
  { kind, metadata }: Pick<RenderedWorkload, 'kind' | 'metadata'>,
): Promise<Deployed | undefined> {
  const { workloads, pods } = await state();
  const live = workloads.get(workloadKey(kind, metadata.namespace, metadata.name));
  if (live === undefined) return undefined;
  const replicas = live.status.desiredNumberScheduled ?? live.spec.replicas;
  return { replicas, pods: podsOf(live, pods).filter((pod) => pod.metadata.deletionTimestamp === undefined) };
}

/** Why a server is not asked, `undefined` for one that has pods. */
export async function whyNotAsked(
  context: Pick<DoctorContext, 'state'>,
  workload: RenderedWorkload,
): Promise<string | undefined> {
  const found = await deployed(context, workload);
  if (found === undefined) return `${workload.metadata.name} is not applied yet`;
  return found.replicas === 0 ? `${workload.metadata.name} is scaled to 0` : undefined;
}
