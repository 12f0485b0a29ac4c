const initialSlots = 1024;
/** Share of the slots that are in use before there are twice as many. */
const fullAt = 0.7;
/** Of a slot. */
const slotBytes = 8;

/** Set of keys of 64 bits in two words each: open addressing in a typed array, for millions of them. Nothing is taken out. */
export class KeySet {
  size = 0;
  private words = new Uint32Array(initialSlots * 2);

  get byteLength(): number {
    return this.words.length * 4;
  }

  /** What it takes once one more is in it, while it grows the old and the new. */
  get bytesNext(): number {
    return this.isFull ? this.byteLength * 3 : this.byteLength;
  }

  has(high: number, low: number): boolean {
    const at = this.find(high >>> 0, used(low)) * 2;
    return this.words[at + 1] !== 0;
  }

  add(high: number, low: number): void {
    if (this.isFull) this.grow();
    const at = this.find(high >>> 0, used(low)) * 2;
    if (this.words[at + 1] === 0) this.size += 1;
    this.words[at] = high;
    this.words[at + 1] = used(low);
  }

  private get isFull(): boolean {
    return (this.size + 1) * slotBytes > this.byteLength * fullAt;
  }

  private find(high: number, low: number): number {
    const { words } = this;
    const mask = words.length / 2 - 1;
    let slot = (high ^ (low >>> 7)) & mask;
    while (words[slot * 2 + 1] !== 0 && (words[slot * 2] !== high || words[slot * 2 + 1] !== low))
      slot = (slot + 1) & mask;
    return slot;
  }

  private grow(): void {
    const { words } = this;
    this.words = new Uint32Array(words.length * 2);
    for (let from = 0; from < words.length; from += 2) {
      const [high, low] = [words[from] ?? 0, words[from + 1] ?? 0];
      if (low === 0) continue;
      const at = this.find(high, low) * 2;
      this.words[at] = high;
      this.words[at + 1] = low;
    }
  }
}

/** A free slot has no second word. */
function used(low: number): number {
  return (low | 1) >>> 0;
}
