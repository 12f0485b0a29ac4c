import { noRow } from '@plumbline/wire';
import type { OpenTrace } from '../assembly/open-trace';
import { noSlot, type SpanStore } from '../assembly/span-store';

const initialRows = 64;
/** Below, insertion sort is faster than a sort with a comparator. */
const smallTrace = 32;

/**
 * Rows of a trace: parents before children, siblings by start and then span id, roots before orphans; so the order depends on
 * the spans and not on how they arrived. The first row is where the request entered.
 */
export class TraceOrder {
  count = 0;
  /** Has a root, and every parent is known. */
  complete = false;
  /** Slot in the store, by row. */
  slot = new Int32Array(initialRows);
  /** Row of the parent, or {@link noRow}. */
  parent = new Int32Array(initialRows);
  /** 1: names a parent that never came. */
  orphan = new Uint8Array(initialRows);
  /** Nanoseconds after the first span that arrived; exact within 104 days. */
  startNs = new Float64Array(initialRows);

  // By position, that is, order of arrival.
  private slotAt = new Int32Array(initialRows);
  private startAt = new Float64Array(initialRows);
  private parentAt = new Int32Array(initialRows);
  private orphanAt = new Uint8Array(initialRows);
  private rowAt = new Int32Array(initialRows);
  private firstChild = new Int32Array(initialRows);
  private nextSibling = new Int32Array(initialRows);
  private sorted = new Int32Array(initialRows);
  private stack = new Int32Array(initialRows);

  /** Arranges the first `count` spans of a trace. */
  arrange(store: SpanStore, trace: OpenTrace, count: number): void {
    if (count > this.slot.length) this.grow(count);
    this.collect(store, trace, count);
    this.resolve(store, trace, count);
    this.sort(store, count);
    this.link(count);
    this.count = 0;
    for (const orphans of [0, 1]) {
      for (let i = 0; i < count; i += 1) {
        const position = this.sorted[i] ?? 0;
        if (this.parentAt[position] === noRow && this.orphanAt[position] === orphans) this.descend(position);
      }
    }
    // What is left goes round in circles; cut at the earliest span.
    for (let i = 0; this.count < count && i < count; i += 1) {
      const position = this.sorted[i] ?? 0;
      if (this.rowAt[position] !== noRow) continue;
      this.parentAt[position] = noRow;
      this.orphanAt[position] = 1;
      this.complete = false;
      this.descend(position);
    }
  }

  private collect(store: SpanStore, trace: OpenTrace, count: number): void {
    const first = trace.head;
    const baseHigh = store.startHigh[first] ?? 0;
    const baseLow = store.startLow[first] ?? 0;
    let position = 0;
    for (let slot = first; slot !== noSlot; slot = store.next[slot] ?? noSlot) {
      store.position[slot] = position;
      if (position < count) {
        this.slotAt[position] = slot;
        this.startAt[position] =
          ((store.startHigh[slot] ?? 0) - baseHigh) * 4294967296 + ((store.startLow[slot] ?? 0) - baseLow);
        this.rowAt[position] = noRow;
        this.firstChild[position] = noRow;
        this.sorted[position] = position;
      }
      position += 1;
    }
  }

  private resolve(store: SpanStore, trace: OpenTrace, count: number): void {
    let rooted = false;
    let orphans = 0;
    for (let position = 0; position < count; position += 1) {
      const slot = this.slotAt[position] ?? 0;
      const high = store.parentHigh[slot] ?? 0;
      const low = store.parentLow[slot] ?? 0;
      this.parentAt[position] = noRow;
      this.orphanAt[position] = 0;
      const caller = this.before(store, trace.callerOf(store, slot), count);
      if (caller !== noRow) {
        this.parentAt[position] = caller;
        continue;
      }
      if (high === 0 && low === 0) {
        rooted = true;
        continue;
      }
      const parent = this.before(store, trace.find(store, high, low), count);
      if (parent !== noRow && parent !== position) this.parentAt[position] = parent;
      else {
        this.orphanAt[position] = 1;
        orphans += 1;
      }
    }
    this.complete = rooted && orphans === 0;
  }

  /** Position of a span, {@link noRow} where it is none of the first `count`. */
  private before(store: SpanStore, slot: number, count: number): number {
    const position = slot === noSlot ? count : (store.position[slot] ?? count);
    return position < count ? position : noRow;
  }

  private sort(store: SpanStore, count: number): void {
    const { sorted, startAt, slotAt } = this;
    const before = (a: number, b: number): number => {
      const byStart = (startAt[a] ?? 0) - (startAt[b] ?? 0);
      if (byStart !== 0) return byStart;
      const slotA = slotAt[a] ?? 0;
      const slotB = slotAt[b] ?? 0;
      return (
        (store.idHigh[slotA] ?? 0) - (store.idHigh[slotB] ?? 0) ||
        (store.idLow[slotA] ?? 0) - (store.idLow[slotB] ?? 0) ||
        (store.kind[slotA] ?? 0) - (store.kind[slotB] ?? 0)
      );
    };
    if (count > smallTrace) {
      sorted.subarray(0, count).sort(before);
      return;
    }
    for (let i = 1; i < count; i += 1) {
      const position = sorted[i] ?? 0;
      let at = i;
      for (; at > 0 && before(sorted[at - 1] ?? 0, position) > 0; at -= 1) sorted[at] = sorted[at - 1] ?? 0;
      sorted[at] = position;
    }
  }

  /** Lists children latest first, so that taking them from a stack gives the earliest first. */
  private link(count: number): void {
    for (let i = 0; i < count; i += 1) {
      const position = this.sorted[i] ?? 0;
      const parent = this.parentAt[position] ?? noRow;
      if (parent === noRow) continue;
      this.nextSibling[position] = this.firstChild[parent] ?? noRow;
      this.firstChild[parent] = position;
    }
  }

  private descend(from: number): void {
    const { stack } = this;
    let depth = 1;
    stack[0] = from;
    while (depth > 0) {
      depth -= 1;
      const position = stack[depth] ?? 0;
      if (this.rowAt[position] !== noRow) continue;
      const row = this.count;
      this.count += 1;
      this.rowAt[position] = row;
      const parent = this.parentAt[position] ?? noRow;
      this.slot[row] = this.slotAt[position] ?? 0;
      this.parent[row] = parent === noRow ? noRow : (this.rowAt[parent] ?? noRow);
      this.orphan[row] = this.orphanAt[position] ?? 0;
      this.startNs[row] = this.startAt[position] ?? 0;
      for (let child = this.firstChild[position] ?? noRow; child !== noRow; child = this.nextSibling[child] ?? noRow) {
        if (this.rowAt[child] !== noRow) continue;
        stack[depth] = child;
        depth += 1;
      }
    }
  }

  private grow(count: number): void {
    const size = Math.max(count, this.slot.length * 2);
    this.slot = new Int32Array(size);
    this.parent = new Int32Array(size);
    this.orphan = new Uint8Array(size);
    this.startNs = new Float64Array(size);
    this.slotAt = new Int32Array(size);
    this.startAt = new Float64Array(size);
    this.parentAt = new Int32Array(size);
    this.orphanAt = new Uint8Array(size);
    this.rowAt = new Int32Array(size);
    this.firstChild = new Int32Array(size);
    this.nextSibling = new Int32Array(size);
    this.sorted = new Int32Array(size);
    this.stack = new Int32Array(size);
  }
}
