import { consumerGroups, topics } from '@plumbline/contracts';
import { headers, schemas } from '@plumbline/wire';
import {
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
import { Generation, type Message, type Unreadable } from './generation';
import { PreprocessingMetrics } from './metrics';

export interface PreprocessingOptions {
  readonly config: PreprocessingConfig;
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

  constructor(private readonly options: PreprocessingOptions) {
    this.metrics = new PreprocessingMetrics(options.registry ?? new Registry());
    this.log = options.log ?? silentLog;
    this.generation = new Generation(options.config, []);
  }

  reset(partitions: readonly TopicPartition[]): Promise<void> {
    this.generation = new Generation(this.options.config, partitions);
    return Promise.resolve();
  }

  process(batch: RecordBatch): Promise<StageOutput> {
    return Promise.resolve(
      this.measured(() => {
        const { messages, unreadable } = this.generation.process(batch);
        return [...messages.map(preprocessed), ...unreadable.map((each) => this.deadLetter(batch, each))];
      }),
    );
  }

  tick(nowMs: number): Promise<StageOutput> {
    return Promise.resolve(this.measured(() => this.generation.tick(nowMs).map(preprocessed)));
  }

  committable({ partition }: TopicPartition): number | undefined {
    return this.generation.committable(partition);
  }

  private measured(work: () => OutgoingRecord[]): StageOutput {
    const { generation } = this;
    const before = { ...generation.counts };
    const records = work();
    this.metrics.add(before, generation.counts);
    this.metrics.setOpen(generation.open);
    return records.length === 0 ? nothing : { effects: [], records };
  }

  private deadLetter({ topic, partition }: TopicPartition, { record, reason }: Unreadable): OutgoingRecord {
    this.log.warn({ topic, partition, offset: record.offset, reason }, 'a record could not be read');
    return {
      topic: topics.tracesDeadLetter.name,
      key: `${topic}/${partition}`,
      value: record.value,
      headers: {
        ...record.headers,
        [headers.reason]: reason.slice(0, maxReasonLength),
        [headers.sourceTopic]: topic,
        [headers.sourcePartition]: String(partition),
        [headers.sourceOffset]: String(record.offset),
      },
      timestampMs: record.timestampMs,
    };
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
