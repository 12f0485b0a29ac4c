import type { Due } from './due-queue';
import { noSlot, type SpanStore } from './span-store';

/** From so many spans on a trace has an index of its span ids; below, walking the list is faster. */
const indexFrom = 17;

/** What a trace needs to know of a record. */
export interface RecordPosition {
  readonly offset: number;
  /** Record time, milliseconds since the epoch. */
  readonly timestampMs: number;
}

/** A trace whose spans may still come. */
export class OpenTrace implements Due {
  dueMs = Infinity;

  /** Spans in order of arrival, as a list in the store. */
  head = noSlot;
  count = 0;
  /** How many of them the last emission had. */
  emitted = 0;
  /** How many of them were emitted for a window that is closed by now, and so are not counted again. */
  counted = 0;
  /** Of the last emission. */
  revision: number;
  /** Spans were left out by a limit. */
  truncated = false;
  /** Times it was emitted. */
  emissions = 0;
  /** Of the last emission: how many spans said everything they had to say, in its order, and whether resources did. */
  wordySpans = 0;
  wordyResources = true;

  /** Record times: of the first span that was not emitted yet, of the newest span. */
  pendingSinceMs = 0;
  lastMs = 0;
  /** Earliest event time that it can have, by the spans so far. */
  earliestEventMs = Infinity;
  /** Event times before this one lie in closed windows. */
  openFromMs = -Infinity;

  /** Fixed at the first emission, and anew when its window is closed; numbers of service and operation. */
  eventTimeMs = NaN;
  entryService = -1;
  entryOperation = -1;

  /** It has a span that whoever had the partition before did not emit, and goes on from what was. */
  recalled = false;

  /** Neighbours in the list of open traces, which is in order of first offsets. */
  previous: OpenTrace | undefined;
  next: OpenTrace | undefined;

  /** Some of its spans have the same id, as with Zipkin both ends of a call do; their kinds tell them apart. */
  sharesIds = false;

  private tail = noSlot;
  private index: Int32Array | undefined;

  /**
   * @param number its number among the open traces, by which the store knows its id
   * @param sequence rises with each trace
   * @param firstRecord record with its first span
   * @param revisionBefore revision that the first emission comes after
   * @param late spans of it came before and were forgotten
   */
  constructor(
    readonly number: number,
    readonly sequence: number,
    readonly firstRecord: RecordPosition,
    revisionBefore: number,
    public late: boolean,
  ) {
    this.revision = revisionBefore;
  }

  get pending(): boolean {
    return this.count > this.emitted;
  }

  /** @param shared another span has its id */
  append(store: SpanStore, slot: number, shared = false): void {
    if (this.tail === noSlot) this.head = slot;
    else store.next[this.tail] = slot;
    this.tail = slot;
    this.count += 1;
    this.sharesIds ||= shared;
    this.earliestEventMs = Math.min(this.earliestEventMs, store.eventMs[slot] ?? Infinity);
    if (this.index !== undefined && this.count * 2 <= this.index.length) this.put(this.index, store, slot);
    else if (this.count >= indexFrom) this.buildIndex(store);
  }

  /** Slot of the span with an id that others may be children of, or {@link noSlot}: of both ends of a call the one that serves it. */
  find(store: SpanStore, idHigh: number, idLow: number): number {
    const slot = this.first(store, idHigh, idLow);
    if (!this.sharesIds || slot === noSlot || isServing(store.kind[slot])) return slot;
    const other = this.findWhere(store, idHigh, idLow, (each) => isServing(store.kind[each]));
    return other === noSlot ? slot : other;
  }

  /** Slot of the span with an id and a kind, or {@link noSlot}. */
  findKind(store: SpanStore, idHigh: number, idLow: number, kind: number): number {
    const slot = this.first(store, idHigh, idLow);
    if (slot === noSlot || store.kind[slot] === kind) return slot;
    if (!this.sharesIds) return noSlot;
    return this.findWhere(store, idHigh, idLow, (each) => store.kind[each] === kind);
  }

  /** Slot of the calling end of a call that a span serves under the same id, or {@link noSlot}. */
  callerOf(store: SpanStore, slot: number): number {
    if (!this.sharesIds || !isServing(store.kind[slot])) return noSlot;
    return this.findWhere(store, store.idHigh[slot] ?? 0, store.idLow[slot] ?? 0, (each) =>
      isCalling(store.kind[each]),
    );
  }

  private first(store: SpanStore, idHigh: number, idLow: number): number {
    const { index } = this;
    if (index === undefined) {
      for (let slot = this.head; slot !== noSlot; slot = store.next[slot] ?? noSlot) {
        if (store.idLow[slot] === idLow && store.idHigh[slot] === idHigh) return slot;
      }
      return noSlot;
    }
    const mask = index.length - 1;
    for (let at = hash(idHigh, idLow) & mask; ; at = (at + 1) & mask) {
      const slot = index[at] ?? noSlot;
      if (slot === noSlot || (store.idLow[slot] === idLow && store.idHigh[slot] === idHigh)) return slot;
    }
  }

  private findWhere(store: SpanStore, idHigh: number, idLow: number, accept: (slot: number) => boolean): number {
    for (let slot = this.head; slot !== noSlot; slot = store.next[slot] ?? noSlot) {
      if (store.idLow[slot] === idLow && store.idHigh[slot] === idHigh && accept(slot)) return slot;
    }
    return noSlot;
  }

  /** How many of its first spans are among some, which are told by id and kind. */
  leading(store: SpanStore, isAmong: (idHigh: number, idLow: number, kind: number) => boolean): number {
    let count = 0;
    for (let slot = this.head; slot !== noSlot; slot = store.next[slot] ?? noSlot) {
      if (!isAmong(store.idHigh[slot] ?? 0, store.idLow[slot] ?? 0, store.kind[slot] ?? 0)) break;
      count += 1;
    }
    return count;
  }

  /** Has a root, and every span's parent. */
  isComplete(store: SpanStore): boolean {
    let rooted = false;
    for (let slot = this.head; slot !== noSlot; slot = store.next[slot] ?? noSlot) {
      const high = store.parentHigh[slot] ?? 0;
      const low = store.parentLow[slot] ?? 0;
      if (high === 0 && low === 0) rooted = true;
      else if (this.find(store, high, low) === noSlot) return false;
    }
    return rooted;
  }

  private buildIndex(store: SpanStore): void {
    let size = 64;
    while (size < this.count * 4) size *= 2;
    this.index = new Int32Array(size).fill(noSlot);
    for (let slot = this.head; slot !== noSlot; slot = store.next[slot] ?? noSlot) this.put(this.index, store, slot);
  }

  private put(index: Int32Array, store: SpanStore, slot: number): void {
    const mask = index.length - 1;
    let at = hash(store.idHigh[slot] ?? 0, store.idLow[slot] ?? 0) & mask;
    while (index[at] !== noSlot) at = (at + 1) & mask;
    index[at] = slot;
  }
}

/** OTLP kinds of spans by which a request is served: server, consumer; and by which it is made: client, producer. */
function isServing(kind: number | undefined): boolean {
  return kind === 2 || kind === 5;
}

function isCalling(kind: number | undefined): boolean {
  return kind === 3 || kind === 4;
}

/** Unknown to senders, who choose the ids. */
const seed = Math.floor(Math.random() * 0x7fffffff) | 1;

function hash(high: number, low: number): number {
  const mixed = Math.imul(high ^ seed, 0x85ebca6b) ^ Math.imul(low + seed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 15);
}
