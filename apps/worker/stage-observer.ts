import type { Refused } from './refused';
import type { RecordBatch, TopicPartition } from './stream';

/** Parts of the work on one batch or tick, in their order. */
export type StagePhase = 'process' | 'effects' | 'records' | 'commit';

/** Is told what the loop does, for logs and metrics. Must not throw. */
export interface StageObserver {
  /** A new generation was taken over. */
  assigned(partitions: readonly TopicPartition[]): void;
  /** A batch was folded in; `batch.highWatermark` less the offset after its last record is the lag. */
  processed(batch: RecordBatch): void;
  /** One phase ended, well or not. */
  timed(phase: StagePhase, seconds: number): void;
  /** Output was made durable. */
  performed(effects: number, recordsByTopic: ReadonlyMap<string, number>): void;
  committed(positions: readonly (TopicPartition & { readonly offset: number })[]): void;
  /** A transient failure that will be repeated. */
  retrying(what: string, error: unknown, attempt: number): void;
  /** A record was too large for the broker; its place among the dead letters is taken. */
  refused(refused: Refused): void;
  /** Output was thrown away because its generation ended; its records come again. */
  fenced(what: string): void;
}

/** Tells nobody. */
export const silentObserver: StageObserver = {
  assigned: () => undefined,
  processed: () => undefined,
  timed: () => undefined,
  performed: () => undefined,
  committed: () => undefined,
  retrying: () => undefined,
  refused: () => undefined,
  fenced: () => undefined,
};
