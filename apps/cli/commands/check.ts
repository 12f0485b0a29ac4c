import type { FaultKind } from '@plumbline/standalone';
import { Command, InvalidArgumentError, Option } from 'commander';
import { defaultShares, defaultSizes, formatSize, parseShares, parseSlowdowns } from '../check/sizes';
import { UsageError } from '../errors';
import { Progress } from '../output/progress';
import { recordingArgument } from './replay';

interface CheckArguments {
  readonly services?: readonly string[];
  readonly kinds?: readonly FaultKind[];
  readonly sizes: string;
  readonly shares: string;
  readonly seed: number;
  readonly preset: 'server' | 'laptop';
  readonly json?: boolean;
}

const kinds: readonly FaultKind[] = ['own-time', 'edges', 'errors', 'left-out', 'peer'];

export function checkCommand(): Command {
  return new Command('check')
    .description('tell how small a fault it would find in each of your services, from a recording without any')
    .argument('<file...>', recordingArgument)
    .option('--services <names>', 'only these services, as namespace/name, separated by commas', list)
    .option('--kinds <names>', `only these kinds of faults: ${kinds.join(', ')}`, kindList)
    .option('--sizes <list>', 'slowdowns to try, like 50ms, or like x3', defaultSizes)
    .option('--shares <list>', 'shares of traces to try in which calls fail or are left out', defaultShares)
    .option('--seed <n>', 'of the draw of traces that a share takes', seed, 1)
    .addOption(
      new Option('--preset <name>', 'timing of windows and learning').choices(['server', 'laptop']).default('server'),
    )
    .option('--json', 'print the outcome as one JSON line')
    .addHelpText(
      'after',
      `
Learns from the first part of the recording. Then puts faults into the rest, one after another, trace by trace as they would show
there, and lets the pipeline judge: a service's own work slower, its network slower, an operation failing, a call left out, what sends
no spans slower. Prints the smallest size of each that is found within a minute with the right service named first, both times it is tried.
Settings of the workers are read from the environment.`,
    )
    .action(async (files: string[], options: CheckArguments) => {
      const slowdowns = parseSlowdowns(options.sizes);
      const shares = parseShares(options.shares);
      const { check, presets } = await import('@plumbline/standalone');
      const { pipelineSettings } = await import('../settings/pipeline-settings.js');
      const { formatCheck } = await import('../check/report.js');
      const progress = new Progress();
      const interruption = new AbortController();
      process.once('SIGINT', () => interruption.abort());
      let announced = false;
      const startedAt = Date.now();
      const report = await check(files, {
        settings: pipelineSettings({ ...presets[options.preset], ...process.env }),
        slowdowns,
        shares,
        seed: options.seed,
        signal: interruption.signal,
        ...(options.services === undefined ? {} : { services: options.services }),
        ...(options.kinds === undefined ? {} : { kinds: options.kinds }),
        onProgress: ({ done, probes, trying, pace }) => {
          const left = pace === undefined ? '' : `, about ${duration((probes - done) * pace.msPerProbe)} left`;
          if (!announced && pace !== undefined) {
            progress.note(`about ${probes} faults to try${left}`);
            announced = true;
          }
          progress.busy(`${done} of about ${probes}: ${trying.kind} ${trying.culprits[0] ?? ''}${left}`);
        },
        onTarget: ({ target, named }) =>
          progress.done(
            `${target.kind} ${target.culprits[0] ?? ''}: ${named === undefined ? 'not found and named right' : `from ${formatSize(named)}`}`,
          ),
      });
      if (report.targets.length === 0 && !report.interrupted)
        throw new UsageError('there is nothing of that kind to break');
      progress.note(`took ${duration(Date.now() - startedAt)}`);
      console.log(options.json === true ? JSON.stringify(report) : formatCheck(report));
      if (report.interrupted) process.exitCode = 130;
    });
}

function list(text: string): string[] {
  return text.split(',').map((name) => name.trim());
}

function kindList(text: string): FaultKind[] {
  return list(text).map((name) => {
    const kind = kinds.find((known) => known === name);
    if (kind === undefined) throw new InvalidArgumentError(`there are ${kinds.join(', ')}.`);
    return kind;
  });
}

function seed(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('give a whole number.');
  return Number(text);
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 100 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
