import { expectedClaims } from '../verify/checks/claims-and-jobs';
import { describeObject, type RenderedEnvironment, type RenderedWorkload } from '../verify/rendered';
import type { LiveEvent, LivePod, LiveState, LiveWorkload } from './live';
import { podTrouble } from './pod-trouble';
import { workloadKey } from './state';

/** Something that is not there yet. */
export interface Pending {
  /** `tempo/StatefulSet/tempo`. */
  readonly what: string;
  readonly why: string;
  /** It will not come by waiting. */
  readonly isFailed: boolean;
}

/** How far an environment is. */
export interface Judgement {
  readonly done: number;
  readonly total: number;
  readonly pending: readonly Pending[];
}

/** Whether workloads are available, Jobs complete and claims bound, and why what is not is not. */
export function judge(rendered: RenderedEnvironment, state: LiveState): Judgement {
  const workloads = rendered.workloads.map((workload) => workloadPending(workload, state));
  const claims = expectedClaims(rendered).map((claim) => claimPending(claim, state));
  const all = [...workloads, ...claims];
  const pending = all.filter((each) => each !== undefined);
  return { done: all.length - pending.length, total: all.length, pending };
}

function workloadPending(rendered: RenderedWorkload, state: LiveState): Pending | undefined {
  const { kind, metadata } = rendered;
  const what = describeObject(rendered);
  const live = state.workloads.get(workloadKey(kind, metadata.namespace, metadata.name));
  if (live === undefined) return { what, why: 'is not there', isFailed: false };
  const pods = podsOf(live, state.pods);
  if (kind === 'Job') {
    const condition = (type: string) =>
      live.status.conditions.find((each) => each.type === type && each.status === 'True');
    if (condition('Complete') !== undefined) return undefined;
    const failure = condition('Failed');
    if (failure !== undefined) return { what, why: failure.message ?? 'has failed', isFailed: true };
    return { what, why: reasons(live, pods, state.events) ?? 'runs', isFailed: false };
  }
  const { status, spec } = live;
  const isDaemonSet = kind === 'DaemonSet';
  const wanted = isDaemonSet ? status.desiredNumberScheduled : spec.replicas;
  const available = isDaemonSet ? status.numberAvailable : status.availableReplicas;
  const updated = isDaemonSet ? status.updatedNumberScheduled : status.updatedReplicas;
  if (status.observedGeneration < live.metadata.generation || wanted === undefined) {
    return { what, why: 'its controller has not looked at it yet', isFailed: false };
  }
  if (available >= wanted && updated >= wanted) return undefined;
  const why = reasons(live, pods, state.events);
  return { what, why: `${available} of ${wanted} available${why === undefined ? '' : `: ${why}`}`, isFailed: false };
}

/** Why pods of a workload are not ready, or there are none. */
function reasons(live: LiveWorkload, pods: readonly LivePod[], events: readonly LiveEvent[]): string | undefined {
  const texts = pods.flatMap((pod) => {
    const trouble = podTrouble(pod);
    return trouble === undefined ? [] : [`${pod.metadata.name} ${trouble.text}`];
  });
  if (texts.length > 0) return texts.slice(0, 2).join('; ');
  const failure = live.status.conditions.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  if (failure?.message !== undefined) return failure.message;
  const { name, namespace } = live.metadata;
  // Pods of a Deployment are made by its ReplicaSet, whose name begins with its own.
  const refused = events.findLast(
    ({ reason, involvedObject: by }) =>
      reason === 'FailedCreate' && by.namespace === namespace && (by.name === name || by.name.startsWith(`${name}-`)),
  );
  return pods.length === 0 ? refused?.message : undefined;
}

function claimPending(claim: ReturnType<typeof expectedClaims>[number], state: LiveState): Pending | undefined {
  const { name, namespace = 'default' } = claim.metadata;
  const what = describeObject(claim);
  const live = state.claims.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
  if (live === undefined) return { what, why: 'is not there', isFailed: false };
  if (live.status.phase === 'Bound') return undefined;
  const warning = state.events.findLast(
    ({ involvedObject: by }) => by.kind === 'PersistentVolumeClaim' && by.name === name && by.namespace === namespace,
  );
  const isFailed = live.status.phase === 'Lost';
  return { what, why: `is ${live.status.phase}${warning === undefined ? '' : `: ${warning.message}`}`, isFailed };
}

/** Pods that a workload selects. */
export function podsOf({ metadata, spec }: LiveWorkload, pods: readonly LivePod[]): readonly LivePod[] {
  const labels = Object.entries(spec.selector.matchLabels);
  return pods.filter(
    (pod) =>
      labels.length > 0 &&
      pod.metadata.namespace === metadata.namespace &&
      labels.every(([key, value]) => pod.metadata.labels[key] === value),
  );
}
