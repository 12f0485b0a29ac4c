import { Command } from 'commander';
import { UsageError } from '../errors';
import { Progress } from '../output/progress';
import { nearest } from '../settings/nearest';
import { addSessionOptions, credentialsHelp, sessionOptions, type SessionArguments } from '../settings/session-options';
import type { Scenario } from '../scenario/scenario';

interface ScenarioArguments extends SessionArguments {
  readonly list?: boolean;
  readonly json?: boolean;
}

export function scenarioCommand(): Command {
  const command = new Command('scenario')
    .description('play a demonstration against a cluster, step by step, and tell whether it came out as expected')
    .argument('[name]', 'which one, see --list');
  return addSessionOptions(command)
    .option('--list', 'list the scenarios and what each shows')
    .option('--json', 'print the outcome as one JSON line')
    .addHelpText(
      'after',
      `
${credentialsHelp}
What a scenario makes it removes again: a topic and a group of its own; the sample shop, which runs on this machine, is stopped.
Traces stay until they expire.

Exit code: 0 when every step came out as expected, 1 when one did not, 3 when one could not be told, 2 on wrong usage.`,
    )
    .action(async (name: string | undefined, { list, json, ...args }: ScenarioArguments) => {
      const { scenarios } = await import('../scenario/scenarios.js');
      if (list === true) {
        for (const { name: each, shows } of scenarios) console.log(`${each}\n  ${shows}\n`);
        return;
      }
      const scenario = chosen(scenarios, name);
      const { playScenario } = await import('../scenario/play.js');
      const { withSession } = await import('../verify/session.js');
      process.exitCode = await withSession(sessionOptions(args), (session) =>
        playScenario(scenario, session, json === true, new Progress()),
      );
    });
}

/** @throws {UsageError} for a name that none has */
function chosen(scenarios: readonly Scenario[], name: string | undefined): Scenario {
  const known = scenarios.map((scenario) => scenario.name);
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found !== undefined) return found;
  if (name === undefined) throw new UsageError(`name a scenario: ${known.join(', ')}`);
  const close = nearest(name, known);
  throw new UsageError(
    `there is no scenario "${name}"; ${close === undefined ? `there are ${known.join(', ')}` : `did you mean ${close}?`}`,
  );
}
