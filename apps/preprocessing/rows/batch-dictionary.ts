/** Numbers of a worker's dictionary that occur in a batch, renumbered from 0 in the order of their first use. */
export class BatchDictionary {
  private indices = new Int32Array(256);
  private stamps = new Int32Array(256);
  private stamp = 1;
  private used: number[] = [];

  /** Index in the batch of a number of the worker. */
  index(number: number): number {
    if (number >= this.indices.length) this.grow(number);
    if (this.stamps[number] !== this.stamp) {
      this.stamps[number] = this.stamp;
      this.indices[number] = this.used.length;
      this.used.push(number);
    }
    return this.indices[number] ?? 0;
  }

  texts(text: (number: number) => string): string[] {
    return this.used.map(text);
  }

  clear(): void {
    this.stamp += 1;
    this.used = [];
  }

  private grow(number: number): void {
    const size = Math.max(number + 1, this.indices.length * 2);
    const indices = new Int32Array(size);
    const stamps = new Int32Array(size);
    indices.set(this.indices);
    stamps.set(this.stamps);
    this.indices = indices;
    this.stamps = stamps;
  }
}
