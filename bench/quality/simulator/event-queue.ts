/** Something that happens to an actor at a time. */
export interface Actor {
  /** @param code which of the things that can happen to it */
  on(code: number): void;
}

/** Events by time; those of the same time in the order in which they were put. */
export class EventQueue {
  private times = new Float64Array(1024);
  private orders = new Float64Array(1024);
  private codes = new Int32Array(1024);
  private actors: Actor[] = [];
  private size = 0;
  private put = 0;

  get length(): number {
    return this.size;
  }

  /** Time of the next event; infinite when there is none. */
  get nextUs(): number {
    return this.size === 0 ? Number.POSITIVE_INFINITY : (this.times[0] ?? 0);
  }

  add(timeUs: number, actor: Actor, code: number): void {
    if (this.size === this.times.length) this.grow();
    this.put += 1;
    let at = this.size;
    this.size += 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((this.times[parent] ?? 0) <= timeUs) break;
      this.move(parent, at);
      at = parent;
    }
    this.set(at, timeUs, this.put, actor, code);
  }

  /** Takes the next event off and lets it happen. */
  run(): void {
    const actor = this.actors[0];
    const code = this.codes[0] ?? 0;
    if (this.size === 0 || actor === undefined) return;
    this.size -= 1;
    const last = this.size;
    const time = this.times[last] ?? 0;
    const order = this.orders[last] ?? 0;
    const lastCode = this.codes[last] ?? 0;
    const lastActor = this.actors.pop() as Actor;
    let at = 0;
    if (last > 0) {
      for (;;) {
        let child = 2 * at + 1;
        if (child >= last) break;
        if (child + 1 < last && this.isBefore(child + 1, child)) child += 1;
        const childTime = this.times[child] ?? 0;
        if (time < childTime || (time === childTime && order < (this.orders[child] ?? 0))) break;
        this.move(child, at);
        at = child;
      }
      this.set(at, time, order, lastActor, lastCode);
    }
    actor.on(code);
  }

  private isBefore(a: number, b: number): boolean {
    const timeA = this.times[a] ?? 0;
    const timeB = this.times[b] ?? 0;
    return timeA < timeB || (timeA === timeB && (this.orders[a] ?? 0) < (this.orders[b] ?? 0));
  }

  private set(at: number, timeUs: number, order: number, actor: Actor, code: number): void {
    this.times[at] = timeUs;
    this.orders[at] = order;
    this.actors[at] = actor;
    this.codes[at] = code;
  }

  private move(from: number, to: number): void {
    this.times[to] = this.times[from] ?? 0;
    this.orders[to] = this.orders[from] ?? 0;
    this.codes[to] = this.codes[from] ?? 0;
    this.actors[to] = this.actors[from] as Actor;
  }

  private grow(): void {
    const grown = new Float64Array(this.times.length * 2);
    grown.set(this.times);
    this.times = grown;
    const orders = new Float64Array(this.orders.length * 2);
    orders.set(this.orders);
    this.orders = orders;
    const codes = new Int32Array(this.codes.length * 2);
    codes.set(this.codes);
    this.codes = codes;
  }
}
