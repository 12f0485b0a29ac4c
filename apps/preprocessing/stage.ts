import { consumerGroups, topics } from '@plumbline/contracts';
import { headers, schemas } from '@plumbline/wire';
import {
  deadLetter,
  type EventStream,
  type Log,
  nothing,
  type OutgoingRecord,
  type RecordBatch,
  silentLog,
  type Stage,
  type StageOutput,
  type TopicPartition,
} from '@plumbline/worker';
import { Registry } from 'prom-client';
import type { PreprocessingConfig } from './config';
import { EarlierOutput } from './earlier-output';
import { Generation, type Message, type Outcome, type Unreadable, type Unsendable } from './generation';
import { PreprocessingMetrics } from './metrics';

export interface PreprocessingOptions {
  readonly config: PreprocessingConfig;
  /**
   * Where what was put out before a restart is read back from.
   *
   * @default - nothing was put out before
   */
  readonly stream?: Pick<EventStream, 'readAll'>;
  readonly log?: Log;
  readonly registry?: Registry;
}

/** Longest reason in a header, characters. */
const maxReasonLength = 500;

/**
 * Spans of `traces` become whole traces with features on `traces-preprocessed`, partition for partition. What cannot be read
 * goes to `traces-dead-letter` as it came.
 */
export class Preprocessing implements Stage {
  readonly name = 'preprocessing';
  readonly group = consumerGroups.preprocessing;
  readonly topics = [topics.traces.name];

  private readonly metrics: PreprocessingMetrics;
  private readonly log: Log;
  private generation: Generation;
  private earlier: EarlierOutput | undefined;

  constructor(private readonly options: PreprocessingOptions) {
    this.metrics = new PreprocessingMetrics(options.registry ?? new Registry());
    this.log = options.log ?? silentLog;
    this.generation = new Generation(options.config, []);
    this.earlier = this.earlierOutput([]);
  }

  reset(partitions: readonly TopicPartition[]): Promise<void> {
    this.generation = new Generation(this.options.config, partitions);
    this.earlier = this.earlierOutput(partitions);
    return Promise.resolve();
  }

  async recall({ partition }: TopicPartition, firstMs: number): Promise<void> {
    const before = await this.earlier?.of(partition, firstMs);
    if (before !== undefined) this.generation.recall(partition, before);
  }

  process(batch: RecordBatch): Promise<StageOutput> {
    return Promise.resolve(
      this.measured(() => {
        const { unreadable, ...outcome } = this.generation.process(batch);
        return [...this.records(outcome), ...unreadable.map((each) => this.deadLetter(batch, each))];
      }),
    );
  }

  tick(nowMs: number): Promise<StageOutput> {
    return Promise.resolve(this.measured(() => this.records(this.generation.tick(nowMs))));
  }

  committable({ partition }: TopicPartition): number | undefined {
    return this.generation.committable(partition);
  }

  private earlierOutput(partitions: readonly TopicPartition[]): EarlierOutput | undefined {
    const { config, stream } = this.options;
    if (stream === undefined) return undefined;
    const { atLatestAfterMs, mergeableForMs } = config.timings;
    return new EarlierOutput(
      partitions.map(({ partition }) => partition),
      { stream, log: this.log, spreadMs: atLatestAfterMs + mergeableForMs, maxBytes: config.maxRecalledBytes },
    );
  }

  private measured(work: () => OutgoingRecord[]): StageOutput {
    const { generation } = this;
    const before = { ...generation.counts };
    const records = work();
    this.metrics.add(before, generation.counts);
    this.metrics.setOpen(generation.open);
    return records.length === 0 ? nothing : { effects: [], records };
  }

  private records({ messages, unsendable }: Outcome): OutgoingRecord[] {
    return [...messages.map(preprocessed), ...unsendable.map((each) => this.obituary(each))];
  }

  /** Tells of a trace that cannot be sent; its spans are in the records of `traces` from the one that is named. */
  private obituary({ partition, offset, timestampMs, reason }: Unsendable): OutgoingRecord {
    this.log.warn({ partition, offset, reason }, 'a trace could not be sent');
    return deadLetter({ topic: topics.traces.name, partition }, { offset, timestampMs, value: null }, reason);
  }

  private deadLetter({ topic, partition }: TopicPartition, { record, reason }: Unreadable): OutgoingRecord {
    this.log.warn({ topic, partition, offset: record.offset, reason }, 'a record could not be read');
    return deadLetter({ topic, partition }, record, reason.slice(0, maxReasonLength));
  }
}

function preprocessed({ partition, value, watermarkMs, timestampMs }: Message): OutgoingRecord {
  return {
    topic: topics.tracesPreprocessed.name,
    partition,
    key: null,
    value,
    headers: { [headers.schema]: schemas.traceBatch, [headers.watermark]: String(watermarkMs) },
    timestampMs,
  };
}
