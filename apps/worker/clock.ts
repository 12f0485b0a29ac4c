/** Wall clock, a port so that a replay can move it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** A clock that stands still until it is moved. */
export class ManualClock implements Clock {
  constructor(private time = 0) {}

  now(): number {
    return this.time;
  }

  /** Moves forward; never back. */
  advanceTo(timeMs: number): void {
    this.time = Math.max(this.time, timeMs);
  }
}
