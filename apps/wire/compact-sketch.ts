import { forms, type Form } from './sketch-forms';
import type { Sketch } from './sketch';

/** Room for the sketches that are being merged: more buckets than there are values for. */
const room = 8192;

interface Scratch {
  readonly buckets: Int32Array;
  readonly counts: Float64Array;
  length: number;
}

const scratch = (): Scratch => ({ buckets: new Int32Array(room), counts: new Float64Array(room), length: 0 });
const [left, right, sum] = [scratch(), scratch(), scratch()];
const bytes = Buffer.alloc(room * 13);
const eight = Buffer.alloc(8);

/** Where reading goes on after a varint of more than a byte. */
let after = 0;

/** Rest of a varint whose first byte says that more follow. */
function restOf(text: string, first: number, at: number): number {
  let [value, shift, position] = [first & 0x7f, 7, at];
  for (;;) {
    const byte = text.charCodeAt(position++);
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
    shift += 7;
  }
  after = position;
  return value;
}

/** Reads a text; nearly all numbers in it take one byte, so that is looked for first. */
function loadText(into: Scratch, text: string, form: Form): void {
  const { buckets, counts } = into;
  let [at, bucket, n] = [0, 0, 0];
  while (at < text.length) {
    let value = text.charCodeAt(at++);
    if (value >= 0x80) {
      value = restOf(text, value, at);
      at = after;
    }
    bucket += (value >>> 1) ^ -(value & 1);
    buckets[n] = bucket;
    if (form === forms.doubles) {
      for (let i = 0; i < 8; i += 1) eight[i] = text.charCodeAt(at++);
      counts[n] = eight.readDoubleLE(0);
    } else {
      value = text.charCodeAt(at++);
      if (value >= 0x80) {
        value = restOf(text, value, at);
        at = after;
      }
      const count = (value >>> 1) ^ -(value & 1);
      counts[n] = form === forms.whole ? count : count / 1000;
    }
    n += 1;
  }
  into.length = n;
}

function writeVarint(n: number, at: number): number {
  let rest = ((n << 1) ^ (n >> 31)) >>> 0;
  while (rest > 0x7f) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  return at;
}

/**
 * A sketch of which most of a million are held, and few are changed: what it is on the wire (packed-numbers.ts), as a text of one
 * byte a character, an eighth of a `Map`. Iterates by rising bucket. Changing one bucket costs as much as merging.
 */
export class CompactSketch implements Map<number, number> {
  private constructor(
    private form: Form,
    private text: string,
    private buckets: number,
  ) {}

  get [Symbol.toStringTag](): string {
    return 'Map';
  }

  static empty(): CompactSketch {
    return new CompactSketch(forms.whole, '', 0);
  }

  static of(sketch: ReadonlyMap<number, number>): CompactSketch {
    const compact = CompactSketch.empty();
    compact.merge(sketch);
    return compact;
  }

  /** What {@link payload} gave; nothing is checked. */
  static fromPayload(form: Form, text: string, size: number): CompactSketch {
    return new CompactSketch(form, text, size);
  }

  get size(): number {
    return this.buckets;
  }

  /** The bytes of the wire, and how their counts are written. */
  get payload(): { readonly form: Form; readonly text: string } {
    return { form: this.form, text: this.text };
  }

  /** Adds all of another, `weight` times; buckets that come to zero disappear. */
  merge(other: ReadonlyMap<number, number>, weight = 1): void {
    if (other.size === 0) return;
    if (this.buckets === 0 && weight === 1 && other instanceof CompactSketch) {
      this.form = other.form;
      this.text = other.text;
      this.buckets = other.buckets;
      return;
    }
    load(left, this);
    load(right, other);
    let [i, j, n] = [0, 0, 0];
    while (i < left.length || j < right.length) {
      const a = i < left.length ? (left.buckets[i] ?? 0) : Infinity;
      const b = j < right.length ? (right.buckets[j] ?? 0) : Infinity;
      const count = (a <= b ? (left.counts[i] ?? 0) : 0) + (b <= a ? weight * (right.counts[j] ?? 0) : 0);
      if (a <= b) i += 1;
      if (b <= a) j += 1;
      if (count === 0) continue;
      sum.buckets[n] = Math.min(a, b);
      sum.counts[n] = count;
      n += 1;
    }
    sum.length = n;
    this.store(sum);
  }

