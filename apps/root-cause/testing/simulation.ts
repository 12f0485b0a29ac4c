/** What a process waits for: time to pass, or a place at a station. */
export type Step = { readonly wait: number } | { readonly enter: Station };

/** A process of the simulation; times are milliseconds. */
export type Process = Generator<Step, void>;

/** A queue with a number of places: an event loop (1), a connection pool, a database. First come, first served. */
export class Station {
  private taken = 0;
  private readonly queue: (() => void)[] = [];

  constructor(private readonly places: number) {}

  enter(resume: () => void): void {
    if (this.taken < this.places) {
      this.taken += 1;
      resume();
    } else this.queue.push(resume);
  }

  leave(): void {
    const next = this.queue.shift();
    if (next === undefined) this.taken -= 1;
    else next();
  }
}

/** Discrete events in order of time, of equal times in order of scheduling. */
export class Simulation {
  now: number;
  private readonly heap: { readonly at: number; readonly order: number; readonly run: () => void }[] = [];
  private order = 0;

  constructor(startMs: number) {
    this.now = startMs;
  }

  start(process: Process, at = this.now): void {
    this.schedule(at, () => this.resume(process));
  }

  run(): void {
    for (let event = this.pop(); event !== undefined; event = this.pop()) {
      this.now = event.at;
      event.run();
    }
  }

  private resume(process: Process): void {
    const { done, value } = process.next();
    if (done === true) return;
    if ('wait' in value) this.schedule(this.now + value.wait, () => this.resume(process));
    else value.enter.enter(() => this.schedule(this.now, () => this.resume(process)));
  }

  private schedule(at: number, run: () => void): void {
    const { heap } = this;
    let i = heap.push({ at, order: (this.order += 1), run }) - 1;
    while (i > 0) {
      const up = (i - 1) >> 1;
      if (!this.before(i, up)) break;
      this.swap(i, up);
      i = up;
    }
  }

  private pop(): { readonly at: number; readonly run: () => void } | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    heap[0] = last;
    for (let i = 0; ;) {
      let least = i;
      for (const child of [2 * i + 1, 2 * i + 2]) if (child < heap.length && this.before(child, least)) least = child;
      if (least === i) return first;
      this.swap(i, least);
      i = least;
    }
  }

  private before(i: number, j: number): boolean {
    const [a, b] = [this.heap[i], this.heap[j]];
    if (a === undefined || b === undefined) return false;
    return a.at - b.at < 0 || (a.at === b.at && a.order < b.order);
  }

  private swap(i: number, j: number): void {
    const [a, b] = [this.heap[i], this.heap[j]];
    if (a === undefined || b === undefined) return;
    this.heap[i] = b;
    this.heap[j] = a;
  }
}

/** Numbers between 0 and 1 that follow from the seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
