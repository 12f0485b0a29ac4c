import type { OutgoingRecord, RecordBatch, TopicPartition } from './stream';

/** A write to a bucket that must be durable before records that point to it are sent. */
export interface Effect {
  /** For logs and metrics, such as `put trace_4bf9….parquet`. */
  readonly name: string;
  run(): Promise<void>;
}

/** What a stage wants done. Effects first, then records, then commits. */
export interface StageOutput {
  readonly effects: readonly Effect[];
  readonly records: readonly OutgoingRecord[];
}

export const nothing: StageOutput = { effects: [], records: [] };

/**
 * One step of the pipeline: a fold over records that knows nothing of Kafka or S3. The loop that runs it
 * (`runStage`) reads, performs its output, commits what it no longer needs, and starts it anew on each generation.
 */
export interface Stage {
  /** For logs and metrics. */
  readonly name: string;
  readonly group: string;
  readonly topics: readonly string[];
  /** Forgets everything: these partitions come again from their committed offsets. May read compacted topics to restore. */
  reset(partitions: readonly TopicPartition[]): Promise<void>;
  /**
   * Before the records of a partition that follow its reset are folded in: reads what they need. May be begun again.
   *
   * @param firstMs record time of the first of them, milliseconds since the epoch
   */
  recall?(partition: TopicPartition, firstMs: number): Promise<void>;
  /**
   * Folds in records of one partition, by rising offset.
   *
   * @throws only for what a restart may cure; input that cannot be read is dead-lettered, never thrown
   */
  process(batch: RecordBatch): Promise<StageOutput>;
  /** Time passes; about once a second. Milliseconds since the epoch. */
  tick(nowMs: number): Promise<StageOutput>;
  /** First offset that a restart needs; `undefined` while nothing of the partition was processed. */
  committable(partition: TopicPartition): number | undefined;
}
