import { hashId } from '@plumbline/wire';

const initialSlots = 1024;

/**
 * Map from 16-byte trace ids to numbers from 0: open addressing in typed arrays, several times faster than a Map of
 * hexadecimal strings. A removed id leaves no mark: what follows it in its run moves up.
 */
export class IdTable {
  private slots = new Int32Array(initialSlots).fill(-1);
  /** Four words of the id for each slot. */
  private words = new Uint32Array(initialSlots * 4);
  size = 0;

  /** Number of the id at a position, −1 when there is none. */
  get(view: DataView, at: number): number {
    return this.slots[this.find(word(view, at), word(view, at + 4), word(view, at + 8), word(view, at + 12))] ?? -1;
  }

  set(view: DataView, at: number, value: number): void {
    if ((this.size + 1) * 2 > this.slots.length) this.grow();
    this.put(word(view, at), word(view, at + 4), word(view, at + 8), word(view, at + 12), value);
  }

  delete(view: DataView, at: number): void {
    const { slots, words } = this;
    const mask = slots.length - 1;
    let hole = this.find(word(view, at), word(view, at + 4), word(view, at + 8), word(view, at + 12));
    if ((slots[hole] ?? -1) < 0) return;
    this.size -= 1;
    for (let slot = (hole + 1) & mask; (slots[slot] ?? -1) >= 0; slot = (slot + 1) & mask) {
      const from = slot * 4;
      const home = hashId(words[from] ?? 0, words[from + 1] ?? 0, words[from + 2] ?? 0, words[from + 3] ?? 0) & mask;
      // It may move only if the hole lies between its home and where it is now.
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      slots[hole] = slots[slot] ?? -1;
      words.copyWithin(hole * 4, slot * 4, slot * 4 + 4);
      hole = slot;
    }
    slots[hole] = -1;
  }

  private find(a: number, b: number, c: number, d: number): number {
    const { slots, words } = this;
    const mask = slots.length - 1;
    let slot = hashId(a, b, c, d) & mask;
    while ((slots[slot] ?? -1) >= 0) {
      const at = slot * 4;
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private put(a: number, b: number, c: number, d: number, value: number): void {
    const slot = this.find(a, b, c, d);
    if ((this.slots[slot] ?? -1) < 0) this.size += 1;
    this.slots[slot] = value;
    this.words[slot * 4] = a;
    this.words[slot * 4 + 1] = b;
    this.words[slot * 4 + 2] = c;
    this.words[slot * 4 + 3] = d;
  }

  private grow(): void {
    const { slots, words } = this;
    this.slots = new Int32Array(slots.length * 2).fill(-1);
    this.words = new Uint32Array(words.length * 2);
    this.size = 0;
    for (const [slot, value] of slots.entries()) {
      if (value < 0) continue;
      const at = slot * 4;
      this.put(words[at] ?? 0, words[at + 1] ?? 0, words[at + 2] ?? 0, words[at + 3] ?? 0, value);
    }
  }
}

function word(view: DataView, at: number): number {
  return view.getUint32(at, true);
}

/** Trace ids by number, without an object for each. */
export class IdList {
  bytes = new Uint8Array(initialSlots * 16);
  view = new DataView(this.bytes.buffer);

  set(number: number, source: DataView, at: number): void {
    if ((number + 1) * 16 > this.bytes.length) this.grow();
    for (let i = 0; i < 16; i += 4) this.view.setUint32(number * 16 + i, source.getUint32(at + i, true), true);
  }

  private grow(): void {
    const larger = new Uint8Array(this.bytes.length * 2);
    larger.set(this.bytes);
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }
}
