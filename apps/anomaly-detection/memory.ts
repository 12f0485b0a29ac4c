import { EmissionTable, slotBytes, type Emission, type Seen } from './emission-table';

/** Two tables of the largest size, and half of one that is about to grow to it. */
const tablesAtOnce = 2.5;

/**
 * Emissions of the last while, by record time: at least `rememberMs`, at most twice that. Two generations that change places, so
 * forgetting costs nothing. A generation that would get too large ends before its time: what came before it is forgotten early, and
 * of that a repetition would count as new.
 */
export class EmissionMemory {
  /** Emissions that were forgotten before their time. */
  forgottenEarly = 0;
  private current = new EmissionTable();
  private previous = new EmissionTable();
  private generation = -Infinity;
  private readonly mostSlots: number;

  /** @param maxBytes what it may take in all */
  constructor(
    private readonly rememberMs: number,
    maxBytes: number,
  ) {
    this.mostSlots = Math.floor(maxBytes / (tablesAtOnce * slotBytes));
  }

  /** Record time went on. Milliseconds since the epoch. */
  advance(timeMs: number): void {
    const generation = Math.floor(timeMs / this.rememberMs);
    if (generation <= this.generation) return;
    this.previous = generation === this.generation + 1 ? this.current : new EmissionTable();
    this.current = new EmissionTable();
    this.generation = generation;
  }

  find(emission: Emission): Seen | undefined {
    return this.current.find(emission) ?? this.previous.find(emission);
  }

  add(emission: Emission, seen: Seen): void {
    if (this.current.isFull(this.mostSlots)) {
      this.forgottenEarly += this.previous.size;
      this.previous = this.current;
      this.current = new EmissionTable();
    }
    this.current.add(emission, seen);
  }

  /** Notes what an emission was judged to be. */
  judge(emission: Emission, anomalous: boolean): void {
    if (!this.current.judge(emission, anomalous)) this.previous.judge(emission, anomalous);
  }

  get size(): number {
    return this.current.size + this.previous.size;
  }

  get byteLength(): number {
    return this.current.byteLength + this.previous.byteLength;
  }
}
