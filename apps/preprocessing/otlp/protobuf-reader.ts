/** Wire types of protobuf that are read; groups (3 and 4) are refused, they ended with proto2. */
export const wireTypes = { varint: 0, fixed64: 1, lengthDelimited: 2, fixed32: 5 } as const;

/** Bytes that are no protobuf, or no OTLP. */
export class MalformedError extends Error {
  readonly code = 'PLUMBLINE_OTLP_MALFORMED';
  override readonly name = 'MalformedError';
}

/**
 * Cursor over protobuf. Every read is checked against the end of the message it belongs to, which is what keeps a false length
 * from reaching into the neighbour; the DataView checks against the end of the bytes once more.
 */
export class ProtobufReader {
  /** Next byte to be read. */
  at = 0;
  bytes: Uint8Array = new Uint8Array(0);
  view = new DataView(this.bytes.buffer);

  open(bytes: Uint8Array, view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)): void {
    this.bytes = bytes;
    this.view = view;
    this.at = 0;
  }

  /** Field number and wire type as they are on the wire: `field << 3 | wireType`. */
  tag(end: number): number {
    if (this.at >= end) throw new MalformedError('a field is cut off');
    const first = this.view.getUint8(this.at);
    if (first < 0x80) {
      this.at += 1;
      if (first < 8) throw new MalformedError('field number 0');
      return first;
    }
    const tag = this.varint(end);
    if (tag > 0xffffffff || tag < 8) throw new MalformedError(`field number ${Math.floor(tag / 8)}`);
    return tag;
  }

  /** End of a length-delimited field whose length comes next; the cursor is then at its content. */
  lengthDelimited(end: number): number {
    if (this.at >= end) throw new MalformedError('a length is cut off');
    let length = this.view.getUint8(this.at);
    if (length < 0x80) this.at += 1;
    else length = this.varint(end);
    const contentEnd = this.at + length;
    if (contentEnd > end) throw new MalformedError(`a field of ${length} bytes reaches past the end of its message`);
    return contentEnd;
  }

  /** Unsigned; exact up to 2⁵³, which no length or tag that is accepted exceeds. */
  varint(end: number): number {
    const last = Math.min(end, this.at + 10);
    let value = 0;
    let scale = 1;
    for (let at = this.at; at < last; at += 1) {
      const byte = this.view.getUint8(at);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        this.at = at + 1;
        return value;
      }
      scale *= 128;
    }
    throw new MalformedError('a varint does not end');
  }

  /** The low 32 bits of a varint, as int32 and enums are read. */
  int32(end: number): number {
    const last = Math.min(end, this.at + 10);
    let value = 0;
    for (let at = this.at, shift = 0; at < last; at += 1, shift += 7) {
      const byte = this.view.getUint8(at);
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.at = at + 1;
        return value;
      }
    }
    throw new MalformedError('a varint does not end');
  }

  /** Moves over `size` bytes and returns where they began. */
  fixed(size: number, end: number): number {
    const start = this.at;
    if (start + size > end) throw new MalformedError('a fixed-size field is cut off');
    this.at = start + size;
    return start;
  }

  skip(tag: number, end: number): void {
    switch (tag & 7) {
      case wireTypes.varint:
        this.varint(end);
        break;
      case wireTypes.fixed64:
        this.fixed(8, end);
        break;
      case wireTypes.lengthDelimited:
        this.at = this.lengthDelimited(end);
        break;
      case wireTypes.fixed32:
        this.fixed(4, end);
        break;
      default:
        throw new MalformedError(`wire type ${tag & 7}`);
    }
  }
}
