import {
  computeFeatures,
  evaluateModels,
  extract,
  normalTraces,
  recordedRequests,
  registerModels,
  RunFolder,
  TempoClient,
  trainModels,
  type ExtractOptions,
} from '@plumbline/model-training';
import { openRegistry } from '@plumbline/models';
import { BundleRegistry } from '@plumbline/training';
import type { Log } from '@plumbline/worker';
import { version as code } from '../../../package.json';
import { UsageError } from '../errors';
import { openBucket } from '../models/place';
import { Progress } from '../output/progress';
import { knownIncidents } from './sources';

export type TrainStep = 'extract' | 'features' | 'train' | 'evaluate' | 'register';

export interface TrainArguments {
  readonly run?: string;
  readonly recording?: readonly string[];
  readonly tempo?: string;
  readonly tempoTenant?: string;
  readonly days: number;
  readonly traces: number;
  readonly anomalous: number;
  readonly seed: number;
  readonly epochs: number;
  readonly alarmRate: number;
  readonly backend: 'wasm' | 'tfjs-node';
  readonly data?: string;
  readonly mayDecide?: boolean;
  readonly json?: boolean;
}

/** Does steps of a training, telling what comes of each. */
export async function trainRun(args: TrainArguments, steps: readonly TrainStep[]): Promise<void> {
  const progress = new Progress();
  const abort = new AbortController();
  const stop = () => abort.abort(new Error('stopped by a signal'));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  const models = await openBucket(process.env, args.data, 'models');
  try {
    const run = new RunFolder(models, args.run ?? new Date().toISOString());
    progress.heading(`Training ${run.run}, kept in ${models.bucket}/${run.prefix}`);
    const log = progressLog(progress);
    const results: Record<string, unknown> = { run: run.run };
    for (const step of steps) {
      const result = await doStep(step, { args, run, log, progress, signal: abort.signal });
      results[step] = result.value;
      progress.done(result.text);
    }
    if (args.json === true) console.log(JSON.stringify(results));
  } finally {
    process.removeListener('SIGINT', stop);
    process.removeListener('SIGTERM', stop);
    await models.close();
  }
}

interface StepContext {
  readonly args: TrainArguments;
  readonly run: RunFolder;
  readonly log: Log;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

interface StepResult {
  readonly text: string;
  readonly value: unknown;
}

async function doStep(step: TrainStep, { args, run, log, progress, signal }: StepContext): Promise<StepResult> {
  switch (step) {
    case 'extract': {
      const value = await extract(await extractOptions({ args, run, log, progress, signal }));
      const { selected, feedback, collected } = value;
      const left = selected.normal.excluded === 0 ? '' : `, ${selected.normal.excluded} of incidents left out`;
      return {
        value,
        text: `${selected.normal.traces} normal traces of ${collected.normal}${left}; ${selected.anomalous.traces} anomalous, ${feedback.confirmed + feedback.refuted} with an answer`,
      };
    }
    case 'features': {
      const { bundle } = await new BundleRegistry(run.store).newest();
      const value = await computeFeatures({
        run,
        seed: args.seed,
        log,
        ...(bundle === undefined ? {} : { profile: bundle }),
      });
      const of = bundle === undefined ? 'what the traces themselves say' : `profile ${value.profile}`;
      return { value, text: `${value.features} features of each trace, measured against ${of}` };
    }
    case 'train': {
      const { seed, epochs, backend } = args;
      const value = await trainModels({ run, seed, epochs, backend, log, signal });
      return { value, text: `trained with ${value.rows} traces, loss ${value.loss.toPrecision(3)}` };
    }
    case 'evaluate': {
      const value = await evaluateModels({ run, alarmRate: args.alarmRate, log });
      const { scorers, alarmRate, gainLowerBound } = value.evaluation;
      const recall = (name: 'combined' | 'profile') => (scorers[name].recall * 100).toFixed(1);
      return {
        value,
        text: `finds ${recall('combined')} % of faults put into traces at ${alarmRate * 100} % false alarms, the profile alone ${recall('profile')} %; gain at least ${(gainLowerBound * 100).toFixed(1)} points`,
      };
    }
    case 'register': {
      const registry = await openRegistry(process.env, () => Promise.resolve(run.store));
      const value = await registerModels({
        run,
        models: run.store,
        registry,
        mayDecide: args.mayDecide === true,
        code,
        nowMs: Date.now(),
        log,
      });
      const says = value.role === 'decides' ? 'may decide' : 'scores in the shadow';
      return {
        value,
        text: `version ${value.version} registered with ${registry.place}: ${says} once it is approved (plumbline models approve ${value.version})`,
      };
    }
  }
}

async function extractOptions({ args, run, log, progress, signal }: StepContext): Promise<ExtractOptions> {
  const throughMs = Date.now();
  const fromMs = throughMs - args.days * 86_400_000;
  const seed = String(args.seed);
  const known = await knownIncidents(process.env, log);
  const options = {
    ...known,
    run,
    fromMs,
    throughMs,
    budgets: { normal: args.traces, anomalous: args.anomalous },
    seed,
    log,
    signal,
    anomalies: await openBucket(process.env, args.data, 'anomalies'),
  };
  const { recording } = args;
  if (recording !== undefined) return { ...options, normal: (isKnown) => recordedRequests(recording, isKnown) };
  const url = args.tempo ?? process.env.TEMPO_URL ?? '';
  if (url === '') throw new UsageError('normal traces come from --tempo URL (or TEMPO_URL), or from --recording FILE');
  const client = new TempoClient({
    url,
    signal,
    ...(args.tempoTenant === undefined ? {} : { tenant: args.tempoTenant }),
  });
  return {
    ...options,
    normal: async function* (isKnown) {
      const onProgress = ({ step, done, of }: { step: string; done: number; of: number }) =>
        progress.busy(`${step} ${done} of ${of}`);
      for await (const { traceId, request } of normalTraces({
        client,
        fromMs,
        throughMs,
        budget: args.traces,
        seed,
        isKnown,
        onProgress,
        signal,
      })) {
        yield { bytes: request, path: traceId };
      }
    },
  };
}

/** What steps tell, as lines of progress. */
function progressLog(progress: Progress): Log {
  return {
    info: (about, text) => progress.busy(`${text} ${summary(about)}`),
    warn: (about, text) => progress.alarm(`${text}: ${summary(about)}`),
  };
}

function summary(about: object): string {
  return Object.entries(about)
    .map(([name, value]) => `${name} ${typeof value === 'number' ? Number(value.toPrecision(4)) : String(value)}`)
    .join(', ');
}
