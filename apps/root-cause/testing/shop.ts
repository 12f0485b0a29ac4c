import { Simulation, Station, random, type Process } from './simulation';

/** A span as the shop's processes would report it. Times are milliseconds since the epoch. */
export interface SimulatedSpan {
  readonly id: number;
  readonly parent: number | undefined;
  readonly service: string;
  readonly operation: string;
  /** OTLP span kind: 2 server, 3 client. */
  readonly kind: 2 | 3;
  readonly peer: string;
  readonly startMs: number;
  endMs: number;
  error: boolean;
  /** Attributes of the process that sent it. */
  readonly resource?: Readonly<Record<string, string>>;
  /** Requests it stands for. */
  readonly weight?: number;
}

export interface SimulatedTrace {
  readonly index: number;
  readonly spans: SimulatedSpan[];
  startMs: number;
  endMs: number;
}

/** What is wrong with one service for a while. */
export interface Fault {
  readonly kind: 'slow' | 'errors' | 'pool' | 'query' | 'retry-storm' | 'missing-call' | 'cpu';
  readonly service: string;
  /** Called service, for faults of calls. */
  readonly callee?: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface ShopOptions {
  readonly seed: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Requests a second by time. @default 10 */
  readonly rate?: (timeMs: number) => number;
  readonly faults?: readonly Fault[];
  readonly slowdowns?: readonly MachineSlowdown[];
  /** Stretches in which the whole machine stands still, as it does for a collector of garbage. */
  readonly pauses?: readonly { readonly fromMs: number; readonly toMs: number }[];
}

/** A stretch in which the whole machine is slower. */
export interface MachineSlowdown {
  readonly factor: number;
  readonly fromMs: number;
  readonly toMs: number;
}

interface Operation {
  readonly cpuMs: number;
  readonly steps: readonly (
    { readonly call: readonly [string, string] } | { readonly query: string; readonly ms: number }
  )[];
}

/** A shop: gateway before catalog and checkout, checkout before inventory, payment and shipping. Those that store have a database each. */
const operations: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  gateway: {
    'GET /products': { cpuMs: 0.8, steps: [{ call: ['catalog', 'GET /catalog'] }] },
    'POST /orders': {
      cpuMs: 1,
      steps: [{ call: ['catalog', 'GET /catalog/{id}'] }, { call: ['checkout', 'POST /checkout'] }],
    },
  },
  catalog: {
    'GET /catalog': { cpuMs: 1.2, steps: [{ query: 'pg.query:SELECT catalog', ms: 3 }] },
    'GET /catalog/{id}': { cpuMs: 0.7, steps: [{ query: 'pg.query:SELECT catalog', ms: 2 }] },
  },
  checkout: {
    'POST /checkout': {
      cpuMs: 1.5,
      steps: [
        { call: ['inventory', 'POST /reserve'] },
        { call: ['payment', 'POST /charge'] },
        { call: ['shipping', 'POST /ship'] },
      ],
    },
  },
  inventory: { 'POST /reserve': { cpuMs: 1, steps: [{ query: 'pg.query:UPDATE stock', ms: 3 }] } },
  payment: { 'POST /charge': { cpuMs: 2, steps: [{ query: 'pg.query:INSERT payments', ms: 2 }] } },
  shipping: { 'POST /ship': { cpuMs: 0.8, steps: [] } },
};

const poolSize = 10;

/** Runs the shop and returns its traces by time of their end. Latency emerges: event loops, pools and databases are queues. */
export function runShop(options: ShopOptions): SimulatedTrace[] {
  return new Shop(options).run();
}

class Shop {
  private readonly simulation: Simulation;
  private readonly next: () => number;
  private readonly loops = new Map<string, Station>();
  private readonly pools = new Map<string, Station>();
  private readonly databases = new Map<string, Station>();
  private readonly finished: SimulatedTrace[] = [];
  private traces = 0;
  private spans = 0;

  constructor(private readonly options: ShopOptions) {
    this.simulation = new Simulation(options.fromMs);
    this.next = random(options.seed);
    for (const service of Object.keys(operations)) {
      this.loops.set(service, new Station(1));
      this.pools.set(service, new Station(poolSize));
      this.databases.set(service, new Station(1));
    }
  }

  run(): SimulatedTrace[] {
    const { fromMs, toMs, rate = () => 10, faults = [] } = this.options;
    for (let at = fromMs; at < toMs; at += (-Math.log(1 - this.next()) * 1000) / rate(at)) {
      const operation = this.next() < 0.5 ? 'GET /products' : 'POST /orders';
      this.simulation.start(this.request(operation), at);
    }
    for (const fault of faults) {
      if (fault.kind === 'cpu') this.simulation.start(this.hog(fault), fault.fromMs);
      // Somebody keeps all connections for most of the time.
      if (fault.kind === 'pool') {
        for (let i = 0; i < poolSize; i += 1) this.simulation.start(this.holdConnections(fault), fault.fromMs);
      }
    }
    this.simulation.run();
    return this.finished.sort((a, b) => a.endMs - b.endMs || a.index - b.index);
  }

  private *request(operation: string): Process {
    const trace: SimulatedTrace = { index: (this.traces += 1), spans: [], startMs: this.simulation.now, endMs: 0 };
    const outcome = { failed: false };
    yield* this.handle(trace, undefined, 'gateway', operation, outcome);
    trace.startMs = Math.min(...trace.spans.map(({ startMs }) => startMs));
    trace.endMs = this.simulation.now;
    this.finished.push(trace);
  }

