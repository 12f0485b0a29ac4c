import { encodeTraceBatch, emptyTraceBatch } from '@plumbline/wire';
import type { RecordBatch, StreamRecord, TopicPartition } from '@plumbline/worker';
import type { AssemblyLimits } from './assembly/assemble';
import type { EmittedBefore } from './assembly/emitted-before';
import type { OpenTrace } from './assembly/open-trace';
import { batchOverheadBytes, type PreprocessingConfig } from './config';
import { zeroCounts, type OpenState, type PreprocessingCounts } from './metrics';
import { AttributeKeys } from './naming/attribute-keys';
import { Operations } from './naming/operations';
import { Peers } from './naming/peers';
import { Resources } from './naming/resources';
import { OtlpReader, type Malformed } from './otlp/otlp-reader';
import { MalformedError } from './otlp/protobuf-reader';
import { Partition } from './partition';
import { BatchBuilder, type BatchNames } from './rows/batch-builder';
import { SpanWriter } from './rows/span-writer';
import { TraceWriter, type Wordiness } from './rows/trace-writer';

/** A batch to be sent. */
export interface Message {
  readonly partition: number;
  readonly value: Uint8Array;
  readonly watermarkMs: number;
  /** Record time at which it was made. */
  readonly timestampMs: number;
}

/** A record that could not be read, or not all of it. */
export interface Unreadable {
  readonly record: StreamRecord;
  readonly reason: string;
}

/** A trace that no message has room for. */
export interface Unsendable {
  readonly partition: number;
  /** Of the record with its first span. */
  readonly offset: number;
  readonly timestampMs: number;
  readonly reason: string;
}

/** What happened since it was asked for last. */
export interface Outcome {
  readonly messages: readonly Message[];
  readonly unsendable: readonly Unsendable[];
}

/** From most to least: a trace says as much as a message has room for. */
const wordinesses: readonly Wordiness[] = ['allowed', 'fitting', 'none'];

const tenantHeaders: ReadonlySet<string> = new Set(['x-scope-orgid', 'tenant']);

/** Everything that is known while the assignment stands: partitions, and the dictionaries they share. */
export class Generation {
  readonly counts: PreprocessingCounts = { ...zeroCounts };
  private readonly reader = new OtlpReader();
  private readonly batch: BatchBuilder;
  private readonly attributeKeys = new AttributeKeys();
  private readonly resources: Resources;
  private readonly operations: Operations;
  private readonly peers: Peers;
  private readonly spans: SpanWriter;
  private readonly traces: TraceWriter;
  private readonly partitions = new Map<number, Partition>();
  /** Of one partition. */
  private readonly assembly: AssemblyLimits;
  private messages: Message[] = [];
  private unsendable: Unsendable[] = [];

  constructor(
    private readonly config: PreprocessingConfig,
    partitions: readonly TopicPartition[],
  ) {
    const { counts } = this;
    const { maxOpenBytes, maxForgotten } = config.assembly;
    const share = Math.max(1, partitions.length);
    this.assembly = {
      ...config.assembly,
      maxOpenBytes: maxOpenBytes / share,
      maxForgotten: maxForgotten / share,
    };
    this.resources = new Resources(config.resources, () => (counts.otherServices += 1));
    this.operations = new Operations(config.maxOperationsPerService, () => (counts.otherOperations += 1));
    this.peers = new Peers(config.maxPeers, () => (counts.otherPeers += 1));
    this.spans = new SpanWriter(this.resources, this.operations, this.peers, this.attributeKeys, config.spans);
    this.traces = new TraceWriter(this.spans, config.timings, {
      maxTraceBytes: config.maxTraceBytes,
      maxBatchBytes: this.maxBatchBytes,
      maxSpanBytes: mostBytesOf(config.spans, config.resources),
    });
    const names: BatchNames = {
      service: (number) => this.resources.services[number] ?? '',
      operation: (number) => this.operations.names[number] ?? '',
      peer: (number) => this.peers.name(number),
      attributeKey: (number) => this.attributeKeys.current[number] ?? '',
      resource: (number) => this.resources.get(number).json,
    };
    this.batch = new BatchBuilder(names);
    for (const { partition } of partitions) this.partition(partition);
  }

