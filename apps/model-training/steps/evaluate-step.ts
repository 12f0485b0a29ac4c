import {
  Combination,
  decodePathCounts,
  encodeTraining,
  modelManifestSchema,
  PathModel,
  rowModelNames,
  rowModelsOf,
  scorerNames,
  trainingDistribution,
  type HeldBack,
  type RowModel,
  type ScorerFigures,
  type ScorerName,
} from '@plumbline/models';
import type { Log } from '@plumbline/worker';
import { z } from 'zod';
import type { RunFolder } from '../dataset/run-folder';
import { episodes, type PastTrace } from '../evaluation/backtest';
import { figuresOf, gainOf, type Scored } from '../evaluation/figures';
import { matrixOf, readFeatureTable, type FeatureTable, type Part } from '../features/feature-table';
import { featureFiles } from './features-step';
import { readTrained } from './train-step';

/** Files that the step leaves. */
export const evaluatedFiles = {
  calibration: 'models/calibration.json',
  training: 'models/training.json',
  report: 'models/evaluation.json',
} as const;

const { evaluation, backtest } = modelManifestSchema.shape;
export const evaluatedSchema = z.object({
  evaluation,
  backtest: backtest.unwrap(),
  /** Of traces that the pipeline called anomalous: share that the combination finds too, and the profile as it is calibrated here. */
  anomalousFound: z.object({ combined: z.number(), profile: z.number() }),
});
export type Evaluated = z.infer<typeof evaluatedSchema>;

export interface EvaluateOptions {
  readonly run: RunFolder;
  /** Share of normal traces that may be called anomalous by what is served. @default 0.001 */
  readonly alarmRate?: number;
  readonly log: Log;
}

/** Share of normal traces that scorers are compared at: a tenth as many could not be counted in samples of this size. */
const comparedAt = 0.01;

/**
 * Calibrates the models by two parts of the normal traces, each of which is new to them, and measures by a third one, and by the same traces
 * with faults put into them, what each scorer and their combination are worth beside the profile.
 */
export async function evaluateModels({ run, alarmRate = 0.001, log }: EvaluateOptions): Promise<Evaluated> {
  const table = async (of: Part | 'anomalous' | 'faulty') =>
    readFeatureTable(await run.get(featureFiles.table(of), 'features'));
  const paths = new PathModel(decodePathCounts(await run.get(featureFiles.paths, 'features')));
  const { forest, autoencoder } = await readTrained(run);
  const models = rowModelsOf({ paths, forest, autoencoder });
  const scored = async (of: Part | 'anomalous' | 'faulty') => new ScoredTable(await table(of), models);

  const [first, second] = [await scored('calibrate'), await scored('combine')];
  // What cannot be counted in so many traces is not claimed.
  const rate = Math.max(alarmRate, 2 / (second.rows + 1));
  if (rate > alarmRate)
    log.warn({ asked: alarmRate, rate }, 'too few held-back traces for the alarm rate; a higher one holds');
  const combination = Combination.fit(rate, first.heldBack(), second.heldBack());
  const [normal, faulty, anomalous] = [await scored('evaluate'), await scored('faulty'), await scored('anomalous')];
  const alone = (name: ScorerName) => Combination.fit(rate, first.heldBack([name]), second.heldBack([name]));
  const measure = (by: Combination): Scored => ({ normal: normal.judge(by), faulty: faulty.judge(by) });
  const profile = alone('profile');
  const measured = { combined: measure(combination), profile: measure(profile) };
  const scorers: Partial<Record<ScorerName | 'combined', ScorerFigures>> = {
    combined: figuresOf(measured.combined, comparedAt),
    profile: figuresOf(measured.profile, comparedAt),
  };
  for (const name of rowModelNames) scorers[name] = figuresOf(measure(alone(name)), comparedAt);
  const gain = gainOf(measured.combined, measured.profile, faulty.table.faults, comparedAt);
  const past = (by: Combination) => episodes([...normal.past(by), ...anomalous.past(by)], by.alarmRate);

  const result = evaluatedSchema.parse({
    evaluation: {
      alarmRate: comparedAt,
      normalTraces: normal.rows,
      faultyTraces: faulty.rows,
      scorers,
      gainLowerBound: gain.lowerBound,
    },
    backtest: { incidents: past(combination), incidentsOfProfile: past(profile) },
    anomalousFound: { combined: anomalous.share(combination), profile: anomalous.share(profile) },
  });
  const held = { ...second.scores, combined: second.judge(combination) };
  const train = matrixOf(await table('train'));
  await run.put(evaluatedFiles.calibration, combination.encode());
  await run.put(evaluatedFiles.training, encodeTraining(trainingDistribution(train, held)));
  await run.putJson(evaluatedFiles.report, result);
  autoencoder.dispose();
  return result;
}

/** Traces with what each scorer says of them. */
export class ScoredTable {
  readonly rows: number;
  readonly scores: Readonly<Record<ScorerName, Float64Array>>;

  constructor(
    readonly table: FeatureTable,
    models: ReadonlyMap<string, RowModel>,
  ) {
    this.rows = table.traceIds.length;
    const matrix = matrixOf(table);
    const of = (name: ScorerName) =>
      this.rows === 0 ? new Float64Array(0) : (models.get(name)?.score(matrix) ?? new Float64Array(this.rows));
    this.scores = {
      profile: table.profile,
      autoencoder: of('autoencoder'),
      'isolation-forest': of('isolation-forest'),
      paths: of('paths'),
    };
  }

  heldBack(names: readonly ScorerName[] = scorerNames): HeldBack {
    return {
      entries: this.table.entries,
      scores: Object.fromEntries(names.map((name) => [name, this.scores[name]])),
    };
  }

  judge(by: Combination): Float64Array {
    return Float64Array.from(
      this.table.entries,
      (entry, row) => by.judge(entry, (name) => this.scores[name][row] ?? 0).score,
    );
  }

  share(by: Combination): number {
    const exceeding = this.past(by).filter(({ exceeds }) => exceeds).length;
    return this.rows === 0 ? 0 : exceeding / this.rows;
  }

  past(by: Combination): PastTrace[] {
    return this.table.entries.map((entry, row) => ({
      entry,
      timeMs: this.table.eventTimesMs[row] ?? 0,
      exceeds: by.judge(entry, (name) => this.scores[name][row] ?? 0).exceeds,
    }));
  }
}
