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

/** Zigzag varint at a place of a text; `position` moves on. */
const cursor = { position: 0 };

function readVarint(text: string): number {
  let [value, shift] = [0, 0];
  for (;;) {
    const byte = text.charCodeAt(cursor.position++);
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    shift += 7;
  }
}

function readDouble(text: string): number {
  for (let i = 0; i < 8; i += 1) eight[i] = text.charCodeAt(cursor.position++);
  return eight.readDoubleLE(0);
}

function readCount(text: string, form: Form): number {
  if (form === forms.doubles) return readDouble(text);
  return form === forms.whole ? readVarint(text) : readVarint(text) / 1000;
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
  readonly [Symbol.toStringTag] = 'Map';

  private constructor(
    private form: Form,
    private text: string,
    private buckets: number,
  ) {}

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
    let total = 0;
    this.forEach((count, b) => {
      if (b >= bucket && count > 0) total += count;
    });
    return total;
  }

  forEach(callback: (count: number, bucket: number, map: Map<number, number>) => void): void {
    const { text, form } = this;
    let [bucket, position] = [0, 0];
    while (position < text.length) {
      cursor.position = position;
      bucket += readVarint(text);
      const count = readCount(text, form);
      position = cursor.position;
      callback(count, bucket, this);
    }
  }

  get(bucket: number): number | undefined {
    let found: number | undefined;
    this.forEach((count, b) => {
      if (b === bucket) found = count;
    });
    return found;
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
    this.forEach((count, bucket) => pairs.push([bucket, count]));
    return pairs.values() as MapIterator<[number, number]>;
  }

  keys(): MapIterator<number> {
    return [...this.entries()].map(([bucket]) => bucket).values() as MapIterator<number>;
  }

  values(): MapIterator<number> {
    return [...this.entries()].map(([, count]) => count).values() as MapIterator<number>;
  }

  [Symbol.iterator](): MapIterator<[number, number]> {
    return this.entries();
  }

  private replace(sketch: Sketch): void {
    load(sum, sketch);
    this.store(sum);
  }

  private store({ buckets, counts, length }: Scratch): void {
    let [whole, thousandths] = [true, true];
    for (let i = 0; i < length; i += 1) {
      const n = counts[i] ?? 0;
      whole &&= Number.isInteger(n) && Math.abs(n) < 2 ** 31;
      const scaled = Math.round(n * 1000);
      thousandths &&= Math.abs(scaled) < 2 ** 31 && scaled / 1000 === n;
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
  let n = 0;
  const put = (count: number, bucket: number): void => {
    into.buckets[n] = bucket;
    into.counts[n] = count;
    n += 1;
  };
  if (sketch instanceof CompactSketch) sketch.forEach(put);
  else for (const [bucket, count] of [...sketch].sort(([a], [b]) => a - b)) put(count, bucket);
  into.length = n;
}
