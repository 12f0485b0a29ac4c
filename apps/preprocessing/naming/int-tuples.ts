const initialSlots = 1024;

/** Map from four small integers to a number, without an object or string for the key. */
export class IntTuples {
  private slots = new Int32Array(initialSlots).fill(-1);
  /** Five entries each: the key, then the value. */
  private entries = new Int32Array(initialSlots * 2.5);
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** −1 when there is none. */
  get(a: number, b: number, c: number, d: number): number {
    const entry = this.slots[this.slot(a, b, c, d)] ?? -1;
    return entry < 0 ? -1 : (this.entries[entry + 4] ?? -1);
  }

  set(a: number, b: number, c: number, d: number, value: number): void {
    const slot = this.slot(a, b, c, d);
    let entry = this.slots[slot] ?? -1;
    if (entry < 0) {
      entry = this.count * 5;
      this.count += 1;
      this.slots[slot] = entry;
    }
    this.entries.set([a, b, c, d, value], entry);
    if (this.count * 2 >= this.slots.length) this.grow();
  }

  clear(): void {
    this.slots.fill(-1);
    this.count = 0;
  }

  private slot(a: number, b: number, c: number, d: number): number {
    const { slots, entries } = this;
    const mask = slots.length - 1;
    let hash = Math.imul(
      a ^ Math.imul(b ^ Math.imul(c ^ Math.imul(d, 0x85ebca6b), 0xc2b2ae35), 0x27d4eb2f),
      0x165667b1,
    );
    hash ^= hash >>> 15;
    let slot = hash & mask;
    for (;;) {
      const entry = slots[slot] ?? -1;
      if (entry < 0) return slot;
      if (entries[entry] === a && entries[entry + 1] === b && entries[entry + 2] === c && entries[entry + 3] === d) {
        return slot;
      }
      slot = (slot + 1) & mask;
    }
  }

  private grow(): void {
    const { entries, count: size } = this;
    this.slots = new Int32Array(this.slots.length * 2).fill(-1);
    this.entries = new Int32Array(this.slots.length * 2.5);
    this.entries.set(entries.subarray(0, size * 5));
    for (let entry = 0; entry < size * 5; entry += 5) {
      const slot = this.slot(
        entries[entry] ?? 0,
        entries[entry + 1] ?? 0,
        entries[entry + 2] ?? 0,
        entries[entry + 3] ?? 0,
      );
      this.slots[slot] = entry;
    }
  }
}
