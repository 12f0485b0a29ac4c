import type { Activation } from './judge';

/** An emission that was seen, and what judged it. */
export interface Seen {
  readonly activation: Activation | undefined;
  readonly spans: number;
  /** Whether it is in the statistics, or, of a retraction, was taken off them. */
  readonly counted: boolean;
  /** What it was judged to be; of a retraction, what is taken back. */
  anomalous?: boolean;
}

/**
 * Emissions (trace id, revision) of the last while, by record time: at least `rememberMs`, at most twice that. Two generations
 * that change places, so forgetting costs nothing.
 */
export class EmissionMemory {
  private current = new Map<string, Seen>();
  private previous = new Map<string, Seen>();
  private generation = -Infinity;

  constructor(private readonly rememberMs: number) {}

  /** Record time went on. Milliseconds since the epoch. */
  advance(timeMs: number): void {
    const generation = Math.floor(timeMs / this.rememberMs);
    if (generation <= this.generation) return;
    this.previous = generation === this.generation + 1 ? this.current : new Map<string, Seen>();
    this.current = new Map();
    this.generation = generation;
  }

  find(key: string): Seen | undefined {
    return this.current.get(key) ?? this.previous.get(key);
  }

  add(key: string, seen: Seen): void {
    this.current.set(key, seen);
  }

  get size(): number {
    return this.current.size + this.previous.size;
  }
}

/** An emission's identity as a short string: 16 bytes of trace id and the revision, and whether it takes that back. */
export function emissionKey(traceId: Uint8Array, trace: number, revision: number, retraction: boolean): string {
  const id = Buffer.from(traceId.buffer, traceId.byteOffset + trace * 16, 16).toString('latin1');
  return `${id}${String.fromCharCode(revision)}${retraction ? '-' : ''}`;
}
