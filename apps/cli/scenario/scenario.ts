import type { Outcome } from '../verify/check';
import type { VerifyContext } from '../verify/context';
import { outcomeOf } from '../verify/run';

/** One step of a scenario. */
export interface Step {
  /** What is done, as a sentence without a full stop. */
  readonly does: string;
  /** What must come of it. */
  readonly expects: string;
  /** Does it, and waits at most `context.patienceMs` for what is expected. @throws {VerifyError} when that cannot be told */
  run(): Promise<Outcome>;
}

/** A scenario that is being played. */
export interface Play {
  readonly steps: readonly Step[];
  /** What there is to be looked at afterwards, such as a page or a trace drawn as text. */
  readonly result: () => readonly string[];
  /** Removes what was made and stops what was started; may be called at any time, and once. */
  end(): Promise<void>;
}

/** A demonstration. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** What is shown by it. */
  readonly shows: string;
  start(context: VerifyContext): Play;
}

/** A step and what came of it. */
export interface StepReport {
  readonly does: string;
  readonly expects: string;
  readonly outcome: Outcome;
}

/**
 * Plays steps until one does not come out as expected.
 *
 * @throws the reason of the signal, when that is aborted
 */
export async function playSteps(
  steps: readonly Step[],
  signal: AbortSignal,
  observer: { readonly onStart: (step: Step) => void; readonly onEnd: (report: StepReport) => void },
): Promise<readonly StepReport[]> {
  const reports: StepReport[] = [];
  for (const step of steps) {
    observer.onStart(step);
    const report = { does: step.does, expects: step.expects, outcome: await outcomeOf(() => step.run(), signal) };
    reports.push(report);
    observer.onEnd(report);
    if (report.outcome.result !== 'passed') break;
  }
  return reports;
}
