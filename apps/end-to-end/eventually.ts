import { setTimeout as sleep } from 'node:timers/promises';

/** What was waited for did not come. */
export class NeverHappenedError extends Error {
  readonly code = 'PLUMBLINE_NEVER_HAPPENED';
  override readonly name = 'NeverHappenedError';
}

/** How long, and how often, a condition is waited for. */
export interface Patience {
  /** @default 90_000 */
  readonly timeoutMs?: number;
  /** @default 300 */
  readonly everyMs?: number;
}

/**
 * Asks again and again until there is an answer.
 *
 * @param what for the message, such as `the first bundle`
 * @param ask gives the answer, or `undefined` while there is none; what it throws is kept for the message
 * @throws {NeverHappenedError}
 */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  { timeoutMs = 90_000, everyMs = 300 }: Patience = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  while (performance.now() < deadline) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await sleep(everyMs);
  }
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  throw new NeverHappenedError(`${what} did not come within ${timeoutMs / 1000} s${why}`, { cause });
}
