import { IdList, IdTable } from './id-table';

const initialEntries = 1024;

/** Of one trace: its id here and, on average, in the table, half of which is free; its revision and time. */
export const rememberedBytes = 66;

/**
 * Remembers traces that can no longer be merged, with the revision they ended at, so that a span that comes much too late is
 * known to be late. A ring: the oldest goes when it is full or older than asked for.
 */
export class ForgottenTraces {
  private readonly table = new IdTable();
  private capacity = initialEntries;
  private ids = new IdList();
  private revisions = new Uint16Array(initialEntries);
  private times = new Float64Array(initialEntries);
  /** Position of the oldest, and how many there are. */
  private first = 0;
  private count = 0;

  private readonly maxEntries: number;

  /**
   * @param maxEntries rounded down to a power of two
   * @param keepMs record time
   */
  constructor(
    maxEntries: number,
    private readonly keepMs: number,
  ) {
    this.maxEntries = 2 ** Math.max(Math.log2(initialEntries), Math.floor(Math.log2(maxEntries)));
  }

  /** Remembers the id at a position. */
  add(id: DataView, idAt: number, revision: number, nowMs: number): void {
    while (this.count > 0 && (this.times[this.first] ?? 0) < nowMs - this.keepMs) this.dropOldest();
    if (this.count === this.capacity) {
      if (this.capacity < this.maxEntries) this.grow();
      else this.dropOldest();
    }
    const at = (this.first + this.count) & (this.capacity - 1);
    this.count += 1;
    this.ids.set(at, id, idAt);
    this.revisions[at] = revision;
    this.times[at] = nowMs;
    this.table.set(this.ids.view, at * 16, at);
  }

  /** Last revision of a trace that was forgotten, 0 when none is known. */
  revision(view: DataView, at: number): number {
    const entry = this.table.get(view, at);
    return entry < 0 ? 0 : (this.revisions[entry] ?? 0);
  }

  private dropOldest(): void {
    const at = this.first;
    // A trace that was forgotten twice has a newer entry.
    if (this.table.get(this.ids.view, at * 16) === at) this.table.delete(this.ids.view, at * 16);
    this.first = (at + 1) & (this.capacity - 1);
    this.count -= 1;
  }

  private grow(): void {
    const { ids, revisions, times, first, count, capacity } = this;
    this.capacity = capacity * 2;
    this.ids = new IdList();
    this.revisions = new Uint16Array(this.capacity);
    this.times = new Float64Array(this.capacity);
    this.first = 0;
    for (let i = 0; i < count; i += 1) {
      const from = (first + i) & (capacity - 1);
      this.ids.set(i, ids.view, from * 16);
      this.revisions[i] = revisions[from] ?? 0;
      this.times[i] = times[from] ?? 0;
      this.table.set(this.ids.view, i * 16, i);
    }
  }
}
