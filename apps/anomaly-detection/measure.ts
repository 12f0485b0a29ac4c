import { edgeKey, entryKey, noRow, operationKey, spanFlags, traceFlags, type TraceBatch } from '@plumbline/wire';
import type { BatchIndex } from './batch-index';
import { Instances } from './instances';
import { mostLogRatio, type Normal, type NormalEdge, type NormalOperation } from './normal';
import { ShapeReader } from './shapes';

/** Sums over the spans or calls of one row in one trace. */
class Sums {
  readonly touched: number[] = [];
  readonly sumMs: Float64Array;
  readonly count: Int32Array;

  constructor(size: number) {
    this.sumMs = new Float64Array(size);
    this.count = new Int32Array(size);
  }

  add(index: number, ms: number): void {
    if (this.count[index] === 0) this.touched.push(index);
    this.count[index] = (this.count[index] ?? 0) + 1;
    this.sumMs[index] = (this.sumMs[index] ?? 0) + ms;
  }

  clear(): void {
    for (const index of this.touched) {
      this.sumMs[index] = 0;
      this.count[index] = 0;
    }
    this.touched.length = 0;
  }
}

/** What a row of flags says of the spans of one operation in a trace. */
export const operationMarks = { present: 1, erring: 2, failing: 4, deep: 8, watched: 16, lacking: 32 } as const;

/** A set of children that spans of an operation had in the trace. */
export interface SeenShape {
  readonly operation: number;
  readonly key: string;
  deep: boolean;
}

/** The three ways in which a service takes time. */
export interface ServiceTime {
  actualMs: number;
  usualMs: number;
}

/** What one trace of a batch measures, one value a row: filled by {@link TraceMeasurer.measure}, overwritten by the next. */
export class TraceMeasurer {
  /** Own time of operations, by index into the batch's operations; time of calls, by index into its edges. */
  readonly own: Sums;
  readonly calls: Sums;
  /** {@link operationMarks} by operation; those in {@link markedOperations} have any. */
  readonly marks: Uint8Array;
  readonly markedOperations: number[] = [];
  /** Services present, and those in which a failure began, by index into the batch's services. */
  readonly services: number[] = [];
  readonly failingServices = new Set<number>();
  /** Times of services that are known, by index into the batch's services. */
  readonly ownTime = new Map<number, ServiceTime>();
  readonly outTime = new Map<number, ServiceTime>();
  readonly inTime = new Map<number, ServiceTime>();
  readonly whole: ServiceTime = { actualMs: 0, usualMs: 0 };
  readonly shapes: SeenShape[] = [];
  /** Own time and failures by version, pod and node. */
  readonly instances: Instances;
  /** Regular calls: edges that the trace is watched for, `true` where it lacks them; by edge key. */
  readonly regularCalls = new Map<string, boolean>();

  private readonly normalOperations: readonly (NormalOperation | undefined)[];
  private readonly normalEdges: readonly (NormalEdge | undefined)[];
  private readonly calleeOf: Int32Array;
  private readonly present: Uint8Array;
  private readonly isCall: Uint8Array;
  private readonly below: Uint8Array;
  private readonly shapeReader: ShapeReader;
  /** Spans that failed or lack a child took another way than usual, and their times say nothing. */
  private readonly odd = new Set<number>();
  /** Spans with any of these flags are left out. */
  private skipped = 0;

  /** @param normal what to measure against; without it only sums are taken */
  constructor(
    private readonly batch: TraceBatch,
    private readonly index: BatchIndex,
    readonly normal: Normal | undefined,
  ) {
    this.own = new Sums(index.operations.length);
    this.calls = new Sums(index.edges.length);
    this.marks = new Uint8Array(index.operations.length);
    this.present = new Uint8Array(batch.services.length);
    this.isCall = new Uint8Array(batch.spans.count);
    this.below = new Uint8Array(batch.spans.count);
    this.calleeOf = new Int32Array(index.edges.length).fill(-1);
    this.normalOperations = index.operations.map((o) =>
      normal?.operations.get(operationKey(o.service, o.operation, o.kind, o.entry)),
    );
    this.normalEdges = index.edges.map((e) =>
      normal?.edges.get(edgeKey(e.caller, e.callerOperation, e.callee, e.operation)),
    );
    const serviceIndex = new Map(batch.services.map((name, i) => [name, i]));
    for (const [i, { callee }] of index.edges.entries()) this.calleeOf[i] = serviceIndex.get(callee) ?? -1;
    this.shapeReader = new ShapeReader(batch, index);
    this.instances = new Instances(batch);
  }

