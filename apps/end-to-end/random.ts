import { randomInt } from 'node:crypto';

/** Numbers that follow from a seed: `PLUMBLINE_SEED` repeats what an earlier run printed. */
export class Random {
  readonly seed: number;
  private state: number;

  constructor(seed: number = Number(process.env.PLUMBLINE_SEED ?? randomInt(1_000_000))) {
    this.seed = seed;
    this.state = seed >>> 0;
  }

  /** At least `min`, less than `max`. */
  between(min: number, max: number): number {
    return min + (max - min) * this.next();
  }

  integer(max: number): number {
    return Math.floor(this.next() * max);
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.integer(256)));
  }

  /** @throws {RangeError} when there is nothing to choose from */
  pick<T>(items: readonly T[]): T {
    const item = items[this.integer(items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }

  /** mulberry32, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
  private next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let z = this.state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  }
}
