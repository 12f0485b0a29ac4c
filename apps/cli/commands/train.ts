import { Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from '../errors';
import type { TrainArguments, TrainStep } from '../train/run';

const steps: readonly TrainStep[] = ['extract', 'features', 'train', 'evaluate', 'register'];

export function trainCommand(): Command {
  return new Command('train')
    .description('train models of traces, measure them and register a version')
    .addOption(new Option('--step <step>', 'only this step of a run that was begun').choices(steps))
    .option('--run <name>', 'name of the run; its steps find each other by it (default: the time)')
    .option('--tempo <url>', 'Tempo, where normal traces are taken from (default: TEMPO_URL)')
    .option('--tempo-tenant <id>', 'tenant of Tempo')
    .option('--recording <file>', 'a recording of when all was well, in place of Tempo; may be repeated', collect)
    .option('--days <n>', 'how far back', positive, 7)
    .option('--traces <n>', 'most normal traces', whole, 20_000)
    .option('--anomalous <n>', 'most objects of anomalous traces that are read', whole, 5_000)
    .option('--seed <n>', 'of sample, first weights and faults', whole, 1)
    .option('--epochs <n>', 'most passes of the autoencoder over its traces', whole, 40)
    .option('--alarm-rate <share>', 'of normal traces that may be called anomalous', rate, 0.001)
    .option('--may-decide', 'let the version decide where it was shown to find more than the profile alone')
    .addOption(new Option('--backend <name>', 'what trains').choices(['wasm', 'tfjs-node']).default('wasm'))
    .option('--data <dir>', 'folder of plumbline standalone, in place of S3')
    .option('--json', 'print what came of it as JSON')
    .addHelpText(
      'after',
      `
Normal traces come from Tempo, as many of each entry and hour, none from incidents; anomalous ones from the bucket of the pipeline. Features are
computed by the code that serves. What is learnt is measured on traces that nothing was learnt from, with faults put into them: a version decides
only where it finds more than the profile alone and --may-decide says so, else it scores in the shadow; it serves only when somebody approves it
(plumbline models approve).

Incidents and what people said of them are read from Kafka where KAFKA_BROKERS names it. The run is kept below training-runs/ in the bucket of
models, and the version below trace-anomaly/. The registry is MLflow where MLFLOW_TRACKING_URI names one, else in that bucket.

Examples:
  plumbline train --tempo http://localhost:3200
  plumbline train --recording monday.otlp --data ~/.plumbline
  plumbline train --step evaluate --run 2026-11-29

Exit code: 0 when a version was registered, or the step was done; 1 otherwise, 2 on wrong usage.`,
    )
    .action(async (args: TrainArguments & { readonly step?: TrainStep }) => {
      if (args.step !== undefined && args.run === undefined) throw new UsageError('--step needs the --run it is of');
      const { trainRun } = await import('../train/run.js');
      await trainRun(args, args.step === undefined ? steps : [args.step]);
    });
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('give a number above 0.');
  return value;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('give a whole number from 1.');
  return value;
}

function rate(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 0.5)) throw new InvalidArgumentError('give a share above 0, at most 0.5.');
  return value;
}