  /** Sum of the counts above zero from a bucket upwards. */
  sumFrom(bucket: number): number {
    loadText(left, this.text, this.form);
    let total = 0;
    for (let i = 0; i < left.length; i += 1) {
      const count = left.counts[i] ?? 0;
      if ((left.buckets[i] ?? 0) >= bucket && count > 0) total += count;
    }
    return total;
  }

  forEach(callback: (count: number, bucket: number, map: Map<number, number>) => void): void {
    for (const [bucket, count] of this.entries()) callback(count, bucket, this);
  }

  get(bucket: number): number | undefined {
    loadText(left, this.text, this.form);
    const at = left.buckets.subarray(0, left.length).indexOf(bucket);
    return at < 0 ? undefined : left.counts[at];
  }

  has(bucket: number): boolean {
    return this.get(bucket) !== undefined;
  }

  set(bucket: number, count: number): this {
    this.replace(new Map([...this, [bucket, count]]));
    return this;
  }

  delete(bucket: number): boolean {
    const map = new Map(this);
    const had = map.delete(bucket);
    if (had) this.replace(map);
    return had;
  }

  clear(): void {
    this.replace(new Map());
  }

  entries(): MapIterator<[number, number]> {
    const pairs: [number, number][] = [];
    loadText(left, this.text, this.form);
    for (let i = 0; i < left.length; i += 1) pairs.push([left.buckets[i] ?? 0, left.counts[i] ?? 0]);
    return pairs.values();
  }

  keys(): MapIterator<number> {
    return [...this.entries()].map(([bucket]) => bucket).values();
  }

  values(): MapIterator<number> {
    return [...this.entries()].map(([, count]) => count).values();
  }

  [Symbol.iterator](): MapIterator<[number, number]> {
    return this.entries();
  }

  private replace(sketch: Sketch): void {
    load(sum, sketch);
    this.store(sum);
  }

  private store({ buckets, counts, length }: Scratch): void {
    let whole = true;
    for (let i = 0; i < length && whole; i += 1) {
      const n = counts[i] ?? 0;
      whole = (n | 0) === n;
    }
    let thousandths = !whole;
    for (let i = 0; i < length && thousandths; i += 1) {
      const n = counts[i] ?? 0;
      const scaled = Math.round(n * 1000);
      thousandths = Math.abs(scaled) < 2 ** 31 && scaled / 1000 === n;
    }
    this.form = whole ? forms.whole : thousandths ? forms.thousandths : forms.doubles;
    let [at, before] = [0, 0];
    for (let i = 0; i < length; i += 1) {
      const [bucket, n] = [buckets[i] ?? 0, counts[i] ?? 0];
      at = writeVarint(bucket - before, at);
      before = bucket;
      if (this.form === forms.doubles) at = bytes.writeDoubleLE(n, at);
      else at = writeVarint(this.form === forms.whole ? n : Math.round(n * 1000), at);
    }
    this.text = bytes.toString('latin1', 0, at);
    this.buckets = length;
  }
}

function load(into: Scratch, sketch: ReadonlyMap<number, number>): void {
  if (sketch instanceof CompactSketch) {
    const { text, form } = sketch.payload;
    loadText(into, text, form);
    return;
  }
  let n = 0;
  for (const [bucket, count] of [...sketch].sort(([a], [b]) => a - b)) {
    into.buckets[n] = bucket;
    into.counts[n] = count;
    n += 1;
  }
  into.length = n;
}
