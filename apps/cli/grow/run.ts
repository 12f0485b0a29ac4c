import { setTimeout as sleep } from 'node:timers/promises';
import { parseQuantity } from '../../../constructs/invariants/quantity';
import { applyFile, formatRefusal } from '../deploy/apply';
import { fieldManager } from '../deploy/ownership';
import { isReady } from '../deploy/pod-trouble';
import type { Progress } from '../output/progress';
import { count, VerifyError } from '../verify/check';
import { reasonOf, type ClusterApi } from '../verify/cluster/api';
import type { RenderedEnvironment } from '../verify/rendered';
import { inWords, obstaclesOf, stepsOf, type Obstacle } from './judge';
import { changesPods, deleteAlone, makeAgain, mountedConfigs, withLiveReplicas } from './replace';
import { readGrowState, warningsOf, type GrowClaim, type GrowState } from './state';
import { howToRender, type GrowTarget } from './target';

export interface GrowOptions {
  /** Size that is meant; it must be rendered. @default - the rendered one */
  readonly size?: string;
  readonly dryRun: boolean;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** What it came to, as `--json` prints it. */
export interface GrowResult {
  readonly claim: string;
  readonly size: string;
  readonly outcome: 'as large' | 'grown' | 'would grow' | 'refused' | 'not yet';
  /** What was, would be, or is to be done. */
  readonly steps: readonly string[];
  readonly obstacles: readonly Obstacle[];
  readonly exitCode: 0 | 1;
}

const everyMs = 1_500;

/**
 * Grows the claims of a StatefulSet to the size that is rendered. Each step is looked for before it is done, so that the same command
 * goes on wherever it was interrupted; no pod is deleted.
 *
 * @throws {VerifyError} without an answer, or where the API server refuses a step
 */
export async function grow(
  api: ClusterApi,
  rendered: RenderedEnvironment,
  target: GrowTarget,
  options: GrowOptions,
): Promise<GrowResult> {
  const { progress, signal, dryRun } = options;
  const bytes = parseQuantity(target.size);
  const claim = `${target.namespace}/${target.template}-${target.name}`;
  const result = (outcome: GrowResult['outcome'], steps: readonly string[], obstacles: readonly Obstacle[] = []) => {
    const exitCode = outcome === 'refused' || outcome === 'not yet' ? 1 : 0;
    return { claim, size: target.size, outcome, steps, obstacles, exitCode } as const;
  };
  if (options.size !== undefined && parseQuantity(options.size) !== bytes) {
    const problem = `${rendered.directory} renders ${target.size} for ${claim}, not ${options.size}`;
    return result('refused', [], [{ problem, todo: howToRender(target, options.size) }]);
  }
  const state = await readGrowState(api, target);
  const obstacles = obstaclesOf(target, state, bytes);
  if (obstacles.length > 0) return result('refused', [], obstacles);
  const steps = stepsOf(state, bytes);
  if (steps.patch.length === 0 && !steps.replace && steps.await.length === 0) {
    return result('as large', [`for more, ${howToRender(target, inWords(bytes * 2))}`]);
  }
  const restarts = steps.replace && state.set !== undefined && (await changesPods(api, target, state.set));
  const told = describe(target, state, bytes, restarts);
  if (dryRun) {
    for (const each of steps.patch) await patchClaim(api, target, each, true);
    return result('would grow', told);
  }
  for (const each of steps.patch) {
    signal.throwIfAborted();
    await patchClaim(api, target, each, false);
    progress.done(`${each.name} asks for ${target.size}, ${inWords(each.requested)} before`);
  }
  if (steps.replace) await replace(api, rendered, target, state, options);
  const left = await waitUntilGrown(api, target, bytes, options);
  if (left.length > 0) return result('not yet', told, left);
  progress.done(`${count(state.claims.length, 'claim')} of ${claim} and ${count(state.pods.length, 'pod')} are well`);
  return result('grown', told);
}

function describe({ name, size }: GrowTarget, state: GrowState, bytes: number, restarts: boolean): readonly string[] {
  const { patch, replace: isReplaced } = stepsOf(state, bytes);
  return [
    ...patch.map(
      (claim) => `${claim.name}: ${inWords(claim.requested)} to ${size}, StorageClass ${claim.storageClass ?? 'none'}`,
    ),
    ...(isReplaced
      ? [
          `StatefulSet ${name}: ${state.set === undefined ? 'made again' : 'deleted without its pods, and made again'}, with ${size} in its template`,
        ]
      : []),
    ...(restarts
      ? ['its pods start anew, one after another: their configuration knows the size, or more was changed']
      : []),
  ];
}

async function patchClaim(api: ClusterApi, { namespace, size }: GrowTarget, { name }: GrowClaim, dryRun: boolean) {
  const query = new URLSearchParams({ fieldManager, ...(dryRun && { dryRun: 'All' }) });
  const { status, text } = await api.send({
    method: 'PATCH',
    path: `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${name}?${query.toString()}`,
    contentType: 'application/merge-patch+json',
    body: { spec: { resources: { requests: { storage: size } } } },
  });
  if (status === 200) return;
  throw new VerifyError(
    `${namespace}/PersistentVolumeClaim/${name} is not patched: ${reasonOf(text)}`,
    'what was done stays, and the same command once more goes on',
  );
}

async function replace(
  api: ClusterApi,
  rendered: RenderedEnvironment,
  target: GrowTarget,
  state: GrowState,
  { progress, signal }: GrowOptions,
): Promise<void> {
  const configs = await applyFile(
    api,
    { name: 'configuration', objects: mountedConfigs(rendered, target) },
    { force: true },
  );
  const [refusal] = configs.refused;
  if (refusal !== undefined) {
    throw new VerifyError(
      formatRefusal(refusal).join(' '),
      'no StatefulSet was deleted; the same command once more goes on',
    );
  }
  signal.throwIfAborted();
  const wanted = withLiveReplicas(target, state);
  // From here to the next line nobody makes pods anew, so it is not interrupted between the two.
  if (state.set !== undefined) await deleteAlone(api, target, state.set, new AbortController().signal);
  await makeAgain(api, wanted, state.set);
  progress.done(`StatefulSet ${target.name} has ${target.size} in its template, and its pods`);
}

/** @returns what is not as it should be when time is up */
async function waitUntilGrown(
  api: ClusterApi,
  target: GrowTarget,
  bytes: number,
  { timeoutMs, signal, progress }: GrowOptions,
): Promise<readonly Obstacle[]> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const { set, claims, pods } = await readGrowState(api, target);
    const small = claims.filter(({ capacity }) => capacity < bytes);
    const replicas = set?.spec.replicas ?? 0;
    const ready = pods.filter((pod) => isReady(pod)).length;
    const isSeen = set !== undefined && set.status.observedGeneration >= set.metadata.generation;
    const isWell = isSeen && ready >= replicas && set.status.updatedReplicas >= replicas;
    if (small.length === 0 && isWell) return [];
    progress.busy(`${count(small.length, 'volume')} to grow, ${ready} of ${count(replicas, 'pod')} ready`);
    if (performance.now() >= deadline) {
      const waiting = await Promise.all(small.map((claim) => volumeObstacle(api, target, claim, bytes)));
      const { namespace, name } = target;
      const unwell = {
        problem: `${ready} of ${count(replicas, 'pod')} ready`,
        todo: `kubectl -n ${namespace} rollout status statefulset ${name}; plumbline doctor`,
      };
      return [...waiting, ...(isWell ? [] : [unwell])];
    }
    await sleep(Math.min(everyMs, Math.max(0, deadline - performance.now())), undefined, { signal });
  }
}

async function volumeObstacle(api: ClusterApi, target: GrowTarget, claim: GrowClaim, bytes: number): Promise<Obstacle> {
  const { namespace, name } = target;
  const at = `${namespace}/PersistentVolumeClaim/${claim.name}`;
  const has = `${at} has ${inWords(claim.capacity)} of ${inWords(bytes)}`;
  if (claim.waitsForPod) {
    const pod = `${name}-${claim.name.split('-').at(-1) ?? '0'}`;
    const todo = `kubectl -n ${namespace} delete pod ${pod}, one after another; the same command once more goes on`;
    return { problem: `${has}: its file system grows when its pod starts anew`, todo };
  }
  const warning = await warningsOf(api, target, claim.name);
  const todo = `kubectl -n ${namespace} describe pvc ${claim.name}; the same command once more goes on`;
  return { problem: warning === undefined ? `${has}: its driver has not grown it yet` : `${has}: ${warning}`, todo };
}