  /** What is open at the moment, in all partitions. */
  get open(): OpenState {
    const open = { traces: 0, spans: 0, bytes: 0, limitBytes: this.config.assembly.maxOpenBytes };
    for (const { assembler, store } of this.partitions.values()) {
      open.traces += assembler.openTraces;
      open.spans += store.count;
      open.bytes += assembler.openBytes;
    }
    return open;
  }

  committable(partition: number): number | undefined {
    return this.partitions.get(partition)?.committable;
  }

  /** What was emitted of a partition before this generation; before its first records. */
  recall(partition: number, before: EmittedBefore): void {
    this.partition(partition).assembler.recall(before);
  }

  /** Folds records in; the messages come when a trace's time has come, at the latest with the batch's end. */
  process(batch: RecordBatch): Outcome & { readonly unreadable: readonly Unreadable[] } {
    const partition = this.partition(batch.partition);
    const unreadable: Unreadable[] = [];
    for (const record of batch.records) {
      this.counts.records += 1;
      partition.assembler.advance(record.timestampMs);
      const reason = this.addRecord(partition, record);
      if (reason !== undefined) unreadable.push({ record, reason });
    }
    partition.processed(batch);
    this.finish(partition);
    return { ...this.takeOutcome(), unreadable };
  }

  /** Time passes for partitions that are quiet; one with nothing else to say sends a newer watermark. */
  tick(nowMs: number): Outcome {
    for (const partition of this.partitions.values()) {
      partition.tick(nowMs);
      this.finish(partition);
      const watermarkMs = partition.assembler.watermark();
      if (!partition.spoke && watermarkMs > partition.sentWatermarkMs) {
        this.counts.heartbeats += 1;
        this.send(partition, encodeTraceBatch(emptyTraceBatch));
      }
      partition.spoke = false;
    }
    return this.takeOutcome();
  }

  /** Returns why the record, or some of its spans, could not be read. */
  private addRecord(partition: Partition, record: StreamRecord): string | undefined {
    const { reader, counts } = this;
    if (record.value === null) return undefined;
    try {
      reader.readRequest(record.value);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      counts.malformedRecords += 1;
      return error.message;
    }
    const { spans, protobuf } = reader;
    const tenant = tenantOf(record.headers);
    const numbers = reader.resources.map((pieces) => this.resources.number(reader, pieces, tenant));
    for (let row = 0; row < spans.count; row += 1) {
      partition.assembler.add(protobuf, spans, row, numbers[spans.resource.get(row)] ?? 0, record);
    }
    return this.describe(reader.malformed, spans.count);
  }

  private describe(malformed: Malformed, readable: number): string | undefined {
    if (malformed.size === 0) return undefined;
    let count = 0;
    for (const times of malformed.values()) count += times;
    this.counts.malformedSpans += count;
    const reasons = [...malformed].slice(0, 8).map(([reason, times]) => `${reason} (${times})`);
    return `${count} of ${count + readable} spans: ${reasons.join(', ')}`;
  }

  /** Bytes of a batch, as it counts them itself. */
  private get maxBatchBytes(): number {
    return this.config.maxRecordBytes - batchOverheadBytes;
  }

  /** Writes the next revision of a trace, and before it a retraction of the one before if that can be taken back. */
  private emit(partition: Partition, trace: OpenTrace): void {
    if (trace.emitted > trace.counted) {
      this.append(partition, () => this.traces.appendRetraction(this.batch, partition.store, trace));
    }
    for (const wordiness of wordinesses) {
      const append = () => this.traces.appendRevision(this.batch, partition.store, trace, wordiness);
      if (!this.append(partition, append)) continue;
      if (wordiness !== 'allowed') this.counts.trimmed += 1;
      return;
    }
    this.giveUp(partition, trace);
  }

