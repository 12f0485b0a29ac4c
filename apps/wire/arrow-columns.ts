import type { ArrowBatch } from './arrow-stream';
import type { TextColumn } from './trace-batch';
import { WireError } from './wire-error';

interface TypedArrayOf<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
}

/**
 * Takes the columns of a record batch in the order of Arrow's format, as views of its bytes. Types were compared with the
 * schema before; here every buffer is compared with the lengths that the batch claims.
 */
export class ArrowColumns {
  private node = 0;
  private buffer = 0;

  constructor(private readonly batch: ArrowBatch) {}

  /** Integers, floats and indices of dictionaries; with `stride`, fixed-size binary of so many bytes. */
  values<T>(kind: TypedArrayOf<T>, length: number, stride = 1): T {
    this.begin(length);
    const bytes = this.next();
    const count = length * stride;
    if (bytes.length < count * kind.BYTES_PER_ELEMENT) {
      throw this.broken(`it has ${bytes.length} bytes for ${count} values`);
    }
    return new kind(bytes.buffer, bytes.byteOffset, count);
  }

  text(length: number): TextColumn {
    const offsets = this.offsets(length);
    const bytes = this.next();
    const end = offsets[length] ?? 0;
    if (bytes.length < end) throw this.broken(`texts end at ${end}, their bytes at ${bytes.length}`);
    return { offsets, bytes: bytes.subarray(0, end) };
  }

  /** Begins lists of structs; the columns of their elements, as many as the last offset says, come next. */
  structs(length: number): Int32Array {
    const offsets = this.offsets(length);
    this.begin(offsets[length] ?? 0);
    return offsets;
  }

  private offsets(length: number): Int32Array {
    this.begin(length);
    const bytes = this.next();
    // Arrow allows a column without rows to leave out even the zero.
    if (length === 0) return new Int32Array(1);
    if (bytes.length < (length + 1) * 4)
      throw this.broken(`it has ${bytes.length} bytes of offsets for ${length} rows`);
    const offsets = new Int32Array(bytes.buffer, bytes.byteOffset, length + 1);
    if (offsets[0] !== 0) throw this.broken('its offsets do not begin at 0');
    for (let i = 0; i < length; i += 1) {
      if ((offsets[i] ?? 0) > (offsets[i + 1] ?? 0)) throw this.broken(`offset ${i + 1} falls`);
    }
    return offsets;
  }

  /** Every column begins with its length and a bitmap of what is present, which must be everything. */
  private begin(length: number): void {
    const node = this.batch.nodes[this.node];
    this.node += 1;
    if (node === undefined) throw this.broken('there is none');
    if (node.length !== length) throw this.broken(`it has ${node.length} entries, not ${length}`);
    if (node.nullCount !== 0) throw this.broken(`${node.nullCount} entries are null`);
    this.next();
  }

  private next(): Uint8Array {
    const bytes = this.batch.buffers[this.buffer];
    this.buffer += 1;
    if (bytes === undefined) throw this.broken('it has too few buffers');
    return bytes;
  }

  private broken(detail: string): WireError {
    return new WireError(`column ${this.node} of a record batch: ${detail}`);
  }
}
