import { firstLateRevision } from '@plumbline/wire';
import type { ProtobufReader } from '../otlp/protobuf-reader';
import type { SpanTable } from '../otlp/span-table';
import { DueQueue } from './due-queue';
import type { EmittedBefore } from './emitted-before';
import { ForgottenTraces } from './forgotten-traces';
import { IdTable } from './id-table';
import { OpenTrace, type RecordPosition } from './open-trace';
import { noSlot, type SpanStore } from './span-store';

/** Milliseconds, of record time where not said otherwise. */
export interface AssemblyTimings {
  /** Silence after which a trace that looks complete is emitted; from the third emission on twice as long each time. */
  readonly completeAfterMs: number;
  /** Silence after which any other is. */
  readonly incompleteAfterMs: number;
  /** Time after which every trace is, silent or not. */
  readonly atLatestAfterMs: number;
  /** How long after each emission late spans are still merged. */
  readonly mergeableForMs: number;
  /** How much spans are expected to be late: how far the watermark stays behind. */
  readonly watermarkLagMs: number;
  /** Event times later than record time by more, or earlier by more than `maxPastMs`, are replaced. */
  readonly maxFutureMs: number;
  readonly maxPastMs: number;
  /** How long a trace that can no longer be merged is remembered, so that its spans are known to be late. */
  readonly rememberMs: number;
}

export interface AssemblyLimits {
  readonly maxSpansPerTrace: number;
  /** Spans in open traces of a partition; the oldest trace gives way. */
  readonly maxOpenSpans: number;
  /** Bytes of the same. */
  readonly maxOpenBytes: number;
  /** Traces remembered for `rememberMs`. */
  readonly maxForgotten: number;
}

/** What happened, in numbers; only ever rises. */
export interface AssemblyCounts {
  spans: number;
  /** Traces emitted, each once. */
  traces: number;
  /** Emissions after the first. */
  revisions: number;
  /** Spans that had come before. */
  repeated: number;
  /** Spans of traces that were forgotten. */
  late: number;
  /** Spans beyond the limit of their trace. */
  truncated: number;
  /** Traces that had to give way before their time. */
  evicted: number;
}

export const noCounts: Readonly<AssemblyCounts> = {
  spans: 0,
  traces: 0,
  revisions: 0,
  repeated: 0,
  late: 0,
  truncated: 0,
  evicted: 0,
};

/**
 * Is given a trace to be written, and then all of it again as a new revision.
 * `trace.emitted` spans were in the revision before, `trace.count` are in the new one. The revision before is taken back, but
 * for the `trace.counted` spans that were emitted for a window which is closed by now.
 */
export type EmitTrace = (trace: OpenTrace) => void;

const lastRevision = 65_535;
/** Emissions after which the wait before the next is not doubled any more; by then it is as long as any. */
const mostDoublings = 16;
/** What an open trace takes beside its spans: an object, its places in a table, a queue and a list. */
const traceBytes = 300;
/** The watermark is looked for again after so much record time; looking walks through all traces that wait. */
const watermarkStepMs = 100;

/**
 * Traces of one partition, from spans. Decides by record time alone, so a replay decides the same; knows no clock and no Kafka.
 *
 * The caller first lets time pass up to a record's time, then adds the record's spans.
 */
export class TraceAssembler {
  readonly counts: AssemblyCounts = { ...noCounts };
  private readonly table = new IdTable();
  private readonly traces: (OpenTrace | undefined)[] = [];
  private readonly freeNumbers: number[] = [];
  private readonly queue = new DueQueue<OpenTrace>();
  private readonly forgotten: ForgottenTraces;
  /** Traces that were not emitted yet. */
  private readonly fresh = new Set<OpenTrace>();
  private before: EmittedBefore | undefined;
  private oldest: OpenTrace | undefined;
  private newest: OpenTrace | undefined;
  private sequence = 0;
  private timeMs = -Infinity;
  private watermarkMs = -Infinity;
  private watermarkAtMs = -Infinity;

  constructor(
    private readonly store: SpanStore,
    private readonly timings: AssemblyTimings,
    private readonly limits: AssemblyLimits,
    private readonly emit: EmitTrace,
  ) {
    this.forgotten = new ForgottenTraces(limits.maxForgotten, timings.rememberMs);
  }

  /** Record time, which only rises; −∞ before the first record. */
  get nowMs(): number {
    return this.timeMs;
  }

  get openTraces(): number {
    return this.table.size;
  }

  /** What was emitted before the first span is added; it is forgotten when nothing of it can be read again. */
  recall(before: EmittedBefore): void {
    this.before = before;
    this.watermarkMs = Math.max(this.watermarkMs, before.watermarkMs);
  }

  /** Memory of what is open. */
  get openBytes(): number {
    return this.store.byteLength + this.table.size * traceBytes;
  }

  /** Offset of the first record that a restart needs, `undefined` when it needs none of those that were added. */
  get firstNeededOffset(): number | undefined {
    return this.oldest?.firstRecord.offset;
  }