  /** Adds to the batch, or to one of its own where there is no room. @returns `false` when it does not fit into any */
  private append(partition: Partition, append: () => void): boolean {
    const { batch } = this;
    batch.mark();
    append();
    if (batch.byteLength > this.maxBatchBytes) {
      batch.rewind();
      if (batch.traceCount === 0) return false;
      this.flush(partition);
      return this.append(partition, append);
    }
    if (batch.byteLength >= this.config.maxMessageBytes) this.flush(partition);
    return true;
  }

  private giveUp(partition: Partition, trace: OpenTrace): void {
    const { offset } = trace.firstRecord;
    const { bytes } = partition.store.traceIds;
    const id = Buffer.from(bytes.subarray(trace.number * 16, trace.number * 16 + 16)).toString('hex');
    const reason = `trace ${id} of ${trace.count} spans does not fit into ${this.config.maxRecordBytes} bytes, even without texts`;
    const timestampMs = Math.floor(partition.assembler.nowMs);
    this.counts.unsendable += trace.count - trace.counted;
    // Nothing of it is to be taken back.
    trace.counted = trace.count;
    this.unsendable.push({ partition: partition.number, offset, timestampMs, reason });
  }

  private finish(partition: Partition): void {
    if (this.batch.traceCount > 0) this.flush(partition);
    // Only now does nothing refer to numbers of the dictionaries but open traces, which hold on to theirs.
    this.attributeKeys.clearWhenFull();
    this.resources.clearWhenFull();
  }

  private flush(partition: Partition): void {
    this.counts.messages += 1;
    this.send(partition, encodeTraceBatch(this.batch.batch()));
    this.batch.clear();
  }

  private send(partition: Partition, value: Uint8Array): void {
    const { assembler } = partition;
    const watermarkMs = assembler.watermark();
    partition.sentWatermarkMs = watermarkMs;
    partition.spoke = true;
    this.messages.push({ partition: partition.number, value, watermarkMs, timestampMs: Math.floor(assembler.nowMs) });
  }

  private takeOutcome(): Outcome {
    const { messages, unsendable, counts } = this;
    this.messages = [];
    this.unsendable = [];
    counts.replacedTimes = this.traces.replacedTimes;
    counts.badTimes = this.spans.badTimes;
    this.sumAssemblyCounts();
    return { messages, unsendable };
  }

  private sumAssemblyCounts(): void {
    const { counts } = this;
    const keys = ['spans', 'traces', 'revisions', 'repeated', 'late', 'truncated', 'evicted'] as const;
    for (const key of keys) {
      counts[key] = 0;
      for (const { assembler } of this.partitions.values()) counts[key] += assembler.counts[key];
    }
  }

  private partition(number: number): Partition {
    let partition = this.partitions.get(number);
    if (partition === undefined) {
      const { timings } = this.config;
      partition = new Partition(number, this.resources, timings, this.assembly, (own, trace) => this.emit(own, trace));
      this.partitions.set(number, partition);
    }
    return partition;
  }
}

/** Bytes that one span adds to a batch at most; keys of its attributes aside, of which an application has few. */
function mostBytesOf(
  { maxAttributes, maxValueBytes, maxEventBytes }: PreprocessingConfig['spans'],
  { maxResourceLength }: PreprocessingConfig['resources'],
): number {
  return (maxAttributes + 2) * maxValueBytes + 2 * maxEventBytes + 3 * maxResourceLength;
}

/** Tenant that whoever wrote the record names; it knows better than the application that made the spans. */
function tenantOf(headers: Readonly<Record<string, string>>): string {
  for (const name in headers) if (tenantHeaders.has(name.toLowerCase())) return headers[name] ?? '';
  return '';
}
