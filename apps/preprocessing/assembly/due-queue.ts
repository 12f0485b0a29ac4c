/** Something that becomes due at a time; `dueMs` may change, the queue is then told again. */
export interface Due {
  /** Milliseconds, or Infinity for never. */
  dueMs: number;
  /** Breaks ties: the smaller goes first. */
  readonly sequence: number;
}

/** Fewer entries are not worth looking through. */
const leastCompacted = 4096;

/**
 * Priority queue by time. Changing one's time adds an entry and leaves the old one, which is passed over when its turn comes:
 * an entry counts only if its time is still the one of what it refers to.
 */
export class DueQueue<T extends Due> {
  private readonly times: number[] = [];
  private readonly items: T[] = [];

  /** Entries, those that do not count any more included. */
  get length(): number {
    return this.items.length;
  }

  schedule(item: T, dueMs: number): void {
    item.dueMs = dueMs;
    let at = this.items.length;
    this.items.push(item);
    this.times.push(dueMs);
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!this.before(at, above)) break;
      this.swap(at, above);
      at = above;
    }
  }

  /** Takes out the first that is due at `nowMs` or earlier. */
  takeDue(nowMs: number): T | undefined {
    for (;;) {
      const [time] = this.times;
      const [item] = this.items;
      if (item === undefined || time === undefined || time > nowMs) return undefined;
      this.removeFirst();
      if (item.dueMs === time) return item;
    }
  }

  /**
   * Leaves out what does not count any more, where that is most of it: it would hold on to what was forgotten until its time.
   *
   * @param live how many count at most
   */
  compact(live: number): void {
    if (this.items.length <= 2 * live + leastCompacted) return;
    const kept = this.items.flatMap((item, at) => (item.dueMs === this.times[at] ? [item] : []));
    this.items.length = 0;
    this.times.length = 0;
    for (const item of kept) this.schedule(item, item.dueMs);
  }

  private removeFirst(): void {
    const last = this.items.length - 1;
    this.swap(0, last);
    this.items.pop();
    this.times.pop();
    let at = 0;
    for (;;) {
      let least = at;
      const left = at * 2 + 1;
      if (left < last && this.before(left, least)) least = left;
      if (left + 1 < last && this.before(left + 1, least)) least = left + 1;
      if (least === at) return;
      this.swap(at, least);
      at = least;
    }
  }

  private before(a: number, b: number): boolean {
    const timeA = this.times[a] ?? 0;
    const timeB = this.times[b] ?? 0;
    return timeA < timeB || (timeA === timeB && (this.items[a]?.sequence ?? 0) < (this.items[b]?.sequence ?? 0));
  }

  private swap(a: number, b: number): void {
    const itemA = this.items[a];
    const itemB = this.items[b];
    if (itemA === undefined || itemB === undefined) return;
    this.items[a] = itemB;
    this.items[b] = itemA;
    const time = this.times[a] ?? 0;
    this.times[a] = this.times[b] ?? 0;
    this.times[b] = time;
  }
}