  /** @param fresh leaves out spans that were counted before, in a window that is closed by now */
  measure(trace: number, fresh = false): void {
    this.clear();
    this.skipped = fresh ? spanFlags.counted : 0;
    const { traces } = this.batch;
    const first = traces.spanOffsets[trace] ?? 0;
    const end = traces.spanOffsets[trace + 1] ?? first;
    this.measureCalls(trace);
    this.markShapes(trace, first, end);
    this.sumOwnTime(first, end);
    this.lookForRegularCalls(trace, first, end);
  }

  /** ln of (actual + c)/(usual + c), within ±{@link mostLogRatio}. */
  logRatio({ actualMs, usualMs }: ServiceTime): number {
    const c = this.normal?.materialMs ?? 0;
    const ratio = Math.log((Math.max(actualMs, 0) + c) / (usualMs + c));
    return Number.isFinite(ratio) ? Math.min(Math.max(ratio, -mostLogRatio), mostLogRatio) : 0;
  }

  private clear(): void {
    this.own.clear();
    this.calls.clear();
    for (const index of this.markedOperations) this.marks[index] = 0;
    for (const index of this.services) this.present[index] = 0;
    this.markedOperations.length = 0;
    this.services.length = 0;
    this.shapes.length = 0;
    this.failingServices.clear();
    for (const times of [this.ownTime, this.outTime, this.inTime]) times.clear();
    this.regularCalls.clear();
    this.instances.clear();
    this.whole.actualMs = 0;
    this.whole.usualMs = 0;
  }

  private mark(operation: number, bits: number): void {
    const known = this.marks[operation] ?? 0;
    if (known === 0) this.markedOperations.push(operation);
    this.marks[operation] = known | bits;
  }

  private measureCalls(trace: number): void {
    const { spans } = this.batch;
    const { calls, callOffsets } = this.index;
    for (let i = callOffsets[trace] ?? 0; i < (callOffsets[trace + 1] ?? 0); i += 1) {
      const call = calls[i];
      if (call === undefined || call.client === noRow || this.skips(call.client)) continue;
      const gap = spans.gapMs[call.client] ?? NaN;
      // Who calls somebody without spans waits for all of it; with several children it is no single call.
      const ms = call.server === noRow ? (spans.selfMs[call.client] ?? 0) : gap;
      if (Number.isNaN(ms)) continue;
      this.isCall[call.client] = 1;
      const { edge } = call.group;
      this.calls.add(edge, ms);
      const median = this.normalEdges[edge]?.medianMs ?? NaN;
      if (Number.isNaN(median)) continue;
      const caller = spans.service[call.client] ?? 0;
      this.whole.actualMs += ms;
      this.whole.usualMs += median;
      const callee = this.calleeOf[edge] ?? -1;
      if (call.server === noRow || callee < 0) {
        addTime(this.ownTime, caller, ms, median);
        this.instances.add(call.client, ms, median);
      } else {
        addTime(this.outTime, caller, ms, median);
        addTime(this.inTime, callee, ms, median);
      }
    }
  }

  /** Sets of children, what they lack, and which bad spans have nothing bad below them. */
  private markShapes(trace: number, first: number, end: number): void {
    const { spans, traces } = this.batch;
    const { operationOf } = this.index;
    const flags = traces.flags[trace] ?? 0;
    const whole = isWhole(flags);
    const reader = this.shapeReader;
    if (whole) reader.read(first, end);
    const seen = new Map<string, SeenShape>();
    for (let row = first; row < end; row += 1) this.below[row] = 0;
    for (let row = end - 1; row >= first; row -= 1) {
      const operation = operationOf[row] ?? 0;
      const normal = this.normalOperations[operation];
      const failed = ((spans.flags[row] ?? 0) & spanFlags.error) !== 0;
      const call = this.isCall[row] === 1;
      let broken = false;
      if (whole && !call) {
        const shape = reader.shapeOf(row);
        if (shape !== undefined && normal !== undefined) broken = reader.breaks(shape, operation, normal);
        if (shape !== undefined) {
          const deep = broken && this.below[row] === 0;
          const id = `${operation} ${shape.id}`;
          const known = seen.get(id);
          if (known === undefined) {
            const fresh = { operation, key: shape.key, deep };
            seen.set(id, fresh);
            this.shapes.push(fresh);
          } else known.deep ||= deep;
          const watched = normal !== undefined && normal.regular.length > 0 && !reader.isNew(shape, operation, normal);
          if (watched && !failed && !this.entryFailed(row)) {
            const lacks = reader.lacks(shape, operation, normal);
            this.mark(operation, operationMarks.watched | (lacks ? operationMarks.lacking : 0));
          }
        }
      }
      if (failed && !this.skips(row))
        this.mark(operation, operationMarks.erring | (this.below[row] === 0 ? operationMarks.deep : 0));
      const slow = !call && (spans.selfMs[row] ?? 0) > (normal?.slowMs ?? Infinity);
      if (failed || broken) this.odd.add(row);
      const parent = spans.parentRow[row] ?? noRow;
      if (parent !== noRow && (failed || broken || slow || this.below[row] !== 0)) this.below[parent] = 1;
    }
  }

