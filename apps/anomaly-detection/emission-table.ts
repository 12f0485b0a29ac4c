import { hashId } from '@plumbline/wire';
import type { Activation } from './judge';

/** A revision of a trace as preprocessing emitted it, or what takes it back. */
export interface Emission {
  /** Ids of sixteen bytes, one after the other, and which of them it is. */
  readonly traceId: Uint8Array;
  readonly trace: number;
  /** From 1 to 65,535. */
  readonly revision: number;
  readonly retraction: boolean;
}

/** An emission that was seen, and what judged it. */
export interface Seen {
  readonly activation: Activation | undefined;
  /** Of which spans it was, see `printOf`. */
  readonly print: number;
  /** Whether it is in the statistics, or, of a retraction, was taken off them. */
  readonly counted: boolean;
  /** What it was judged to be; of a retraction, what is taken back. */
  readonly anomalous?: boolean;
}

const initialSlots = 1024;
/** Share of the slots that are in use before there are twice as many. */
const fullAt = 0.75;
/** Of a slot: four words of the id, one of what is known, one of its print. */
export const slotBytes = 24;

/** Bits of what is known: those of the revision and the retraction belong to the key, the activation's number is in the highest. */
const bits = {
  revision: 0xffff,
  retraction: 1 << 16,
  counted: 1 << 17,
  judged: 1 << 18,
  anomalous: 1 << 19,
  used: 1 << 20,
};
const keyBits = bits.revision | bits.retraction;
const activationShift = 21;
/** Numbers that there are bits for; what more bundles judged counts as judged by none. */
const mostActivations = 2047;

/** Emissions by their identity: open addressing in typed arrays, a quarter of the memory of a Map of strings. Nothing is taken out. */
export class EmissionTable {
  size = 0;
  private words = new Uint32Array(initialSlots * 4);
  private known = new Uint32Array(initialSlots);
  private prints = new Uint32Array(initialSlots);
  private readonly activations: (Activation | undefined)[] = [undefined];

  get byteLength(): number {
    return this.known.length * slotBytes;
  }

  /** Whether one more would make it grow beyond so many slots. */
  isFull(mostSlots: number): boolean {
    return this.size + 1 > this.known.length * fullAt && this.known.length * 2 > mostSlots;
  }

  find(emission: Emission): Seen | undefined {
    const slot = this.slotOf(emission);
    const known = this.known[slot] ?? 0;
    if ((known & bits.used) === 0) return undefined;
    return {
      activation: this.activations[known >>> activationShift],
      print: this.prints[slot] ?? 0,
      counted: (known & bits.counted) !== 0,
      ...((known & bits.judged) === 0 ? {} : { anomalous: (known & bits.anomalous) !== 0 }),
    };
  }

  /** Adds an emission, or replaces what was known of it. */
  add(emission: Emission, { activation, print, counted, anomalous }: Seen): void {
    if (this.size + 1 > this.known.length * fullAt) this.grow();
    const { traceId, trace, revision, retraction } = emission;
    const slot = this.slotOf(emission);
    if (((this.known[slot] ?? 0) & bits.used) === 0) this.size += 1;
    const at = trace * 16;
    for (let i = 0; i < 4; i += 1) this.words[slot * 4 + i] = word(traceId, at + 4 * i);
    this.prints[slot] = print;
    this.known[slot] =
      (bits.used | revision | (retraction ? bits.retraction : 0) | (counted ? bits.counted : 0) | judged(anomalous)) +
      this.numberOf(activation) * 2 ** activationShift;
  }

  /** Notes what an emission was judged to be. @returns whether it is here */
  judge(emission: Emission, anomalous: boolean): boolean {
    const slot = this.slotOf(emission);
    const known = this.known[slot] ?? 0;
    if ((known & bits.used) === 0) return false;
    this.known[slot] = (known & ~(bits.judged | bits.anomalous)) | judged(anomalous);
    return true;
  }

  private slotOf({ traceId, trace, revision, retraction }: Emission): number {
    const at = trace * 16;
    const [a, b, c, d] = [word(traceId, at), word(traceId, at + 4), word(traceId, at + 8), word(traceId, at + 12)];
    return this.probe(a, b, c, d, revision | (retraction ? bits.retraction : 0));
  }

  /** The slot of a key, or the free one where it belongs. */
  private probe(a: number, b: number, c: number, d: number, key: number): number {
    const { words, known } = this;
    const mask = known.length - 1;
    let slot = (hashId(a, b, c, d) ^ Math.imul(key, 0x9e3779b1)) & mask;
    for (;;) {
      const here = known[slot] ?? 0;
      if ((here & bits.used) === 0) return slot;
      const at = slot * 4;
      const isSame = (here & keyBits) === key && words[at] === a && words[at + 1] === b;
      if (isSame && words[at + 2] === c && words[at + 3] === d) return slot;
      slot = (slot + 1) & mask;
    }
  }

  private numberOf(activation: Activation | undefined): number {
    const { activations } = this;
    const number = activations.lastIndexOf(activation);
    if (number >= 0) return number;
    if (activations.length > mostActivations) return 0;
    return activations.push(activation) - 1;
  }

  private grow(): void {
    const { words, known, prints } = this;
    this.words = new Uint32Array(words.length * 2);
    this.known = new Uint32Array(known.length * 2);
    this.prints = new Uint32Array(prints.length * 2);
    for (const [from, value] of known.entries()) {
      if ((value & bits.used) === 0) continue;
      const id = words.subarray(from * 4, from * 4 + 4);
      const slot = this.probe(id[0] ?? 0, id[1] ?? 0, id[2] ?? 0, id[3] ?? 0, value & keyBits);
      this.words.set(id, slot * 4);
      this.known[slot] = value;
      this.prints[slot] = prints[from] ?? 0;
    }
  }
}

function judged(anomalous: boolean | undefined): number {
  if (anomalous === undefined) return 0;
  return bits.judged | (anomalous ? bits.anomalous : 0);
}

function word(bytes: Uint8Array, at: number): number {
  const [a, b, c, d] = [bytes[at] ?? 0, bytes[at + 1] ?? 0, bytes[at + 2] ?? 0, bytes[at + 3] ?? 0];
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}
