import type { Progress } from '../output/progress';
import { formatOutcome, outcomeMarks } from '../verify/report';
import { exitCodeOfOutcomes } from '../verify/run';
import type { Session } from '../verify/session';
import { playSteps, type Scenario, type StepReport } from './scenario';

/** Plays a scenario to its end, says what is done, expected and seen; returns the exit code. */
export async function playScenario(
  scenario: Scenario,
  { context, about }: Pick<Session, 'context' | 'about'>,
  json: boolean,
  progress: Progress,
): Promise<number> {
  if (!json) progress.heading(`Plumbline scenario ${scenario.name}  ${about}`);
  const play = scenario.start(context);
  try {
    const reports = await playSteps(play.steps, context.signal, {
      onStart: ({ does }) => progress.busy(does),
      onEnd: (report) => {
        progress.clear();
        if (!json) console.log(formatStep(report));
      },
    });
    const exitCode = exitCodeOfOutcomes(reports.map(({ outcome }) => outcome));
    const result = play.result();
    if (json) {
      const outcome = { scenario: scenario.name, about, steps: reports, result, exitCode };
      console.log(JSON.stringify(outcome));
    } else {
      if (result.length > 0) console.log(`\n${result.join('\n')}`);
      console.log(`\n${conclusion(scenario, play.steps.length, reports)}`);
    }
    return exitCode;
  } finally {
    progress.busy('clearing up');
    await play.end();
    progress.clear();
  }
}

function formatStep({ does, expects, outcome }: StepReport): string {
  return [`${outcomeMarks[outcome.result]} ${does}`, `     expected: ${expects}`, ...formatOutcome(outcome)].join('\n');
}

function conclusion({ title }: Scenario, steps: number, reports: readonly StepReport[]): string {
  const result = reports.at(-1)?.outcome.result;
  if (result === 'passed') return `${title}: all ${steps} steps came out as expected.`;
  const what = result === 'failed' ? 'did not come out as expected' : 'could not be told';
  const left = steps - reports.length;
  return `${title}: step ${reports.length} of ${steps} ${what}${left > 0 ? `; ${left} left out` : ''}.`;
}
