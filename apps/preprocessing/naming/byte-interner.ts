const initialSlots = 256;

/**
 * Numbers byte strings by their first occurrence. A repetition costs a comparison, and a hash where it was
 * not expected; no string and no object.
 * Bounded: what does not fit is refused, and the owner clears it when no number is in use any more.
 */
export class ByteInterner {
  private slots = new Int32Array(initialSlots).fill(-1);
  private hashes = new Int32Array(initialSlots / 2);
  private starts = new Int32Array(initialSlots / 2 + 1);
  private bytes = new Uint8Array(4096);
  private view = new DataView(this.bytes.buffer);
  private readonly texts: string[] = [];
  /** What was asked for after each the last time: an application sends its keys in the same order over and over. */
  private following = new Int32Array(initialSlots / 2).fill(-1);
  private last = 0;

  /**
   * @param maxEntries how many are kept
   * @param maxBytes of all of them together
   */
  constructor(
    private readonly maxEntries: number,
    private readonly maxBytes: number,
  ) {}

  get size(): number {
    return this.texts.length;
  }

  /** Less than an eighth is left: time to clear. */
  get nearlyFull(): boolean {
    return this.size > this.maxEntries * 0.875 || (this.starts[this.size] ?? 0) > this.maxBytes * 0.875;
  }

  /** Number of the bytes from `start` to `end`, −1 when they are new and do not fit. */
  index(view: DataView, start: number, end: number): number {
    const expected = this.following[this.last] ?? -1;
    if (expected >= 0 && this.equals(expected, view, start, end)) {
      this.last = expected;
      return expected;
    }
    const index = this.find(view, start, end);
    if (index >= 0) {
      this.following[this.last] = index;
      this.last = index;
    }
    return index;
  }

  text(index: number): string {
    return this.texts[index] ?? '';
  }

  clear(): void {
    this.texts.length = 0;
    this.slots.fill(-1);
    this.starts[0] = 0;
    this.following.fill(-1);
    this.last = 0;
  }

  private find(view: DataView, start: number, end: number): number {
    const hash = hashOf(view, start, end);
    let slot = hash & (this.slots.length - 1);
    for (;;) {
      const index = this.slots[slot] ?? -1;
      if (index < 0) break;
      if (this.hashes[index] === hash && this.equals(index, view, start, end)) return index;
      slot = (slot + 1) & (this.slots.length - 1);
    }
    return this.add(hash, slot, view, start, end);
  }

  private equals(index: number, view: DataView, start: number, end: number): boolean {
    const from = this.starts[index] ?? 0;
    const length = end - start;
    if ((this.starts[index + 1] ?? 0) - from !== length) return false;
    const own = this.view;
    let i = 0;
    for (; i + 4 <= length; i += 4) {
      if (own.getUint32(from + i, true) !== view.getUint32(start + i, true)) return false;
    }
    for (; i < length; i += 1) if (own.getUint8(from + i) !== view.getUint8(start + i)) return false;
    return true;
  }

  private add(hash: number, slot: number, view: DataView, start: number, end: number): number {
    const index = this.texts.length;
    const from = this.starts[index] ?? 0;
    const to = from + end - start;
    if (index >= this.maxEntries || to > this.maxBytes) return -1;
    if (to > this.bytes.length) this.growBytes(to);
    const added = Buffer.from(view.buffer, view.byteOffset + start, end - start);
    this.bytes.set(added, from);
    this.texts.push(added.toString('utf8'));
    if (index + 1 >= this.starts.length) {
      this.starts = resized(this.starts, this.starts.length * 2);
      this.hashes = resized(this.hashes, this.hashes.length * 2);
      this.following = resized(this.following, this.hashes.length);
    }
    this.starts[index + 1] = to;
    this.hashes[index] = hash;
    if ((index + 1) * 2 > this.slots.length) this.rehash();
    else this.slots[slot] = index;
    return index;
  }

  private rehash(): void {
    this.slots = new Int32Array(this.slots.length * 2).fill(-1);
    const mask = this.slots.length - 1;
    for (let index = 0; index < this.texts.length; index += 1) {
      let slot = (this.hashes[index] ?? 0) & mask;
      while ((this.slots[slot] ?? -1) >= 0) slot = (slot + 1) & mask;
      this.slots[slot] = index;
    }
  }

  private growBytes(atLeast: number): void {
    const larger = new Uint8Array(Math.max(atLeast, this.bytes.length * 2));
    larger.set(this.bytes);
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }
}

/** Unknown to senders, so that they cannot choose names that collide. Nothing that is put out depends on it. */
const seed = Math.floor(Math.random() * 0x7fffffff) | 1;

/** Four bytes at a time, with the multiplier and the final mixing of Murmur3. */
export function hashOf(view: DataView, start: number, end: number): number {
  let hash = seed ^ (end - start);
  let at = start;
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(hash ^ view.getUint32(at, true), 0xcc9e2d51);
    hash ^= hash >>> 15;
  }
  for (; at < end; at += 1) hash = Math.imul(hash ^ view.getUint8(at), 0x1b873593);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function resized(array: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length).fill(-1);
  larger.set(array);
  return larger;
}
