import { VerifyError, type Check, type Outcome } from './check';
import type { VerifyContext } from './context';

/** A check and what it came to. */
export interface CheckReport {
  readonly check: Pick<Check, 'name' | 'claim' | 'why'>;
  readonly outcome: Outcome;
  readonly seconds: number;
}

/** Told of each check as it begins and ends. */
export interface Observer {
  readonly onStart: (check: Check) => void;
  readonly onEnd: (report: CheckReport) => void;
}

/**
 * Runs checks one after another; none stands in the way of the next.
 *
 * @throws the reason of `context.signal`, when that is aborted
 */
export async function runChecks(
  checks: readonly Check[],
  context: VerifyContext,
  observer: Observer,
): Promise<readonly CheckReport[]> {
  const reports: CheckReport[] = [];
  for (const check of checks) {
    observer.onStart(check);
    const startedAt = performance.now();
    const outcome = await outcomeOf(() => check.run(context), context.signal);
    const { name, claim, why } = check;
    const report = { check: { name, claim, why }, outcome, seconds: (performance.now() - startedAt) / 1000 };
    reports.push(report);
    observer.onEnd(report);
  }
  return reports;
}

/**
 * What something came to; what it throws is why it could not be told.
 *
 * @throws the reason of the signal, when that is aborted
 */
export async function outcomeOf(run: () => Promise<Outcome>, signal: AbortSignal): Promise<Outcome> {
  try {
    signal.throwIfAborted();
    return await run();
  } catch (error) {
    signal.throwIfAborted();
    return { result: 'unknown', ...untold(error) };
  }
}

/** Why something could not be told, and what to do about it. */
export function untold(error: unknown): { readonly seen: string; readonly todo: string } {
  if (error instanceof VerifyError) return { seen: error.message, todo: error.todo };
  const seen = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { seen, todo: 'this was not expected: please report it with what was seen' };
}

/** 0: all hold; 1: one does not; 3: none is known not to hold, but not all could be told. */
export function exitCodeOfOutcomes(outcomes: readonly Outcome[]): 0 | 1 | 3 {
  if (outcomes.some(({ result }) => result === 'failed')) return 1;
  return outcomes.every(({ result }) => result === 'passed') ? 0 : 3;
}
