/** What Arrow writes for each text beside its bytes. */
const bytesPerText = 4;

/** Numbers of a worker's dictionary that occur in a batch, renumbered from 0 in the order of their first use. */
export class BatchDictionary {
  /** Bytes of the texts in the batch, when encoded. */
  byteLength = 0;
  private indices = new Int32Array(256);
  /** Doubles: counted up by each batch, they would outgrow 32 bits on a worker that runs for weeks. */
  private stamps = new Float64Array(256);
  private stamp = 1;
  private used: number[] = [];

  /** @param text what a number of the worker stands for */
  constructor(private readonly text: (number: number) => string) {}

  /** Texts in the batch. */
  get size(): number {
    return this.used.length;
  }

  /** Index in the batch of a number of the worker. */
  index(number: number): number {
    if (number >= this.indices.length) this.grow(number);
    if (this.stamps[number] !== this.stamp) {
      this.stamps[number] = this.stamp;
      this.indices[number] = this.used.length;
      this.used.push(number);
      this.byteLength += this.bytesOf(number);
    }
    return this.indices[number] ?? 0;
  }

  texts(): string[] {
    return this.used.map((number) => this.text(number));
  }

  /** Takes out all but the first so many texts. */
  rewind(size: number): void {
    for (const number of this.used.splice(size)) {
      this.stamps[number] = 0;
      this.byteLength -= this.bytesOf(number);
    }
  }

  clear(): void {
    this.stamp += 1;
    this.used = [];
    this.byteLength = 0;
  }

  private bytesOf(number: number): number {
    return Buffer.byteLength(this.text(number)) + bytesPerText;
  }

  private grow(number: number): void {
    const size = Math.max(number + 1, this.indices.length * 2);
    const indices = new Int32Array(size);
    const stamps = new Float64Array(size);
    indices.set(this.indices);
    stamps.set(this.stamps);
    this.indices = indices;
    this.stamps = stamps;
  }
}
