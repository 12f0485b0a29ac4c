import { noRow, spanFlags } from '@plumbline/wire';

const spanKinds = { server: 2, client: 3, producer: 4, consumer: 5 } as const;

/** Spans may start before or end after their parents by so much without anybody's fault: hosts kept by NTP agree to about this. */
const clockToleranceNs = 10e6;
/** Spans with more children than this are not shifted into their parent, only clipped: sorting them again would cost too much. */
const maxShifted = 256;
const initialRows = 64;

/** What features of a trace follow from, by row; parents before children, siblings by start. */
export interface TraceShape {
  readonly count: number;
  readonly parent: ArrayLike<number>;
  /** 1: names a parent that never came. */
  readonly orphan: ArrayLike<number>;
  /** Nanoseconds from any common point. */
  readonly startNs: ArrayLike<number>;
  readonly durationNs: ArrayLike<number>;
  /** OTLP span kind. */
  readonly kind: ArrayLike<number>;
  readonly service: ArrayLike<number>;
  /** 1: failed. */
  readonly failed: ArrayLike<number>;
  /** 1: has a link to its own parent. */
  readonly linked: ArrayLike<number>;
}

/** Features of a trace, from durations and order below the same parent; never from the clocks of two hosts. */
export class Features {
  /** Row of the nearest span at or above by which the request entered the service. */
  entryRow = new Int32Array(initialRows);
  /** `spanFlags`, but for `truncated`. */
  flags = new Uint8Array(initialRows);
  selfMs = new Float64Array(initialRows);
  gapMs = new Float64Array(initialRows);
  /** Children that entered a service through the span, synchronous or not. */
  remoteChildren = new Int32Array(initialRows);

  private firstChild = new Int32Array(initialRows);
  private nextSibling = new Int32Array(initialRows);
  private childStart = new Float64Array(initialRows);
  private childEnd = new Float64Array(initialRows);

  compute(trace: TraceShape): void {
    if (trace.count > this.flags.length) this.grow(trace.count);
    for (let row = 0; row < trace.count; row += 1) this.place(trace, row);
    for (let row = trace.count - 1; row >= 0; row -= 1) {
      const parent = trace.parent[row] ?? noRow;
      if (parent === noRow) continue;
      this.nextSibling[row] = this.firstChild[parent] ?? noRow;
      this.firstChild[parent] = row;
    }
    for (let row = 0; row < trace.count; row += 1) this.measure(trace, row);
  }

  /** What a span is to its parent. */
  private place(trace: TraceShape, row: number): void {
    const parent = trace.parent[row] ?? noRow;
    this.firstChild[row] = noRow;
    this.remoteChildren[row] = 0;
    let flags = trace.failed[row] === 1 ? spanFlags.error : 0;
    if (trace.orphan[row] === 1) flags |= spanFlags.orphan;
    if (parent === noRow) {
      this.entryRow[row] = row;
      this.flags[row] = flags | spanFlags.entry;
      return;
    }
    const kind = trace.kind[row];
    const parentKind = trace.kind[parent];
    const called = kind === spanKinds.server && parentKind === spanKinds.client;
    const consumed = kind === spanKinds.consumer || parentKind === spanKinds.producer;
    // A service that calls itself enters itself.
    const entry = called || trace.service[row] !== trace.service[parent] || (consumed && kind === spanKinds.consumer);
    this.entryRow[row] = entry ? row : (this.entryRow[parent] ?? row);
    if (entry) {
      flags |= spanFlags.entry;
      this.remoteChildren[parent] = (this.remoteChildren[parent] ?? 0) + 1;
    }
    const start = trace.startNs[row] ?? 0;
    const end = start + (trace.durationNs[row] ?? 0);
    const parentStart = trace.startNs[parent] ?? 0;
    const parentEnd = parentStart + (trace.durationNs[parent] ?? 0);
    // A call that seems to begin after its client's end has a clock that is off: the client waited for it.
    if (consumed || trace.linked[row] === 1 || (start > parentEnd && !called)) flags |= spanFlags.asynchronous;
    else if (start < parentStart - clockToleranceNs || end > parentEnd + clockToleranceNs) flags |= spanFlags.skewed;
    this.flags[row] = flags;
  }

  /** Times that a span spent itself and on the way, and whether its failure began with it. */
  private measure(trace: TraceShape, row: number): void {
    const start = trace.startNs[row] ?? 0;
    const duration = trace.durationNs[row] ?? 0;
    const end = start + duration;
    let children = 0;
    let remote = 0;
    let remoteDuration = 0;
    let failed = false;
    for (let child = this.firstChild[row] ?? noRow; child !== noRow; child = this.nextSibling[child] ?? noRow) {
      const flags = this.flags[child] ?? 0;
      if ((flags & spanFlags.asynchronous) !== 0) continue;
      const childDuration = trace.durationNs[child] ?? 0;
      const entered = (flags & spanFlags.entry) !== 0;
      if (entered) {
        remote += 1;
        remoteDuration = childDuration;
      }
      if ((flags & spanFlags.error) !== 0) failed = true;
      children = this.addChild(children, trace.startNs[child] ?? 0, childDuration, start, end, entered);
    }
    const self = duration - this.union(children);
    this.selfMs[row] = self / 1e6;
    const measurable = trace.kind[row] === spanKinds.client && remote === 1;
    this.gapMs[row] = measurable ? Math.max(0, duration - remoteDuration) / 1e6 : NaN;
    if (trace.failed[row] === 1 && !failed) this.flags[row] = (this.flags[row] ?? 0) | spanFlags.origin;
  }

  /**
   * Adds a child's interval, clipped to its parent, to those gathered so far, which stay sorted by start. The clock of another
   * service may be off: what it sent is shifted so that as much as possible lies within.
   */
  private addChild(
    count: number,
    childStart: number,
    duration: number,
    start: number,
    end: number,
    remote: boolean,
  ): number {
    let from = childStart;
    if (remote && count < maxShifted) {
      if (from + duration > end) from = end - duration;
      if (from < start) from = start;
    }
    const to = Math.min(from + duration, end);
    from = Math.max(from, start);
    if (to <= from) return count;
    let at = count;
    for (; at > 0 && (this.childStart[at - 1] ?? 0) > from; at -= 1) {
      this.childStart[at] = this.childStart[at - 1] ?? 0;
      this.childEnd[at] = this.childEnd[at - 1] ?? 0;
    }
    this.childStart[at] = from;
    this.childEnd[at] = to;
    return count + 1;
  }

  private union(count: number): number {
    let covered = 0;
    let reached = -Infinity;
    for (let i = 0; i < count; i += 1) {
      const from = Math.max(this.childStart[i] ?? 0, reached);
      const to = this.childEnd[i] ?? 0;
      if (to <= from) continue;
      covered += to - from;
      reached = to;
    }
    return covered;
  }

  private grow(count: number): void {
    const size = Math.max(count, this.flags.length * 2);
    this.entryRow = new Int32Array(size);
    this.flags = new Uint8Array(size);
    this.selfMs = new Float64Array(size);
    this.gapMs = new Float64Array(size);
    this.remoteChildren = new Int32Array(size);
    this.firstChild = new Int32Array(size);
    this.nextSibling = new Int32Array(size);
    this.childStart = new Float64Array(size);
    this.childEnd = new Float64Array(size);
  }
}
