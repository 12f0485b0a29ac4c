import { Command, Option } from 'commander';
import { UsageError } from '../errors';
import { Progress } from '../output/progress';
import { recordingArgument } from './replay';

interface BacktestArguments {
  readonly set: readonly string[];
  readonly preset: 'server' | 'laptop';
  readonly json?: boolean;
}

export function backtestCommand(): Command {
  return new Command('backtest')
    .description('tell which incidents other settings would have opened on a recording')
    .argument('<file...>', recordingArgument)
    .option('--set <name=value>', 'a setting of the workers to try; may be repeated', collect, [])
    .addOption(
      new Option('--preset <name>', 'timing of windows and learning, in both')
        .choices(['server', 'laptop'])
        .default('server'),
    )
    .option('--json', 'print the outcome as one JSON line')
    .addHelpText(
      'after',
      `
Replays the recording twice: with the preset and the settings of the environment, and with those of --set on top. Prints how many
incidents each opened, and those that differ: - only without, + only with, < and > the same incident without and with.
plumbline run root-cause settings  lists settings, as it does for the other workers.`,
    )
    .action(async (files: string[], options: BacktestArguments) => {
      const { parseAssignments, pipelineSettings } = await import('../settings/pipeline-settings.js');
      const { describeShortage, presets, replay } = await import('@plumbline/standalone');
      const settings = parseAssignments(options.set);
      if (options.set.length === 0) throw new UsageError('give at least one --set NAME=VALUE to try');
      const progress = new Progress();
      const baseline = pipelineSettings({ ...presets[options.preset], ...process.env });
      const tried = pipelineSettings({ ...baseline, ...settings });
      const run = async (name: string, chosen: typeof tried) => {
        const result = await replay(files, {
          settings: chosen,
          onProgress: ({ requests, eventTimeMs }) =>
            progress.busy(`${name}: ${requests} requests, ${new Date(eventTimeMs).toISOString()}`),
        });
        progress.done(`${name}: ${result.requests} requests, ${result.incidents} incidents`);
        const { shortage } = result.learning;
        if (shortage !== undefined) progress.alarm(describeShortage(shortage));
        return { found: result.found, ...(shortage && { tooShort: describeShortage(shortage) }) };
      };
      const before = await run('as it is set now', baseline);
      const after = await run('with what is to be tried', tried);
      const { compareIncidents } = await import('../backtest/compare.js');
      const { formatBacktest } = await import('../backtest/report.js');
      const outcome = {
        settings,
        incidents: { baseline: before.found.length, withSettings: after.found.length },
        comparison: compareIncidents(before.found, after.found),
        tooShort: {
          ...(before.tooShort === undefined ? {} : { baseline: before.tooShort }),
          ...(after.tooShort === undefined ? {} : { withSettings: after.tooShort }),
        },
      };
      console.log(options.json === true ? JSON.stringify(outcome) : formatBacktest(outcome));
    });
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}
