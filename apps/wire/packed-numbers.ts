import type { Reader } from 'protobufjs/minimal';
import type { ByteWriter } from './byte-writer';
import { CompactSketch } from './compact-sketch';
import { addBucket, knownBucket, type Sketch } from './sketch';
import { forms, type Form } from './sketch-forms';
import { WireError } from './wire-error';

/** Below this the zigzag of 32 bits holds a number. */
const most = 2 ** 31;
/** Buckets of a sketch that are read: more than there are, since one may be named twice. */
const maxBuckets = 4096;

function formOf(numbers: Iterable<number>): Form {
  let [whole, thousandths] = [true, true];
  for (const n of numbers) {
    whole &&= Number.isInteger(n) && Math.abs(n) < most;
    const scaled = Math.round(n * 1000);
    thousandths &&= Math.abs(scaled) < most && scaled / 1000 === n;
  }
  return whole ? forms.whole : thousandths ? forms.thousandths : forms.doubles;
}

function writeNumber(into: ByteWriter, form: Form, n: number): void {
  if (form === forms.doubles) into.double(n);
  else into.zigzag(form === forms.whole ? n : Math.round(n * 1000));
}

/**
 * Writes a list of counts; zeros at its end are left out, and nothing is written of a list of zeros.
 *
 * @param scratch overwritten
 */
export function writeCounts(into: ByteWriter, scratch: ByteWriter, field: number, counts: readonly number[]): void {
  let length = counts.length;
  while (length > 0 && counts[length - 1] === 0) length -= 1;
  if (length === 0) return;
  const form = formOf(counts);
  scratch.clear();
  for (let i = 0; i < length; i += 1) writeNumber(scratch, form, counts[i] ?? 0);
  into.field(field + form, scratch);
}

/** Writes a sketch by rising bucket: distance to the bucket before, count; nothing of an empty one. */
export function writeSketch(
  into: ByteWriter,
  scratch: ByteWriter,
  field: number,
  sketch: ReadonlyMap<number, number>,
): void {
  if (sketch.size === 0) return;
  if (sketch instanceof CompactSketch) {
    const { form, text } = sketch.payload;
    into.field(field + form, scratch.clear().latin1(text));
    return;
  }
  const form = formOf(sketch.values());
  scratch.clear();
  let before = 0;
  for (const bucket of [...sketch.keys()].sort((a, b) => a - b)) {
    scratch.zigzag(bucket - before);
    before = bucket;
    writeNumber(scratch, form, sketch.get(bucket) ?? 0);
  }
  into.field(field + form, scratch);
}

/** @throws {WireError} for what is no number; by the reader where bytes end early */
function readNumber(reader: Reader, form: Form): number {
  if (form !== forms.doubles) return form === forms.whole ? reader.sint32() : reader.sint32() / 1000;
  const n = reader.double();
  if (!Number.isFinite(n)) throw new WireError(`a count has to be finite, got ${n}`);
  return n;
}

/** Reads what {@link writeCounts} wrote; counts beyond the given length are of a later version, and ignored. */
export function readCounts(reader: Reader, form: Form, length: number): number[] {
  const end = endOf(reader);
  const counts: number[] = [];
  while (reader.pos < end) {
    const n = readNumber(reader, form);
    if (counts.length < length) counts.push(n);
  }
  while (counts.length < length) counts.push(0);
  return counts;
}

/** Adds what {@link writeSketch} wrote to a sketch; buckets that no value falls into become the nearest. */
export function readSketch(reader: Reader, form: Form, sketch: Sketch): void {
  const end = endOf(reader);
  let bucket = 0;
  for (let i = 0; reader.pos < end; i += 1) {
    if (i >= maxBuckets) throw new WireError(`a sketch has at most ${maxBuckets} buckets`);
    bucket += reader.sint32();
    addBucket(sketch, knownBucket(bucket), readNumber(reader, form));
  }
}

/**
 * Reads a sketch as it is on the wire where that is as it would be in memory, which is looked at number by number and not copied.
 */
export function readCompactSketch(reader: Reader, form: Form): CompactSketch {
  const start = reader.pos;
  const end = endOf(reader);
  const from = reader.pos;
  let [bucket, size, usual] = [0, 0, true];
  for (; reader.pos < end; size += 1) {
    if (size >= maxBuckets) throw new WireError(`a sketch has at most ${maxBuckets} buckets`);
    const step = reader.sint32();
    bucket += step;
    const count = readNumber(reader, form);
    usual &&= count !== 0 && (size === 0 || step > 0) && knownBucket(bucket) === bucket;
  }
  if (reader.pos !== end) throw new WireError('a sketch does not end where it says');
  if (usual) return CompactSketch.fromPayload(form, latin1(reader.buf, from, end), size);
  const sketch: Sketch = new Map();
  reader.pos = start;
  readSketch(reader, form, sketch);
  return CompactSketch.of(sketch);
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1');
}

/** Reads the length of a field, and returns where it ends. @throws {WireError} when that is beyond the bytes there are */
export function endOf(reader: Reader): number {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) throw new WireError(`a field of ${length} bytes in ${reader.len - reader.pos} that are left`);
  return end;
}

/** The form that a field's number tells, and the field without it. */
export function fieldOf(tag: number): { readonly field: number; readonly form: Form } {
  const number = tag >>> 3;
  if (number > forms.doubles) return { field: number - forms.doubles, form: forms.doubles };
  if (number > forms.thousandths) return { field: number - forms.thousandths, form: forms.thousandths };
  return { field: number, form: forms.whole };
}