  private skips(row: number): boolean {
    return ((this.batch.spans.flags[row] ?? 0) & this.skipped) !== 0;
  }

  private entryFailed(row: number): boolean {
    const { spans } = this.batch;
    const entry = spans.entryRow[row] ?? noRow;
    return entry !== noRow && ((spans.flags[entry] ?? 0) & spanFlags.error) !== 0;
  }

  private sumOwnTime(first: number, end: number): void {
    const { spans } = this.batch;
    for (let row = first; row < end; row += 1) {
      if (this.skips(row)) continue;
      const operation = this.index.operationOf[row] ?? 0;
      const service = spans.service[row] ?? 0;
      if (this.present[service] === 0) {
        this.present[service] = 1;
        this.services.push(service);
      }
      const flags = spans.flags[row] ?? 0;
      const origin = (flags & spanFlags.origin) !== 0;
      this.mark(operation, operationMarks.present | (origin ? operationMarks.failing : 0));
      if (origin) this.failingServices.add(service);
      this.instances.see(row, origin);
      if (this.isCall[row] === 1) {
        this.isCall[row] = 0;
        continue;
      }
      const ms = spans.selfMs[row] ?? 0;
      if (!this.odd.has(row)) this.own.add(operation, ms);
      const median = this.normalOperations[operation]?.medianMs ?? NaN;
      if (Number.isNaN(median)) continue;
      addTime(this.ownTime, service, ms, median);
      this.instances.add(row, ms, median);
      this.whole.actualMs += ms;
      this.whole.usualMs += median;
    }
    this.odd.clear();
  }

  private lookForRegularCalls(trace: number, first: number, end: number): void {
    const { normal } = this;
    if (normal === undefined || normal.regularEdges.size === 0) return;
    const { spans, traces, services, operations } = this.batch;
    if (!isWhole(traces.flags[trace] ?? 0)) return;
    for (let row = first; row < end; row += 1) {
      const spanBits = spans.flags[row] ?? 0;
      if ((spanBits & spanFlags.entry) === 0 || (spanBits & spanFlags.error) !== 0) continue;
      const key = entryKey(services[spans.service[row] ?? 0] ?? '', operations[spans.operation[row] ?? 0] ?? '');
      for (const edge of normal.regularEdges.get(key) ?? []) {
        const id = edgeKey(edge.caller, edge.callerOperation, edge.callee, edge.operation);
        const at = this.shapeReader.edgeIndex.get(id);
        const lacking = at === undefined || this.index.group(row, at) === undefined;
        // Who calls somebody new instead leaves nothing out, as far as anybody knows yet.
        if (lacking && this.callsNew(trace, row)) continue;
        this.regularCalls.set(id, lacking || this.regularCalls.get(id) === true);
      }
    }
  }

  /** Whether calls were made from an entry span that nothing is known of. */
  private callsNew(trace: number, entry: number): boolean {
    const { groups, groupOffsets } = this.index;
    for (let i = groupOffsets[trace] ?? 0; i < (groupOffsets[trace + 1] ?? 0); i += 1) {
      const group = groups[i];
      if (group?.entry === entry && this.normalEdges[group.edge] === undefined) return true;
    }
    return false;
  }
}

/** Whether what a trace lacks was not called: of others it may not have come, or was counted when it came. */
export function isWhole(flags: number): boolean {
  return (flags & (traceFlags.complete | traceFlags.truncated | traceFlags.late)) === traceFlags.complete;
}

function addTime(times: Map<number, ServiceTime>, service: number, actualMs: number, usualMs: number): void {
  const known = times.get(service);
  if (known === undefined) times.set(service, { actualMs, usualMs });
  else {
    known.actualMs += actualMs;
    known.usualMs += usualMs;
  }
}