  /** Lets record time pass: emits what is due, forgets what can no longer be merged. An earlier time than before is ignored. */
  advance(nowMs: number): void {
    if (nowMs <= this.timeMs) return;
    for (let trace = this.queue.takeDue(nowMs); trace !== undefined; trace = this.queue.takeDue(nowMs)) {
      // Step by step, so that a watermark sent on the way promises nothing that the next trace would break.
      this.timeMs = Math.max(this.timeMs, trace.dueMs);
      this.turn(trace, trace.dueMs);
    }
    this.timeMs = nowMs;
    const { atLatestAfterMs, mergeableForMs } = this.timings;
    if (this.before !== undefined && nowMs > this.before.newestMs + atLatestAfterMs + mergeableForMs)
      this.before = undefined;
  }

  /** Adds one span of a record, read from the bytes that `protobuf` has open. Offsets rise. */
  add(protobuf: ProtobufReader, table: SpanTable, row: number, resource: number, record: RecordPosition): void {
    const { counts, store, limits } = this;
    const { view } = protobuf;
    counts.spans += 1;
    while (store.count >= limits.maxOpenSpans || this.openBytes > limits.maxOpenBytes) {
      if (!this.evictOldest()) break;
    }
    const idAt = table.traceIdAt.get(row);
    const trace = this.traces[this.table.get(view, idAt)] ?? this.open(protobuf, idAt, record);
    const spanIdAt = table.spanIdAt.get(row);
    const [idHigh, idLow] = [view.getUint32(spanIdAt), view.getUint32(spanIdAt + 4)];
    const known = trace.find(store, idHigh, idLow);
    if (known !== noSlot && trace.findKind(store, idHigh, idLow, table.kind.get(row)) !== noSlot) {
      counts.repeated += 1;
      return;
    }
    if (trace.late) counts.late += 1;
    if (trace.count >= limits.maxSpansPerTrace) {
      counts.truncated += 1;
      trace.truncated = true;
      return;
    }
    if (!trace.pending) trace.pendingSinceMs = this.timeMs;
    const slot = store.add(protobuf, table, row, resource);
    const eventMs = eventTime(store.startMs(slot), store.endMs(slot), record.timestampMs, this.timings);
    // While a partition is quiet time may have passed further than records say, and a process before may have promised more.
    store.eventMs[slot] = Math.max(eventMs, this.watermarkMs);
    trace.append(store, slot, known !== noSlot);
    trace.lastMs = this.timeMs;
    const dueMs = this.timeMs + this.timings.completeAfterMs;
    if (dueMs < trace.dueMs) this.queue.schedule(trace, dueMs);
  }

  /** No trace that is emitted from now on has an earlier event time. Never falls. Milliseconds since the epoch; −∞ before the first record. */
  watermark(): number {
    if (this.timeMs < this.watermarkAtMs + watermarkStepMs) return this.watermarkMs;
    this.watermarkAtMs = this.timeMs;
    let watermark = this.timeMs - this.timings.watermarkLagMs;
    for (const { earliestEventMs } of this.fresh) watermark = Math.min(watermark, earliestEventMs);
    this.watermarkMs = Math.max(this.watermarkMs, Math.floor(watermark));
    return this.watermarkMs;
  }

  private open(protobuf: ProtobufReader, idAt: number, record: RecordPosition): OpenTrace {
    const { view } = protobuf;
    const ended = this.forgotten.revision(view, idAt);
    const late = ended > 0;
    const before = late ? lateAfter(ended) : 0;
    const number = this.freeNumbers.pop() ?? this.traces.length;
    // Copies, not the record nor a view of its bytes: those would keep whatever came with it for as long as the trace is open.
    this.store.traceIds.set(number, view, idAt);
    const { offset, timestampMs } = record;
    const trace = new OpenTrace(number, this.sequence, { offset, timestampMs }, before, late);
    this.sequence += 1;
    this.traces[number] = trace;
    this.table.set(view, idAt, number);
    this.fresh.add(trace);
    trace.previous = this.newest;
    if (this.newest === undefined) this.oldest = trace;
    else this.newest.next = trace;
    this.newest = trace;
    return trace;
  }

  /** A trace's time has come, by what was known when it was scheduled; `atMs` is that time. */
  private turn(trace: OpenTrace, atMs: number): void {
    const { completeAfterMs, incompleteAfterMs, atLatestAfterMs } = this.timings;
    if (!trace.pending) {
      this.forget(trace, atMs);
      return;
    }
    const latestMs = trace.pendingSinceMs + atLatestAfterMs;
    // Each emission writes all of it again, so one that goes on growing waits twice as long each time.
    const waitMs = completeAfterMs * 2 ** Math.min(Math.max(0, trace.emissions - 2), mostDoublings);
    const completeMs = Math.min(trace.lastMs + waitMs, latestMs);
    const incompleteMs = Math.min(trace.lastMs + Math.max(incompleteAfterMs, waitMs), latestMs);
    if (atMs < completeMs) this.queue.schedule(trace, completeMs);
    else if (atMs >= incompleteMs || trace.isComplete(this.store)) this.emitNow(trace, atMs);
    else this.queue.schedule(trace, incompleteMs);
  }

