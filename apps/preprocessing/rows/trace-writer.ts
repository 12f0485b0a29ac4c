import { noRow, spanFlags, traceFlags } from '@plumbline/wire';
import type { AssemblyTimings } from '../assembly/assemble';
import type { OpenTrace } from '../assembly/open-trace';
import type { SpanStore } from '../assembly/span-store';
import { bytesPerSpan, type BatchBuilder } from './batch-builder';
import { Features, type TraceShape } from './features';
import type { SpanWriter, Words } from './span-writer';
import { TraceOrder } from './trace-order';

const initialRows = 64;
/** What is left for the words of a span that gets few: its name, and what it adds to dictionaries. */
const fewWordsBytes = 64;

/**
 * How much a trace says in words: what the limit of its texts allows; what fits into a message; nothing. Spans that come later say less
 * than those that came first.
 */
export type Wordiness = 'allowed' | 'fitting' | 'none';

/** Sizes in bytes. */
export interface TraceSizes {
  /** Texts of a trace; spans beyond have no more than their name. */
  readonly maxTraceBytes: number;
  /** What a batch may have with the trace in it. */
  readonly maxBatchBytes: number;
  /** What one span may add. */
  readonly maxSpanBytes: number;
}

/** Writes whole traces with their features into a batch. */
export class TraceWriter {
  /** Traces whose event time follows from record time, their own being too far from it. */
  replacedTimes = 0;
  private readonly order = new TraceOrder();
  private readonly features = new Features();
  private durationNs = new Float64Array(initialRows);
  private kind = new Uint8Array(initialRows);
  private service = new Int32Array(initialRows);
  private failed = new Uint8Array(initialRows);
  private linked = new Uint8Array(initialRows);
  private truncated = new Uint8Array(initialRows);
  private peer = new Int32Array(initialRows);

  constructor(
    private readonly spans: SpanWriter,
    private readonly timings: Pick<AssemblyTimings, 'watermarkLagMs'>,
    private readonly sizes: TraceSizes,
  ) {}

  /** Appends the next revision of a trace. */
  appendRevision(batch: BatchBuilder, store: SpanStore, trace: OpenTrace, wordiness: Wordiness): void {
    const { count } = trace;
    this.begin(batch, store, trace, count);
    const first = batch.spanCount;
    const budget = batch.textBytes + this.sizes.maxTraceBytes;
    const few = wordiness === 'none' ? 'none' : 'name';
    let wordy = wordiness === 'none' ? 0 : count;
    for (let row = 0; row < count; row += 1) {
      if (row < wordy && !this.hasRoom(batch, wordiness, budget, count - row)) wordy = row;
      this.appendSpan(batch, store, first, row, row < wordy ? 'all' : few);
    }
    this.finish(batch, store, trace, { count, revision: trace.revision + 1, flags: 0 });
    trace.wordySpans = wordy;
    trace.wordyResources = wordiness !== 'none';
  }

  /** Appends what takes the last revision of a trace back: the same spans, without what they say in words. */
  appendRetraction(batch: BatchBuilder, store: SpanStore, trace: OpenTrace): void {
    const count = trace.emitted;
    this.begin(batch, store, trace, count);
    const few = trace.wordyResources ? 'name' : 'none';
    for (let row = 0; row < count; row += 1) {
      const [attributes, keys] = [batch.attributeCount, batch.attributeKeys.size];
      // Written as it was, so that the same of it counts as cut off.
      this.appendSpan(batch, store, batch.spanCount, row, row < trace.wordySpans ? 'all' : few);
      batch.silence(batch.spanCount + row, attributes, keys);
    }
    this.finish(batch, store, trace, { count, revision: trace.revision, flags: traceFlags.retraction });
  }

  private hasRoom(batch: BatchBuilder, wordiness: Wordiness, budget: number, spansLeft: number): boolean {
    if (batch.textBytes >= budget) return false;
    if (wordiness === 'allowed') return true;
    // Columns of the trace's spans are counted when it is whole.
    const needed = spansLeft * fewWordsBytes + this.order.count * bytesPerSpan + this.sizes.maxSpanBytes;
    return batch.byteLength + needed <= this.sizes.maxBatchBytes;
  }

  private begin(batch: BatchBuilder, store: SpanStore, trace: OpenTrace, count: number): void {
    if (count > this.kind.length) this.grow(count);
    batch.reserve(count);
    this.order.arrange(store, trace, count);
  }

