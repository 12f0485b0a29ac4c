/**
 * Writes the protobuf wire format (https://protobuf.dev/programming-guides/encoding) into one growing buffer. The writer of
 * protobufjs keeps an object for every value until the end, which for a million buckets is most of the memory of a worker.
 */
export class ByteWriter {
  private bytes = Buffer.allocUnsafe(256);
  private at = 0;

  get length(): number {
    return this.at;
  }

  /** Starts anew in the same buffer. */
  clear(): this {
    this.at = 0;
    return this;
  }

  /** @param n whole, 0 to 2³² − 1 */
  varint(n: number): this {
    this.reserve(5);
    let rest = n >>> 0;
    while (rest > 0x7f) {
      this.bytes[this.at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.at++] = rest;
    return this;
  }

  /** @param n whole, −2³¹ to 2³¹ − 1 */
  zigzag(n: number): this {
    return this.varint((n << 1) ^ (n >> 31));
  }

  double(n: number): this {
    this.reserve(8);
    this.at = this.bytes.writeDoubleLE(n, this.at);
    return this;
  }

  /** Bytes that are held as a text of one byte a character. */
  latin1(text: string): this {
    this.reserve(text.length);
    this.at += this.bytes.write(text, this.at, 'latin1');
    return this;
  }

  varintField(field: number, n: number): this {
    return this.varint(field << 3).varint(n);
  }

  doubleField(field: number, n: number): this {
    return this.varint((field << 3) | 1).double(n);
  }

  textField(field: number, text: string): this {
    const length = Buffer.byteLength(text);
    this.varint((field << 3) | 2).varint(length);
    this.reserve(length);
    this.at += this.bytes.write(text, this.at);
    return this;
  }

  /** A message, packed numbers or bytes, written by another writer. */
  field(field: number, content: ByteWriter): this {
    this.varint((field << 3) | 2).varint(content.at);
    return this.append(content);
  }

  append(content: ByteWriter): this {
    this.reserve(content.at);
    content.bytes.copy(this.bytes, this.at, 0, content.at);
    this.at += content.at;
    return this;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return Uint8Array.prototype.slice.call(this.bytes, 0, this.at);
  }

  private reserve(more: number): void {
    if (this.at + more <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.bytes.length, this.at + more));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
  }
}
