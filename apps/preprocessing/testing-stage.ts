import { topics } from '@plumbline/contracts';
import { decodeTraceBatch, headers, storedSpans, type StoredSpan, traceFlags, type TraceBatch } from '@plumbline/wire';
import type { Log, OutgoingRecord, ReadRange, StageOutput, StreamRecord } from '@plumbline/worker';
import { Registry } from 'prom-client';
import { preprocessingConfig } from './config';
import { Preprocessing } from './stage';
import { otlpRequest, testEpochMs, type SpanToSend } from './testing';

/** A trace as the stage put it out. */
export interface EmittedTrace {
  readonly traceId: string;
  readonly revision: number;
  /** `traceFlags` */
  readonly flags: number;
  readonly eventTimeMs: number;
  readonly entryService: string;
  readonly entryOperation: string;
  /** By start. */
  readonly spans: readonly StoredSpan[];
}

/** Revision, whether it takes one back, and ids of the spans. */
export const outline = (traces: readonly EmittedTrace[]) =>
  traces.map(({ revision, flags, spans }) => [
    (flags & traceFlags.retraction) === 0 ? revision : -revision,
    spans
      .map(({ spanId }) => spanId.replace(/^0+/, ''))
      .sort()
      .join(''),
  ]);

/** A stage with one partition and a clock of its own; times are seconds after {@link testEpochMs}. */
export class StageUnderTest {
  readonly registry = new Registry();
  readonly stage: Preprocessing;
  /** Everything that was put out, in order. */
  readonly records: OutgoingRecord[] = [];
  /** What of `traces-preprocessed` was asked for. */
  readonly asked: ReadRange[] = [];
  private offset = 0;
  private begun = false;

  /** @param before what is on `traces-preprocessed` already, by the process that had the partition before */
  constructor(
    settings: Readonly<Record<string, string>> = {},
    readonly partition = 0,
    { before = [], log }: { readonly before?: readonly OutgoingRecord[]; readonly log?: Log } = {},
  ) {
    this.stage = new Preprocessing({
      config: preprocessingConfig(settings),
      registry: this.registry,
      ...(log !== undefined && { log }),
      stream: {
        readAll: (_, onRecord, range) => {
          if (range !== undefined) this.asked.push(range);
          for (const record of before) onRecord(asRead(record), record.partition ?? 0);
          return Promise.resolve();
        },
      },
    });
  }

  /** A new generation with so many partitions. */
  async assign(partitions: number): Promise<void> {
    const topic = topics.traces.name;
    await this.stage.reset(Array.from({ length: partitions }, (_, partition) => ({ topic, partition })));
  }

  /** Sends spans in one record whose record time is so many seconds after the epoch of tests. */
  async send(atSeconds: number, ...spans: SpanToSend[]): Promise<void> {
    await this.sendBytes(atSeconds, otlpRequest(spans));
  }

  async sendBytes(
    atSeconds: number,
    value: Uint8Array | null,
    recordHeaders: Record<string, string> = {},
  ): Promise<void> {
    const timestampMs = testEpochMs + atSeconds * 1000;
    await this.sendRecords([{ offset: this.offset, timestampMs, key: null, value, headers: recordHeaders }]);
  }

  /** @param lag records that the broker has beyond these */
  async sendRecords(records: readonly StreamRecord[], lag = 0): Promise<void> {
    this.offset = (records.at(-1)?.offset ?? this.offset - 1) + 1;
    const topic = topics.traces.name;
    const [first] = records;
    if (!this.begun && first !== undefined)
      await this.stage.recall({ topic, partition: this.partition }, first.timestampMs);
    this.begun = true;
    this.keep(
      await this.stage.process({ topic, partition: this.partition, records, highWatermark: this.offset + lag }),
    );
  }

  /** Record time passes with nothing in it. */
  async pass(toSeconds: number): Promise<void> {
    await this.sendBytes(toSeconds, null);
  }

  /** The wall clock ticks. */
  async tick(atSeconds: number): Promise<void> {
    this.keep(await this.stage.tick(testEpochMs + atSeconds * 1000));
  }

  get committable(): number | undefined {
    return this.stage.committable({ topic: topics.traces.name, partition: this.partition });
  }

  get batches(): TraceBatch[] {
    return this.records
      .filter(({ topic }) => topic === topics.tracesPreprocessed.name)
      .map(({ value }) => decodeTraceBatch(value ?? new Uint8Array(0)));
  }

  get traces(): EmittedTrace[] {
    return this.batches.flatMap(tracesOf);
  }

  /** Watermarks of all records, seconds after the epoch of tests. */
  get watermarks(): number[] {
    return this.records
      .filter(({ topic }) => topic === topics.tracesPreprocessed.name)
      .map((record) => (Number(record.headers?.[headers.watermark]) - testEpochMs) / 1000);
  }

  get deadLetters(): OutgoingRecord[] {
    return this.records.filter(({ topic }) => topic === topics.tracesDeadLetter.name);
  }

  /** Value of `plumbline_preprocessing_<name>_total`. */
  async counted(name: string): Promise<number> {
    const metric = await this.registry.getSingleMetric(`plumbline_preprocessing_${name}_total`)?.get();
    return metric?.values[0]?.value ?? 0;
  }

  private keep(output: StageOutput): void {
    this.records.push(...output.records);
  }
}

function asRead({ value, headers: texts = {}, timestampMs = 0 }: OutgoingRecord): StreamRecord {
  return { offset: 0, timestampMs, key: null, value, headers: texts };
}

/** Traces of a batch, one object each. */
export function tracesOf(batch: TraceBatch): EmittedTrace[] {
  const { traces } = batch;
  return Array.from({ length: traces.count }, (_, trace) => ({
    traceId: Buffer.from(traces.traceId.subarray(trace * 16, trace * 16 + 16)).toString('hex'),
    revision: traces.revision[trace] ?? 0,
    flags: traces.flags[trace] ?? 0,
    eventTimeMs: traces.eventTimeMs[trace] ?? NaN,
    entryService: batch.services[traces.entryService[trace] ?? -1] ?? '',
    entryOperation: batch.operations[traces.entryOperation[trace] ?? -1] ?? '',
    spans: storedSpans(batch, trace),
  }));
}
