/** A stretch of numbers in an array that many share. */
export interface Stretch {
  readonly shared: Int32Array;
  /** Index of its first number, and how many there are. */
  readonly first: number;
  readonly length: number;
}

/** Stretches of one array of memory; an array of its own takes more than the numbers in it. */
const perChunk = 4096;

/** Stretches of a fixed length, all zero when they are taken. */
export class CountPool {
  private readonly free: Stretch[] = [];
  private chunk: Int32Array | undefined;
  private used = 0;

  constructor(private readonly length: number) {}

  take(): Stretch {
    const known = this.free.pop();
    if (known !== undefined) {
      known.shared.fill(0, known.first, known.first + this.length);
      return known;
    }
    if (this.chunk === undefined || this.used === perChunk) {
      this.chunk = new Int32Array(perChunk * this.length);
      this.used = 0;
    }
    this.used += 1;
    return { shared: this.chunk, first: (this.used - 1) * this.length, length: this.length };
  }

  /** Gives a stretch back; whoever took it must not use it any more. */
  give(stretch: Stretch): void {
    this.free.push(stretch);
  }
}
