import {
  addShape,
  addSpan,
  addToSketch,
  edgeRow,
  emptyTable,
  entryRow,
  operationRow,
  serviceKey,
  serviceRow,
  shapeKey,
  type Finding,
  type StatsTable,
} from '@plumbline/wire';

export interface SystemShape {
  readonly services: number;
  readonly operations: number;
}

/** Operations of one request: its entry, three that it calls, six that these call, each of which asks a database. */
const perRequest = 10;
const parents = [-1, 0, 0, 0, 1, 1, 2, 2, 3, 3] as const;
/** One in ten services takes requests from outside. */
const entryShare = 0.1;
/** Spread of ln(own time), as of a service that does one thing. */
const spread = 0.35;
const databases = 40;

interface Operation {
  readonly service: string;
  readonly name: string;
  readonly medianMs: number;
}

/** An anomalous request, as a verdict tells of it. */
export interface SlowRequest {
  readonly entry: Operation;
  readonly durationMs: number;
  readonly services: readonly string[];
  readonly findings: readonly Finding[];
}

/**
 * A large system whose statistics are drawn directly, since nobody has the time to make its spans: services with operations
 * that all are used, the popular far more than the rest (Zipf).
 */
export class LargeSystem {
  private readonly operations: readonly Operation[];
  private readonly entries: number;
  private readonly popularity: readonly number[];

  constructor(
    { services, operations }: SystemShape,
    private readonly random: () => number,
  ) {
    this.entries = Math.floor(operations / perRequest);
    const entryServices = Math.max(1, Math.floor(services * entryShare));
    this.operations = Array.from({ length: this.entries * perRequest }, (_, i) => {
      const number = i < this.entries ? i % entryServices : entryServices + ((i * 7919) % (services - entryServices));
      const id = { tenant: 'default', environment: 'production', namespace: 'shop', service: `service-${number}` };
      return { service: serviceKey(id), name: `GET /v1/resource-${i}/{id}`, medianMs: 1 + (i % 17) };
    });
    let total = 0;
    this.popularity = Array.from({ length: this.entries }, (_, rank) => (total += 1 / (rank + 1) ** 0.8));
  }

  /** The service below the most popular entry that is called deepest. */
  get culprit(): string {
    return this.operationOf(0, perRequest - 1).service;
  }

  /**
   * What detection counts of so many requests.
   *
   * @param slower how much longer the culprit takes
   */
  draw(requests: number, slower = 1): { readonly stats: StatsTable; readonly slow: readonly SlowRequest[] } {
    const stats = emptyTable();
    const slow: SlowRequest[] = [];
    for (let i = 0; i < requests; i += 1) {
      const request = this.request(stats, this.pick(), slower);
      if (request !== undefined) slow.push(request);
    }
    return { stats, slow };
  }

