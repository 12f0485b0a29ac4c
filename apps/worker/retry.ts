import { backOff } from 'exponential-backoff';
import { isTransient } from './stream-error';

/** How transient failures are repeated: exponential delays with full jitter. */
export interface RetryPolicy {
  /** First delay, milliseconds. */
  readonly startingDelayMs: number;
  /** Longest delay, milliseconds. */
  readonly maxDelayMs: number;
  /** Tries in all, the first included. */
  readonly attempts: number;
}

/** Eight minutes and more: longer than a broker or an object store takes to be rescheduled to another node. */
export const defaultRetryPolicy: RetryPolicy = { startingDelayMs: 100, maxDelayMs: 5_000, attempts: 200 };

/**
 * Repeats an operation while it fails with a transient error (`isTransient`).
 *
 * @param onRetry told of each failure that will be repeated; returns `false` to give up
 * @throws the last error
 */
export async function retryTransient<T>(
  operation: () => Promise<T>,
  policy: RetryPolicy,
  onRetry: (error: unknown, attempt: number) => boolean,
): Promise<T> {
  return backOff(operation, {
    startingDelay: policy.startingDelayMs,
    maxDelay: policy.maxDelayMs,
    numOfAttempts: policy.attempts,
    jitter: 'full',
    retry: (error: unknown, attempt) => isTransient(error) && onRetry(error, attempt),
  });
}
