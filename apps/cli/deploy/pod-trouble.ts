import type { ContainerStatus, LivePod } from './live';

/** What keeps a pod from being ready. */
export interface PodTrouble {
  readonly kind: 'unschedulable' | 'image' | 'configuration' | 'crash' | 'starting';
  /** `tempo: ImagePullBackOff of docker.io/grafana/tempo:2.8.4`. */
  readonly text: string;
  /** The image, where it is that. */
  readonly image?: string;
  /** The container, where it is one. */
  readonly container?: string;
}

/** https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/kubelet/images/types.go */
const imageReasons = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
  'SignatureValidationFailed',
]);
const configurationReasons = new Set([
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'PreCreateHookError',
]);
/** So many restarts and not ready is no slow start any more. */
const crashRestarts = 2;

/** What keeps a pod from being ready, `undefined` where it is ready or done. */
export function podTrouble(pod: LivePod): PodTrouble | undefined {
  const { status, spec } = pod;
  if (status.phase === 'Succeeded' || isReady(pod)) return undefined;
  const unscheduled = status.conditions.find(({ type, status: is }) => type === 'PodScheduled' && is === 'False');
  if (unscheduled !== undefined) {
    return { kind: 'unschedulable', text: unscheduled.message ?? unscheduled.reason ?? 'no node takes it' };
  }
  if (status.phase === 'Failed') {
    return { kind: 'crash', text: status.reason ?? failureOf(status.containerStatuses) ?? 'it has failed' };
  }
  const statuses = [...status.initContainerStatuses, ...status.containerStatuses];
  for (const container of statuses) {
    if (container.ready) continue;
    const trouble = containerTrouble(container, spec.containers.find(({ name }) => name === container.name)?.image);
    if (trouble !== undefined) return trouble;
  }
  const waiting = statuses.find(({ ready }) => !ready)?.name;
  return { kind: 'starting', text: waiting === undefined ? 'it starts' : `${waiting}: not ready yet` };
}

/** Whether a pod takes requests. */
export function isReady({ status }: LivePod): boolean {
  return status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True');
}

function containerTrouble(container: ContainerStatus, wanted: string | undefined): PodTrouble | undefined {
  const { name, state, lastState, restartCount } = container;
  const reason = state.waiting?.reason ?? '';
  const last = lastState.terminated ?? state.terminated;
  const end = last === undefined ? '' : `, ended with ${last.reason ?? 'Error'} (exit code ${last.exitCode ?? '?'})`;
  if (imageReasons.has(reason)) {
    const image = wanted ?? container.image;
    return { kind: 'image', text: `${name}: ${reason} of ${image}`, image, container: name };
  }
  if (configurationReasons.has(reason)) {
    const message = state.waiting?.message;
    return { kind: 'configuration', text: `${name}: ${reason}: ${message ?? 'no reason given'}`, container: name };
  }
  if (reason === 'CrashLoopBackOff' || restartCount >= crashRestarts) {
    return { kind: 'crash', text: `${name}: restarted ${restartCount} times${end}`, container: name };
  }
  return undefined;
}

function failureOf(statuses: readonly ContainerStatus[]): string | undefined {
  const failed = statuses.find(({ state }) => (state.terminated?.exitCode ?? 0) !== 0);
  if (failed === undefined) return undefined;
  const { reason = 'Error', exitCode } = failed.state.terminated ?? {};
  return `${failed.name}: ${reason} (exit code ${exitCode ?? '?'})`;
}