  private emitNow(trace: OpenTrace, atMs: number): void {
    this.recallTrace(trace, atMs);
    if (trace.pending && trace.revision < (trace.late ? lastRevision : firstLateRevision - 1)) {
      if (this.fresh.delete(trace)) this.counts.traces += 1;
      else this.revise(trace, atMs);
      this.emit(trace);
      trace.emissions += 1;
      trace.revision += 1;
    }
    trace.emitted = trace.count;
    this.queue.schedule(trace, atMs + this.timings.mergeableForMs);
  }

  /**
   * Goes on from what was emitted of a trace before this process had its partition. That is not taken back: what is new is counted
   * beside it. Spans are read again in the order in which they were, so those that were emitted come first.
   */
  private recallTrace(trace: OpenTrace, atMs: number): void {
    const { store, before } = this;
    const { view } = store.traceIds;
    const earlier = trace.recalled ? undefined : before?.find(view, trace.number * 16);
    if (before === undefined || earlier === undefined) {
      trace.recalled = true;
      return;
    }
    const known = trace.leading(store, (high, low, kind) => before.has(earlier.number, high, low, kind));
    const isWhole = known === earlier.spans;
    trace.recalled = known < trace.count || (isWhole && earlier.takenBack);
    this.fresh.delete(trace);
    trace.openFromMs = atMs - this.timings.watermarkLagMs;
    trace.emitted = trace.counted = trace.recalled && isWhole ? earlier.counted : known;
    if (!trace.recalled || isWhole) {
      // Else what is here may be the beginning of what was emitted, which is still to be read.
      trace.late ||= earlier.revision >= firstLateRevision;
      trace.revision = Math.max(trace.revision, earlier.revision);
      return;
    }
    // Its beginning is not read again.
    if (!trace.late) this.counts.late += trace.count - known;
    trace.late = true;
    trace.revision = Math.max(trace.revision, lateAfter(earlier.revision));
  }

  /** What was emitted for a window that may be closed can no longer be taken back: what is new is counted for another. */
  private revise(trace: OpenTrace, atMs: number): void {
    this.counts.revisions += 1;
    const openFromMs = atMs - this.timings.watermarkLagMs;
    if (trace.eventTimeMs >= openFromMs) return;
    trace.counted = trace.emitted;
    trace.openFromMs = openFromMs;
    trace.eventTimeMs = NaN;
  }

  private evictOldest(): boolean {
    const trace = this.oldest;
    if (trace === undefined) return false;
    if (trace.pending) {
      this.counts.evicted += 1;
      this.emitNow(trace, this.timeMs);
    }
    this.forget(trace, this.timeMs);
    return true;
  }

  private forget(trace: OpenTrace, atMs: number): void {
    trace.dueMs = Infinity;
    for (let slot = trace.head; slot !== noSlot;) {
      const next = this.store.next[slot] ?? noSlot;
      this.store.release(slot);
      slot = next;
    }
    const { traceIds } = this.store;
    this.table.delete(traceIds.view, trace.number * 16);
    this.traces[trace.number] = undefined;
    this.freeNumbers.push(trace.number);
    this.forgotten.add(traceIds.view, trace.number * 16, trace.revision, atMs);
    this.queue.compact(this.table.size);
    if (trace.previous === undefined) this.oldest = trace.next;
    else trace.previous.next = trace.next;
    if (trace.next === undefined) this.newest = trace.previous;
    else trace.next.previous = trace.previous;
  }
}

/**
 * Revision that the first emission of what does not go on from an earlier one comes after. One is left out between both, by which
 * detection knows that it is to be counted beside the earlier.
 */
function lateAfter(revision: number): number {
  return Math.min(Math.max(revision + 1, firstLateRevision - 1), lastRevision - 1);
}

/**
 * Event time of a trace from its entry span: the start, but for requests so long that their window would be closed when they
 * end. Those count shortly before their end: spans are sent when they end, and half of the lag is left for their way.
 *
 * No event time is earlier than what the watermark promised when the span arrived. Clocks of other machines are hostile: one
 * that is far from record time is replaced by it.
 *
 * @param endMs 0 where none was sent; one in the future is not believed
 * @param recordMs record time of the span
 */
export function eventTime(
  startMs: number,
  endMs: number,
  recordMs: number,
  { maxFutureMs, maxPastMs, watermarkLagMs }: Pick<AssemblyTimings, 'maxFutureMs' | 'maxPastMs' | 'watermarkLagMs'>,
): number {
  const ended = endMs <= recordMs + maxFutureMs;
  const ownMs = ended ? Math.max(startMs, endMs - watermarkLagMs / 2) : startMs;
  if (ownMs > recordMs + maxFutureMs || ownMs < recordMs - maxPastMs) return recordMs;
  return Math.max(ownMs, recordMs - watermarkLagMs);
}
