import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { VerifyError } from '../verify/check';
import { reasonOf, type ClusterApi } from '../verify/cluster/api';
import { describeObject, type RenderedObject } from '../verify/rendered';
import { concurrently, requestsAtOnce } from './concurrently';
import { isOurs } from './ownership';

const everyMs = 1_000;
const identitySchema = z.object({
  metadata: z.object({ uid: z.string(), finalizers: z.array(z.string()).default([]) }),
});

/** An object to be removed: by what it is found. */
export type Target = Pick<RenderedObject, 'apiVersion' | 'kind' | 'metadata'>;

/** What became of objects that were to be removed. */
export interface Removal {
  /** They are on their way out. */
  readonly removed: readonly Target[];
  /** Of the same name, and not ours. */
  readonly foreign: readonly Target[];
  readonly refused: readonly { readonly target: Target; readonly reason: string }[];
}

/**
 * Deletes what is ours of these objects, with what they own; what is not there is no matter.
 *
 * @param mayRemove of the object as it is in the cluster
 * @throws {VerifyError} without an answer of the API server
 */
export async function removeAll(
  api: ClusterApi,
  targets: readonly Target[],
  mayRemove: (live: unknown) => boolean = isOurs,
): Promise<Removal> {
  const removed: Target[] = [];
  const foreign: Target[] = [];
  const refused: { target: Target; reason: string }[] = [];
  await concurrently(targets, requestsAtOnce, async (target) => {
    const path = await api.pathOf(target);
    if (path === undefined) return;
    const live = await api.send({ method: 'GET', path });
    if (live.status === 404) return;
    if (live.status !== 200) {
      refused.push({ target, reason: reasonOf(live.text) });
      return;
    }
    const object: unknown = JSON.parse(live.text);
    if (!mayRemove(object)) {
      foreign.push(target);
      return;
    }
    const { uid } = identitySchema.parse(object).metadata;
    // What was made under the same name since it was looked at is not what was looked at.
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Foreground', preconditions: { uid } };
    const { status, text } = await api.send({ method: 'DELETE', path, body });
    if (status === 200 || status === 202) removed.push(target);
    else if (status !== 404) refused.push({ target, reason: reasonOf(text) });
  });
  return { removed, foreign, refused };
}

/**
 * Waits until objects are gone.
 *
 * @param onWait told how many are still there
 * @returns those that are still there when time is up, each with what holds it
 * @throws {VerifyError} if the cluster could not be looked at in the end
 */
export async function waitUntilGone(
  api: ClusterApi,
  targets: readonly Target[],
  timeoutMs: number,
  signal: AbortSignal,
  onWait: (left: readonly Target[]) => void,
): Promise<readonly string[]> {
  const deadline = performance.now() + timeoutMs;
  let left = targets;
  for (;;) {
    const isLast = performance.now() >= deadline;
    const held: string[] = [];
    try {
      const there = await concurrently(left, requestsAtOnce, async (target) => {
        const live = identitySchema.safeParse(await api.read(target));
        if (!live.success) return false;
        const { finalizers } = live.data.metadata;
        held.push(`${describeObject(target)}${finalizers.length > 0 ? ` waits for ${finalizers.join(', ')}` : ''}`);
        return true;
      });
      left = left.filter((_, index) => there[index]);
      if (left.length === 0) return [];
      if (isLast) return held.sort();
      onWait(left);
    } catch (error) {
      if (isLast || !(error instanceof VerifyError)) throw error;
    }
    await sleep(Math.max(0, Math.min(everyMs, deadline - performance.now())), undefined, { signal });
  }
}
