import type { Engine } from './engine';
import type { Actor } from './event-queue';
import type { Peer, Pool, Service } from './system';

/** Something that waits its turn. */
export interface Waiting {
  /** The turn has come. */
  granted(): void;
}

/** Turns in order of arrival; a removed one is passed over. */
class Line {
  private items: (Waiting | undefined)[] = [];
  private first = 0;

  get length(): number {
    return this.items.length - this.first;
  }

  push(waiting: Waiting): void {
    this.items.push(waiting);
  }

  shift(): Waiting | undefined {
    while (this.first < this.items.length) {
      const item = this.items[this.first];
      this.items[this.first] = undefined;
      this.first += 1;
      if (this.first > 256 && this.first * 2 > this.items.length) {
        this.items = this.items.slice(this.first);
        this.first = 0;
      }
      if (item !== undefined) return item;
    }
    return undefined;
  }

  remove(waiting: Waiting): void {
    const at = this.items.indexOf(waiting, this.first);
    if (at >= 0) this.items[at] = undefined;
  }
}

/** Workers of a pod and those who wait for one. */
export class Pod {
  /** Requests in it, waiting or not. */
  inside = 0;
  private busy = 0;
  private readonly line = new Line();

  constructor(
    readonly index: number,
    readonly number: number,
    readonly service: Service,
    readonly pools: readonly ConnectionPool[],
  ) {}

  get isFull(): boolean {
    return this.inside >= this.service.workers + this.service.queueLimit;
  }

  acquire(waiting: Waiting): void {
    if (this.busy < this.service.workers) {
      this.busy += 1;
      waiting.granted();
    } else {
      this.line.push(waiting);
    }
  }

  release(): void {
    const next = this.line.shift();
    if (next === undefined) this.busy -= 1;
    else next.granted();
  }
}

/** A database or cache: so many statements at once, the rest in line. */
export class PeerServer {
  private busy = 0;
  private readonly line = new Line();

  constructor(readonly peer: Peer) {}

  acquire(waiting: Waiting): void {
    if (this.busy < this.peer.concurrency) {
      this.busy += 1;
      waiting.granted();
    } else {
      this.line.push(waiting);
    }
  }

  release(): void {
    const next = this.line.shift();
    if (next === undefined) this.busy -= 1;
    else next.granted();
  }
}

/** Connections of a pod to where its calls go. */
export class ConnectionPool implements Actor {
  private taken = 0;
  private readonly line = new Line();

  constructor(
    private readonly engine: Engine,
    private readonly service: number,
    private readonly number: number,
    readonly pool: Pool,
  ) {}

  acquire(waiting: Waiting): void {
    if (this.taken < this.limit) {
      this.taken += 1;
      waiting.granted();
    } else {
      this.line.push(waiting);
    }
  }

  /** Gives a connection back; an exhausted pool gets it later. */
  release(): void {
    const held = this.engine.faults.pool(this.service, this.number, this.engine.nowUs);
    if (held === undefined) this.on();
    else this.engine.queue.add(this.engine.nowUs + held.holdMs * 1000, this, 0);
  }

  giveUp(waiting: Waiting): void {
    this.line.remove(waiting);
  }

  /** A connection is back. */
  on(): void {
    this.taken -= 1;
    while (this.taken < this.limit) {
      const next = this.line.shift();
      if (next === undefined) return;
      this.taken += 1;
      next.granted();
    }
  }

  private get limit(): number {
    return this.engine.faults.pool(this.service, this.number, this.engine.nowUs)?.limit ?? this.pool.limit;
  }
}
