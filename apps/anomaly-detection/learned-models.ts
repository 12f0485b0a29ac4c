import type { LearnedVerdict, TraceBatch } from '@plumbline/wire';
import type { OutgoingRecord } from '@plumbline/worker';
import type { TraceReader } from './trace-reader';

/** What the learned models that judge a trace say of it. */
export interface LearnedJudgement {
  readonly version: string;
  /** Hash of the schema of the features. */
  readonly featureSchema: string;
  /** It is unusual enough, and the version may decide: the trace is anomalous, whatever the profile says. */
  readonly anomalous: boolean;
  /** −ln p, and −ln of the version's alarm rate. */
  readonly score: number;
  readonly threshold: number;
  /** Puts it down so that it can be computed again. */
  put(): Omit<LearnedVerdict, 'decided'>;
}

/** Reads what was measured of traces of one batch, to judge them all at once. Neither method throws. */
export interface LearnedReader extends TraceReader {
  /**
   * Judges the traces that were read, once.
   *
   * @param isAnomalous what the profile says of a trace that was read, by its row; `undefined` where it abstains, and so do models
   * @returns by row of the trace; without an entry nothing is said of it
   */
  judge(isAnomalous: (trace: number) => boolean | undefined): ReadonlyMap<number, LearnedJudgement>;
}

/** The learned models that hold from one event time to another. */
export interface LearnedModels {
  /** @returns `undefined` where nothing is to be said of the traces of the batch: they are measured for the profile alone */
  read(batch: TraceBatch): LearnedReader | undefined;
}

/**
 * Where learned models come from. Detection knows no more of them: what they are, and which of several judges a trace, is decided
 * behind this. Nothing here throws, and what cannot be had leaves everything as it was.
 */
export interface LearnedModelsSource {
  /** Those that hold at an event time, the same object as long as they are the same; `undefined` where the profile alone does. */
  at(eventTimeMs: number): LearnedModels | undefined;
  /** Looks for others if that is due. */
  poll(nowMs: number): Promise<void>;
  /** Records to be published since the last time, such as that features drift. */
  takeRecords(): readonly OutgoingRecord[];
  /** For `/model`. */
  status(): object;
}
