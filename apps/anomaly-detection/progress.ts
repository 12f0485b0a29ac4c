/**
 * Where a partition may be read from again: the first record older than the memory of repetitions. Keeps one offset
 * a second of record time.
 */
export class CommitLag {
  private readonly marks: { readonly offset: number; readonly timeMs: number }[] = [];
  private first: { readonly offset: number; readonly timeMs: number } | undefined;
  private timeMs = -Infinity;
  private aged = false;

  constructor(private readonly lagMs: number) {}

  /**
   * A record was processed. Offsets rise; record time is taken never to fall.
   *
   * @param mayStart whether a restart may begin with it: the first of a range
   */
  add(offset: number, timestampMs: number, mayStart = true): void {
    this.timeMs = Math.max(this.timeMs, timestampMs);
    this.first ??= { offset, timeMs: this.timeMs };
    const last = this.marks[this.marks.length - 1];
    if (mayStart && (last === undefined || this.timeMs - last.timeMs >= 1000))
      this.marks.push({ offset, timeMs: this.timeMs });
    let passed = 0;
    // The records of a mark end where the next begins: it goes when that one is old too.
    while (passed + 1 < this.marks.length && (this.marks[passed + 1]?.timeMs ?? Infinity) <= this.timeMs - this.lagMs) {
      passed += 1;
    }
    if (passed > 0) this.marks.splice(0, passed);
    this.aged ||= passed > 0;
  }

  /** `undefined` until the first record is older than the memory: so a commit says that all within the lag was dealt with. */
  get committable(): number | undefined {
    return this.aged ? this.marks[0]?.offset : undefined;
  }

  /**
   * Whether the newest record was dealt with before, and the memory of what came before it is not whole: it is within the lag of
   * a committed offset. A log that begins at 0 was perhaps never read.
   */
  get isRepeating(): boolean {
    return this.first !== undefined && this.first.offset > 0 && this.timeMs < this.first.timeMs + this.lagMs;
  }
}