  private finish(
    batch: BatchBuilder,
    store: SpanStore,
    trace: OpenTrace,
    { count, revision, flags }: { readonly count: number; readonly revision: number; readonly flags: number },
  ): void {
    const first = batch.spanCount;
    this.features.compute(this.shape(count));
    for (let row = 0; row < count; row += 1) this.appendFeatures(batch, first, row);
    if (trace.counted > 0) this.flagCounted(batch, store, trace, first);
    batch.spanCount = first + count;
    if (Number.isNaN(trace.eventTimeMs)) this.fixEntry(store, trace);

    const at = batch.traceCount;
    for (let i = 0; i < 16; i += 1) batch.traceId[at * 16 + i] = store.traceIds.bytes[trace.number * 16 + i] ?? 0;
    batch.revision[at] = revision;
    batch.traceFlags[at] = flags | this.flagsOf(trace);
    batch.eventTimeMs[at] = trace.eventTimeMs;
    batch.entryService[at] = batch.services.index(trace.entryService);
    batch.entryOperation[at] = batch.operations.index(trace.entryOperation);
    batch.traceCount = at + 1;
    batch.spanOffsets[at + 1] = batch.spanCount;
  }

  private appendSpan(batch: BatchBuilder, store: SpanStore, first: number, row: number, words: Words): void {
    const { written } = this.spans;
    this.spans.write(batch, first + row, store, this.order.slot[row] ?? 0, words);
    this.durationNs[row] = written.durationNs;
    this.kind[row] = batch.kind[first + row] ?? 0;
    this.service[row] = written.service;
    this.failed[row] = written.failed ? 1 : 0;
    this.linked[row] = written.linked ? 1 : 0;
    this.truncated[row] = written.truncated ? 1 : 0;
    this.peer[row] = written.peer;
    if (row === 0) {
      this.entryService = written.service;
      this.entryOperation = written.operation;
    }
  }

  private entryService = 0;
  private entryOperation = 0;

  private appendFeatures(batch: BatchBuilder, first: number, row: number): void {
    const { features, order } = this;
    const at = first + row;
    const parent = order.parent[row] ?? noRow;
    batch.parentRow[at] = parent === noRow ? noRow : first + parent;
    batch.entryRow[at] = first + (features.entryRow[row] ?? row);
    batch.spanFlags[at] = (features.flags[row] ?? 0) | (this.truncated[row] === 1 ? spanFlags.truncated : 0);
    batch.selfMs[at] = features.selfMs[row] ?? 0;
    batch.gapMs[at] = features.gapMs[row] ?? NaN;
    // A callee that sends spans of its own is known better by them.
    batch.peer[at] = batch.peers.index((features.remoteChildren[row] ?? 0) > 0 ? 0 : (this.peer[row] ?? 0));
  }

  private shape(count: number): TraceShape {
    return {
      count,
      parent: this.order.parent,
      orphan: this.order.orphan,
      startNs: this.order.startNs,
      durationNs: this.durationNs,
      kind: this.kind,
      service: this.service,
      failed: this.failed,
      linked: this.linked,
    };
  }

  private flagsOf({ late, counted, truncated }: OpenTrace): number {
    // What comes after a trace was forgotten may look whole, and lacks all that came before.
    const complete = this.order.complete && !late;
    return (
      (complete ? traceFlags.complete : 0) |
      (truncated ? traceFlags.truncated : 0) |
      (late || counted > 0 ? traceFlags.late : 0)
    );
  }

  private flagCounted(batch: BatchBuilder, store: SpanStore, trace: OpenTrace, first: number): void {
    for (let row = 0; row < this.order.count; row += 1) {
      if ((store.position[this.order.slot[row] ?? 0] ?? 0) >= trace.counted) continue;
      batch.spanFlags[first + row] = (batch.spanFlags[first + row] ?? 0) | spanFlags.counted;
    }
  }

  /** Where the request entered, and when: said by the first emission for a window. */
  private fixEntry(store: SpanStore, trace: OpenTrace): void {
    const slot = this.order.slot[0] ?? 0;
    const ownMs = store.eventMs[slot] ?? 0;
    trace.eventTimeMs = ownMs >= trace.openFromMs ? ownMs : trace.openFromMs + this.timings.watermarkLagMs / 2;
    const replaced = ownMs !== store.startMs(slot) && ownMs !== store.endMs(slot) - this.timings.watermarkLagMs / 2;
    if (replaced && trace.counted === 0) this.replacedTimes += 1;
    trace.entryService = this.entryService;
    trace.entryOperation = this.entryOperation;
  }

  private grow(count: number): void {
    const size = Math.max(count, this.kind.length * 2);
    this.durationNs = new Float64Array(size);
    this.kind = new Uint8Array(size);
    this.service = new Int32Array(size);
    this.failed = new Uint8Array(size);
    this.linked = new Uint8Array(size);
    this.truncated = new Uint8Array(size);
    this.peer = new Int32Array(size);
  }
}
