import { Command, InvalidArgumentError, Option } from 'commander';
import { Progress } from '../output/progress';

/** How a recording is given. */
export const recordingArgument =
  'recordings, or folders of them: JSON lines (one export request a line) or length-delimited protobuf; may be gzipped';

interface ReplayArguments {
  readonly partitions: number;
  readonly data?: string;
  readonly preset: 'server' | 'laptop';
}

export function replayCommand(): Command {
  return new Command('replay')
    .description('feed recorded OTLP requests through the pipeline at full speed, and print incidents as JSON lines')
    .argument('<file...>', recordingArgument)
    .option('--partitions <n>', 'partitions of the topic traces', positive, 1)
    .option('--data <dir>', 'keep topics and objects here, and go on from what is there')
    .addOption(
      new Option('--preset <name>', 'timing of windows and learning').choices(['server', 'laptop']).default('server'),
    )
    .addHelpText(
      'after',
      '\nTime is the time in the recording: the result is the same whenever and however fast it runs.\n' +
        'Settings of the workers are read from the environment, such as WINDOW_SECONDS=5.',
    )
    .action(async (files: string[], options: ReplayArguments) => {
      const { describeShortage, presets, replay } = await import('@plumbline/standalone');
      const { pipelineSettings } = await import('../settings/pipeline-settings.js');
      const progress = new Progress();
      const interruption = new AbortController();
      process.once('SIGINT', () => interruption.abort());
      const result = await replay(files, {
        partitions: options.partitions,
        settings: pipelineSettings({ ...presets[options.preset], ...process.env }),
        signal: interruption.signal,
        onProgress: ({ requests, spans, eventTimeMs }) =>
          progress.busy(`${requests} requests, ${spans} spans, ${new Date(eventTimeMs).toISOString()}`),
        ...(options.data === undefined ? {} : { dataDir: options.data }),
      });
      for (const incident of result.found) console.log(JSON.stringify(incident));
      progress.done(`${result.requests} requests, ${result.spans} spans, ${result.incidents} incidents`);
      const { shortage } = result.learning;
      if (shortage !== undefined && !result.interrupted) progress.alarm(describeShortage(shortage));
      if (result.interrupted) {
        progress.alarm('interrupted');
        process.exitCode = 130;
      }
    });
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1024)
    throw new InvalidArgumentError('give a number from 1 to 1024.');
  return value;
}