  private pick(): number {
    // So that within a window every operation is used, as all are in a system of that size that has many users.
    if (this.random() < 0.5) return Math.floor(this.random() * this.entries);
    const at = this.random() * (this.popularity.at(-1) ?? 0);
    let [low, high] = [0, this.entries - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.popularity[middle] ?? 0) < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The entry has its own tree of operations; `position` 0 is the entry. */
  private operationOf(entry: number, position: number): Operation {
    const index = position === 0 ? entry : this.entries + entry * (perRequest - 1) + position - 1;
    const operation = this.operations[index];
    if (operation === undefined) throw new RangeError(`operation ${index} of ${this.operations.length}`);
    return operation;
  }

  private request(stats: StatsTable, entry: number, slower: number): SlowRequest | undefined {
    const tree = parents.map((_, position) => this.operationOf(entry, position));
    const own = tree.map(({ service, medianMs }) => this.time(medianMs) * (service === this.culprit ? slower : 1));
    const durations = [...own];
    const gaps = tree.map(() => this.time(0.4));
    for (let position = perRequest - 1; position > 0; position -= 1) {
      const parent = parents[position] ?? 0;
      durations[parent] = (durations[parent] ?? 0) + (durations[position] ?? 0) + (gaps[position] ?? 0);
    }
    const anomalous = slower > 1 && tree.some(({ service }) => service === this.culprit);
    for (const [position, operation] of tree.entries()) {
      const [selfMs, durationMs] = [own[position] ?? 0, durations[position] ?? 0];
      this.count(stats, operation, { selfMs, durationMs }, anomalous);
      const children = tree.filter((_, child) => child > 0 && parents[child] === position);
      const row = operationRow(stats, operation.service, operation.name, 2, true);
      const labels = children.map(({ service, name }) => `${service} ${name}`);
      addShape(row.shapes, shapeKey(labels), 1, 0);
      if (children.length === 0) this.peer(stats, operation, entry);
      if (position > 0) {
        const caller = tree[parents[position] ?? 0];
        if (caller !== undefined) this.call(stats, caller, operation, durationMs, gaps[position] ?? 0);
      }
    }
    return this.enter(stats, tree, own, durations[0] ?? 0, anomalous);
  }

  private count(
    stats: StatsTable,
    { service, name, medianMs }: Operation,
    { selfMs, durationMs }: { readonly selfMs: number; readonly durationMs: number },
    anomalous: boolean,
  ): void {
    const row = operationRow(stats, service, name, 2, true);
    const span = { selfMs, durationMs, error: false, origin: false };
    addSpan(row.all, span);
    if (anomalous) addSpan(row.anomalous, span);
    addToSketch(row.perTrace, selfMs);
    row.traces += 1;
    row.watched += 1;
    stats.blindness.spans += 2;
    const of = serviceRow(stats, service);
    of.traces += 1;
    addToSketch(of.own, selfMs / medianMs);
    addToSketch(of.out, this.time(1));
    addToSketch(of.in, this.time(1));
    addSpan(operationRow(stats, service, 'GET', 3, false).all, span);
  }

  private call(stats: StatsTable, caller: Operation, callee: Operation, durationMs: number, gapMs: number): void {
    const edge = edgeRow(stats, caller.service, caller.name, callee.service, callee.name);
    edge.calls += 1;
    edge.callers += 1;
    edge.watched += 1;
    addToSketch(edge.fanout, 1);
    addToSketch(edge.gap, gapMs);
    addToSketch(edge.duration, durationMs + gapMs);
    addToSketch(edge.perTrace, gapMs);
  }

  private peer(stats: StatsTable, { service, name }: Operation, entry: number): void {
    const durationMs = this.time(2);
    const edge = edgeRow(stats, service, name, `peer:postgresql/shop-${entry % databases}`, 'SELECT');
    edge.calls += 1;
    edge.callers += 1;
    addToSketch(edge.fanout, 1);
    addToSketch(edge.duration, durationMs);
    addToSketch(edge.perTrace, durationMs);
  }

  private enter(
    stats: StatsTable,
    tree: readonly Operation[],
    own: readonly number[],
    durationMs: number,
    anomalous: boolean,
  ): SlowRequest | undefined {
    const [entry] = tree;
    if (entry === undefined) return undefined;
    const row = entryRow(stats, entry.service, entry.name);
    row.traces += 1;
    const usual = tree.reduce((sum, { medianMs }) => sum + medianMs, 0);
    addToSketch(row.score, this.time(0.5));
    addToSketch(row.duration, durationMs);
    addToSketch(row.ratio, own.reduce((sum, ms) => sum + ms, 0) / usual);
    if (!anomalous) return undefined;
    row.anomalous += 1;
    const findings = tree
      .map((operation, position) => ({ operation, value: own[position] ?? 0 }))
      .filter(({ operation }) => operation.service === this.culprit)
      .map(({ operation: { service, name, medianMs }, value }) => {
        const expected = { expected: medianMs, upper: 3 * medianMs, p: 0.001 };
        return { kind: 'self-time' as const, service, operation: name, spanId: 'ab', value, ...expected };
      });
    return { entry, durationMs, services: [...new Set(tree.map(({ service }) => service))], findings };
  }

  /** Log-normal around the median. */
  private time(medianMs: number): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.random())) * Math.cos(2 * Math.PI * this.random());
    return medianMs * Math.exp(spread * normal);
  }
}