  private *handle(
    trace: SimulatedTrace,
    parent: number | undefined,
    service: string,
    operation: string,
    outcome: { failed: boolean },
  ): Process {
    const { cpuMs, steps } = operations[service]?.[operation] ?? { cpuMs: 0, steps: [] };
    // The request waits for the event loop before its span can begin.
    yield* this.compute(service, 0.05);
    const span = this.open(trace, parent, service, operation, 2);
    yield* this.compute(service, cpuMs);
    if (this.fault('slow', service)) yield { wait: 80 + 40 * this.next() };
    if (this.fault('errors', service) && this.next() < 0.5) span.error = true;
    for (const step of steps) {
      if (span.error) break;
      if ('query' in step) yield* this.query(trace, span.id, service, step.query, step.ms);
      else {
        const [callee, called] = step.call;
        if (this.fault('missing-call', service, callee)) continue;
        const times = this.fault('retry-storm', service, callee) ? 6 : 1;
        for (let i = 0; i < times; i += 1) {
          const called_ = { failed: false };
          yield* this.call(trace, span.id, service, callee, called, called_);
          if (called_.failed) span.error = true;
        }
      }
    }
    yield* this.compute(service, cpuMs / 4);
    span.endMs = this.simulation.now;
    outcome.failed = span.error;
  }

  private *call(
    trace: SimulatedTrace,
    parent: number,
    caller: string,
    callee: string,
    operation: string,
    outcome: { failed: boolean },
  ): Process {
    const client = this.open(trace, parent, caller, operation.slice(0, operation.indexOf(' ')), 3);
    yield { wait: 0.2 * this.slowdown() * this.noise() };
    yield* this.handle(trace, client.id, callee, operation, outcome);
    yield { wait: 0.2 * this.slowdown() * this.noise() };
    yield* this.compute(caller, 0.1);
    client.endMs = this.simulation.now;
    client.error = outcome.failed;
  }

  private *query(trace: SimulatedTrace, parent: number, service: string, name: string, ms: number): Process {
    const [pool, database] = [this.pools.get(service), this.databases.get(service)];
    if (pool === undefined || database === undefined) return;
    const connect = this.open(trace, parent, service, 'pg-pool.connect', 3, `peer:postgresql/${service}`);
    yield { enter: pool };
    yield* this.compute(service, 0.05);
    connect.endMs = this.simulation.now;
    const span = this.open(trace, parent, service, name, 3, `peer:postgresql/${service}`);
    yield { enter: database };
    yield { wait: ms * this.slowdown() * this.noise() + (this.fault('query', service) ? 60 * this.noise() : 0) };
    database.leave();
    yield* this.compute(service, 0.1);
    span.endMs = this.simulation.now;
    pool.leave();
  }

  /** Time on the event loop of a service; a machine that is busy elsewhere is slower for all. */
  private *compute(service: string, ms: number): Process {
    const loop = this.loops.get(service);
    if (loop === undefined) return;
    yield { enter: loop };
    const busy = (this.options.faults ?? []).some((fault) => fault.kind === 'cpu' && this.during(fault));
    const pause = (this.options.pauses ?? []).find(
      ({ fromMs, toMs }) => this.simulation.now >= fromMs && this.simulation.now < toMs,
    );
    if (pause !== undefined) yield { wait: pause.toMs - this.simulation.now };
    yield { wait: ms * this.noise() * (busy ? 1.3 : 1) * this.slowdown() };
    loop.leave();
  }

  private slowdown(): number {
    const { now } = this.simulation;
    return (this.options.slowdowns ?? []).find(({ fromMs, toMs }) => now >= fromMs && now < toMs)?.factor ?? 1;
  }

  private *hog(fault: Fault): Process {
    const loop = this.loops.get(fault.service);
    while (loop !== undefined && this.during(fault)) {
      yield { enter: loop };
      yield { wait: 25 };
      loop.leave();
      yield { wait: 5 };
    }
  }

  private *holdConnections(fault: Fault): Process {
    const pool = this.pools.get(fault.service);
    yield { wait: 50 * this.next() };
    while (pool !== undefined && this.during(fault)) {
      yield { enter: pool };
      yield { wait: 300 };
      pool.leave();
      yield { wait: 10 };
    }
  }

  private fault(kind: Fault['kind'], service: string, callee?: string): boolean {
    return (this.options.faults ?? []).some(
      (fault) =>
        fault.kind === kind &&
        fault.service === service &&
        (fault.callee === undefined || fault.callee === callee) &&
        this.during(fault),
    );
  }

  private during({ fromMs, toMs }: Fault): boolean {
    return this.simulation.now >= fromMs && this.simulation.now < toMs;
  }

  /** Log-normal with now and then a Pareto tail: what shared machines do. */
  private noise(): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
    const usual = Math.exp(0.25 * normal);
    return this.next() < 0.01 ? usual * Math.pow(1 - this.next(), -0.6) : usual;
  }

  private open(
    trace: SimulatedTrace,
    parent: number | undefined,
    service: string,
    operation: string,
    kind: 2 | 3,
    peer = '',
  ): SimulatedSpan {
    const { now } = this.simulation;
    const span: SimulatedSpan = {
      id: (this.spans += 1),
      parent,
      service,
      operation,
      kind,
      peer,
      startMs: now,
      endMs: now,
      error: false,
    };
    trace.spans.push(span);
    return span;
  }
}
