import type { OutgoingRecord } from '@plumbline/worker';
import type { LearnedModels } from '../bundle';
import type { FeatureRows } from '../features';
import type { Role } from '../registry/decision';
import type { LearnedScores } from '../scoring';

/** What a version was given and said of the traces of one record; everything is one a row. */
export interface ObservedBatch {
  readonly models: LearnedModels;
  readonly role: Role;
  readonly rows: FeatureRows;
  readonly scores: LearnedScores;
  /** Milliseconds since the epoch. */
  readonly eventTimesMs: Float64Array;
}

/** Is told of everything that versions score, such as to find out whether it drifts. */
export interface LearnedObserver {
  /**
   * Called once a record and version. What it throws is logged, and changes no judgement.
   *
   * @returns records to be published
   */
  observe(batch: ObservedBatch): readonly OutgoingRecord[] | undefined;
  /** A version is served no more. */
  forget?(version: string): void;
}
