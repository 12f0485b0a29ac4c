import {
  edgeKey,
  entryKey,
  operationKey,
  robustLog,
  sketchCount,
  type Bundle,
  type EdgeStats,
  type OperationStats,
  type Sketch,
  type StatsTable,
} from '@plumbline/wire';
import { fanoutFloor, leastP, Reference, timeFloor } from './reference';

/** Normal of one operation; absent parts abstain. */
export interface OperationProfile {
  readonly self: Reference;
  /** Probability that one of its spans is where an error begins. */
  readonly errorP: number;
  readonly errorRate: number;
  /** Of entries: calls that are nearly always made. */
  readonly regularCalls: readonly EdgeProfile[];
  /** Of entries: probability of a call never seen from here, by Good and Turing. */
  readonly newCallP: number;
}

/** Normal of the calls from one entry operation to one callee. */
export interface EdgeProfile {
  readonly key: string;
  readonly callee: string;
  readonly operation: string;
  /** Calls per entry span. */
  readonly rate: number;
  /** Probability that an entry span makes no such call. */
  readonly missingP: number;
  readonly gap: Reference | undefined;
  readonly fanout: Reference | undefined;
}

/** A bundle's profile made ready for look-ups. */
export interface CompiledProfile {
  readonly operations: ReadonlyMap<string, OperationProfile>;
  readonly edges: ReadonlyMap<string, EdgeProfile>;
  /** Operations known, but seen too seldom to judge. */
  readonly abstaining: number;
}

/** Observations that the rate of the whole service is worth for one of its operations (`rate = (k + 2·r_svc)/(n + 2)`). */
const rateStrength = 2;
/** Spread of ln(value) where a service gives none: a factor of 1.65. */
const defaultSpread = 0.5;
/** Calls that at least this share of entry spans make are missed when they are not made. */
const regularShare = 0.9;

/** Counts of one service, towards which its operations are shrunk. */
class ServicePool {
  readonly origins = new Rate();
  readonly missing = new Rate();
  readonly novel = new Rate();
  readonly self = new Spread();
  readonly gap = new Spread();
  readonly fanout = new Spread();
}

class Rate {
  private hits = 0;
  private trials = 0;

  add(hits: number, trials: number): void {
    this.hits += hits;
    this.trials += trials;
  }

  /** Shrunk rate of one member. */
  of(hits: number, trials: number): number {
    const pooled = (this.hits + 0.5) / (this.trials + 1);
    return Math.min(1, Math.max((hits + rateStrength * pooled) / (trials + rateStrength), leastP));
  }
}

class Spread {
  private squares = 0;
  private observations = 0;

  add(sketch: Sketch): void {
    const n = sketchCount(sketch);
    const { spread } = robustLog(sketch);
    if (n < 2 || !Number.isFinite(spread)) return;
    this.squares += n * spread * spread;
    this.observations += n;
  }

  get value(): number {
    return this.observations > 0 ? Math.sqrt(this.squares / this.observations) : defaultSpread;
  }
}

/** Rates, tails and regular calls of everything with enough support. */
export function compileProfile({ profile, thresholds }: Pick<Bundle, 'profile' | 'thresholds'>): CompiledProfile {
  const entries = entryCounts(profile);
  const pools = poolByService(profile, entries);
  const pool = (service: string): ServicePool => pools.get(service) ?? new ServicePool();

  const edges = new Map<string, EdgeProfile>();
  const regular = new Map<string, EdgeProfile[]>();
  const novel = new Map<string, number>();
  for (const row of profile.edges.values()) {
    const caller = entryKey(row.caller, row.callerOperation);
    const compiled = compileEdge(row, entries.get(caller) ?? 0, pool(row.caller), thresholds.minSupport);
    edges.set(compiled.key, compiled);
    if (seenOnce(row)) novel.set(caller, (novel.get(caller) ?? 0) + 1);
    if (isRegular(row, entries.get(caller) ?? 0)) {
      const list = regular.get(caller);
      if (list === undefined) regular.set(caller, [compiled]);
      else list.push(compiled);
    }
  }

  const operations = new Map<string, OperationProfile>();
  let abstaining = 0;
  for (const row of profile.operations.values()) {
    if (row.all.count < thresholds.minSupport) {
      abstaining += 1;
      continue;
    }
    const shared = pool(row.service);
    const entry = entryKey(row.service, row.operation);
    operations.set(operationKey(row.service, row.operation, row.kind, row.entry), {
      self: new Reference(row.all.self, shared.self.value, timeFloor),
      errorP: shared.origins.of(row.all.origins, row.all.count),
      errorRate: row.all.origins / row.all.count,
      regularCalls: row.entry ? (regular.get(entry) ?? []) : [],
      newCallP: row.entry ? shared.novel.of(novel.get(entry) ?? 0, row.all.count) : 1,
    });
  }
  return { operations, edges, abstaining };
}

function compileEdge(row: EdgeStats, entrySpans: number, pool: ServicePool, minSupport: number): EdgeProfile {
  const reference = (sketch: Sketch, spread: Spread, floor: typeof timeFloor): Reference | undefined =>
    sketchCount(sketch) < minSupport ? undefined : new Reference(sketch, spread.value, floor);
  return {
    key: edgeKey(row.caller, row.callerOperation, row.callee, row.operation),
    callee: row.callee,
    operation: row.operation,
    rate: entrySpans > 0 ? row.calls / entrySpans : 0,
    missingP: entrySpans < minSupport ? 1 : pool.missing.of(Math.max(0, entrySpans - row.callers), entrySpans),
    gap: reference(row.gap, pool.gap, timeFloor),
    fanout: reference(row.fanout, pool.fanout, fanoutFloor),
  };
}

/** Entry spans by entry key, whatever their kind: edges do not tell kinds apart. */
function entryCounts(profile: StatsTable): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const row of profile.operations.values()) {
    if (!row.entry) continue;
    const key = entryKey(row.service, row.operation);
    counts.set(key, (counts.get(key) ?? 0) + row.all.count);
  }
  return counts;
}

function poolByService(profile: StatsTable, entries: ReadonlyMap<string, number>): ReadonlyMap<string, ServicePool> {
  const pools = new Map<string, ServicePool>();
  const of = (service: string): ServicePool => {
    let pool = pools.get(service);
    if (pool === undefined) pools.set(service, (pool = new ServicePool()));
    return pool;
  };
  for (const row of profile.operations.values()) addOperation(of(row.service), row);
  for (const row of profile.edges.values()) {
    const pool = of(row.caller);
    const entrySpans = entries.get(entryKey(row.caller, row.callerOperation)) ?? 0;
    pool.gap.add(row.gap);
    pool.fanout.add(row.fanout);
    if (isRegular(row, entrySpans)) pool.missing.add(Math.max(0, entrySpans - row.callers), entrySpans);
    if (seenOnce(row)) pool.novel.add(1, 0);
  }
  return pools;
}

function addOperation(pool: ServicePool, row: OperationStats): void {
  pool.origins.add(row.all.origins, row.all.count);
  pool.self.add(row.all.self);
  if (row.entry) pool.novel.add(0, row.all.count);
}

function isRegular(row: EdgeStats, entrySpans: number): boolean {
  return entrySpans > 0 && row.callers >= regularShare * entrySpans;
}

function seenOnce(row: EdgeStats): boolean {
  return row.callers > 0 && row.callers < 1.5;
}
