import { setTimeout as sleep } from 'node:timers/promises';

const everyMs = 500;

/**
 * Asks again and again until there is an answer or patience ends; it asks at least once.
 *
 * @returns `undefined` when there was none
 * @throws what the last attempt threw, if it threw
 */
export async function patiently<T>(
  patienceMs: number,
  signal: AbortSignal,
  ask: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const isLast = performance.now() >= deadline;
    try {
      const answer = await ask();
      if (answer !== undefined || isLast) return answer;
    } catch (error) {
      if (isLast) throw error;
    }
    signal.throwIfAborted();
    await sleep(Math.max(0, Math.min(everyMs, deadline - performance.now())), undefined, { signal });
  }
}
