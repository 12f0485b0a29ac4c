import type { MeasuredTrace } from '@plumbline/anomaly-detection';
import type { LearnedModels } from '../bundle';
import { FeatureReader, type FeatureRows } from '../features';
import { LearnedScorer, type LearnedScores } from '../scoring';

/** Rows of a version, and what it says of them. */
export interface ScoredRows {
  readonly models: LearnedModels;
  readonly rows: FeatureRows;
  readonly scores: LearnedScores;
}

/** A version in memory. Each reads features by its own schema and paths; the buffers are kept from one batch to the next. */
export class LoadedVersion {
  readonly version: string;
  readonly featureSchema: string;
  /** −ln of its alarm rate. */
  readonly threshold: number;
  readonly mayDecide: boolean;
  private parts:
    { readonly models: LearnedModels; readonly reader: FeatureReader; readonly scorer: LearnedScorer } | undefined;

  constructor(models: LearnedModels) {
    this.version = models.manifest.version;
    this.featureSchema = models.schema.hash;
    this.threshold = -Math.log(models.combination.alarmRate);
    this.mayDecide = models.manifest.role === 'decides';
    this.parts = { models, reader: new FeatureReader(models.schema, models.paths), scorer: new LearnedScorer(models) };
  }

  /** Whether its memory was given back: it says nothing any more. */
  get isDisposed(): boolean {
    return this.parts === undefined;
  }

  /** Begins a batch; rows that nobody asked for are forgotten. */
  begin(): void {
    this.parts?.reader.take();
  }

  read(measured: MeasuredTrace): void {
    this.parts?.reader.read(measured);
  }

  /** Scores the rows since {@link begin}, all at once; `undefined` where there are none. */
  score(): ScoredRows | undefined {
    if (this.parts === undefined) return undefined;
    const { models, reader, scorer } = this.parts;
    const rows = reader.take();
    return rows.rows === 0 ? undefined : { models, rows, scores: scorer.score(rows) };
  }

  /** Gives back its tensors, and lets go of the rest: emissions that are remembered may hold this for some minutes yet. */
  dispose(): void {
    this.parts?.models.autoencoder?.dispose?.();
    this.parts = undefined;
  }
}
