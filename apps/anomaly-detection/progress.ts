/**
 * Where a partition may be read from again: the first record younger than the memory of repetitions. Keeps one offset
 * a second of record time.
 */
export class CommitLag {
  private readonly marks: { readonly offset: number; readonly timeMs: number }[] = [];
  private timeMs = -Infinity;

  constructor(private readonly lagMs: number) {}

  /** A record was processed. Offsets rise; record time is taken never to fall. */
  add(offset: number, timestampMs: number): void {
    this.timeMs = Math.max(this.timeMs, timestampMs);
    const last = this.marks[this.marks.length - 1];
    if (last === undefined || this.timeMs - last.timeMs >= 1000) this.marks.push({ offset, timeMs: this.timeMs });
    let passed = 0;
    // The records of a mark end where the next begins: it goes when that one is old too.
    while (passed + 1 < this.marks.length && (this.marks[passed + 1]?.timeMs ?? Infinity) <= this.timeMs - this.lagMs) {
      passed += 1;
    }
    if (passed > 0) this.marks.splice(0, passed);
  }

  /** `undefined` before the first record. */
  get committable(): number | undefined {
    return this.marks[0]?.offset;
  }
}
