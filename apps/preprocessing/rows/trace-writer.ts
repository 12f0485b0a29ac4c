import { noRow, spanFlags, traceFlags } from '@plumbline/wire';
import type { AssemblyTimings } from '../assembly/assemble';
import type { OpenTrace } from '../assembly/open-trace';
import type { SpanStore } from '../assembly/span-store';
import type { BatchBuilder } from './batch-builder';
import { Features, type TraceShape } from './features';
import type { SpanWriter } from './span-writer';
import { TraceOrder } from './trace-order';

const initialRows = 64;

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

  /**
   * @param maxTraceBytes of a trace's texts; spans beyond come without attributes, events and links
   */
  constructor(
    private readonly spans: SpanWriter,
    private readonly timings: Pick<AssemblyTimings, 'watermarkLagMs'>,
    private readonly maxTraceBytes: number,
  ) {}

  /** Appends the next revision of a trace, and before it a retraction of the one before if that can be taken back. */
  write(batch: BatchBuilder, store: SpanStore, trace: OpenTrace): void {
    if (trace.emitted > trace.counted)
      this.append(batch, store, trace, trace.emitted, trace.revision, traceFlags.retraction);
    this.append(batch, store, trace, trace.count, trace.revision + 1, 0);
  }

  private append(
    batch: BatchBuilder,
    store: SpanStore,
    trace: OpenTrace,
    count: number,
    revision: number,
    flags: number,
  ): void {
    const { order } = this;
    if (count > this.kind.length) this.grow(count);
    batch.reserve(count);
    order.arrange(store, trace, count);
    const first = batch.spanCount;
    const budget = batch.textBytes + this.maxTraceBytes;
    for (let row = 0; row < count; row += 1) this.appendSpan(batch, store, first, row, batch.textBytes < budget);
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

  private appendSpan(batch: BatchBuilder, store: SpanStore, first: number, row: number, whole: boolean): void {
    const { written } = this.spans;
    this.spans.write(batch, first + row, store, this.order.slot[row] ?? 0, whole);
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
