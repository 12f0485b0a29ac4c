import { isUtf8 } from 'node:buffer';
import type { TextColumn } from '@plumbline/wire';

const initialTexts = 1024;
const initialBytes = 16 * 1024;

/** Texts end to end, growing; kept from batch to batch. */
export class TextBuilder {
  count = 0;
  private offsets = new Int32Array(initialTexts + 1);
  private buffer = Buffer.allocUnsafeSlow(initialBytes);
  private view = viewOf(this.buffer);
  private length = 0;

  get byteLength(): number {
    return this.length;
  }

  clear(): void {
    this.count = 0;
    this.length = 0;
  }

  /** Takes out all but the first so many texts. */
  rewind(count: number): void {
    this.count = count;
    this.length = this.offsets[count] ?? 0;
  }

  /** Appends a text from bytes elsewhere. Senders' bytes that are no UTF-8 are replaced as decoders do. */
  copy(view: DataView, start: number, end: number): void {
    const to = this.length + end - start;
    if (to > this.buffer.length) this.grow(to);
    const target = this.view;
    let at = this.length;
    let from = start;
    let high = 0;
    // Most texts are short: copying by words costs less than making the views that `set` wants.
    for (; from + 4 <= end; from += 4, at += 4) {
      const word = view.getUint32(from, true);
      high |= word;
      target.setUint32(at, word, true);
    }
    for (; from < end; from += 1, at += 1) {
      const byte = view.getUint8(from);
      high |= byte;
      target.setUint8(at, byte);
    }
    if ((high & 0x80808080) !== 0) {
      const written = this.buffer.subarray(this.length, to);
      if (!isUtf8(written)) {
        this.write(written.toString('utf8'));
        return;
      }
    }
    this.length = to;
    this.finish();
  }

  write(text: string): void {
    if (text !== '') {
      const most = this.length + text.length * 3;
      if (most > this.buffer.length) this.grow(most);
      this.length += this.buffer.write(text, this.length, 'utf8');
    }
    this.finish();
  }

  /** Appends a number in decimal. */
  writeInteger(value: number): void {
    if (value < 0 || value > 999_999_999) {
      this.write(String(value));
      return;
    }
    if (this.length + 9 > this.buffer.length) this.grow(this.length + 9);
    let digits = 1;
    for (let power = 10; value >= power; power *= 10) digits += 1;
    let rest = value;
    for (let at = this.length + digits - 1; at >= this.length; at -= 1) {
      const tenth = (rest / 10) | 0;
      this.view.setUint8(at, 48 + rest - tenth * 10);
      rest = tenth;
    }
    this.length += digits;
    this.finish();
  }

  /** The texts so far, valid until {@link clear}. */
  column(): TextColumn {
    return { offsets: this.offsets.subarray(0, this.count + 1), bytes: this.buffer.subarray(0, this.length) };
  }

  private finish(): void {
    this.count += 1;
    if (this.count >= this.offsets.length) {
      const larger = new Int32Array(this.offsets.length * 2);
      larger.set(this.offsets);
      this.offsets = larger;
    }
    this.offsets[this.count] = this.length;
  }

  private grow(atLeast: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(atLeast, this.buffer.length * 2));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
    this.view = viewOf(larger);
  }
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
