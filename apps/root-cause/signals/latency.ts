import { quantile, sketchCount, type EdgeStats, type Sketch, type StatsTable } from '@plumbline/wire';
import { commonMode, type Slowdown } from '../common-mode';
import { isPeer } from '../graph';
import { mean, traceCount } from '../reference';
import { amplifiers, extraCalls } from './amplification';
import { Ledger, type Attribution, type Fact } from './fact';

const clientKind = 3;
const producerKind = 4;

type Common = (service: string) => Slowdown;

/** Fewest observations on either side of a comparison. */
const leastBefore = 10;
const leastNow = 3;
/**
 * Means of busy machines move by a fifth without reason, and small ones by 50 µs: only what goes beyond is divided, or the
 * noise of many operations outweighs the fault of one that few requests pass.
 */
const leastRatio = 0.2;
const leastChangeMs = 0.05;
/** Excess relative to the normal duration of a request at which a slowdown is one beyond doubt. */
const fullMateriality = 0.3;
/** Where neither end shows more, the time between caller and callee is likelier the callee's: its queue comes before its span. */
const calleeShareOfGap = 0.6;

/**
 * Divides the time that requests take longer among services: their own time, the time of callees that send no spans, the
 * time between caller and callee, and the time of calls that somebody began to make. Amounts are milliseconds a trace,
 * so excesses of services are comparable and a caller that only waits gets nothing. What slows everybody ({@link commonMode})
 * is taken off first.
 */
export function attributeLatency(now: StatsTable, before: StatsTable): Attribution {
  const traces = Math.max(1, traceCount(now));
  const intensities = new Ledger();
  const common = commonMode(now, before);
  const growth = ownTime(intensities, now, before, traces, common);
  peerTime(intensities, now, before, traces, common);
  gaps(intensities, now, before, traces, common, growth);

  // Time that comes of load is charged to who brought the load.
  const extras = extraCalls(now, before);
  const blame = amplifiers(now, extras);
  for (const service of intensities.services) {
    const amount = intensities.of(service);
    if (amount <= 0) continue;
    for (const [origin, share] of blame(service)) {
      intensities.add(origin, amount * share);
      intensities.add(service, -amount * share);
    }
  }
  for (const edge of extras) {
    const duration = mean(now.edges.get(edge.key)?.duration ?? new Map<number, number>());
    intensities.add(edge.caller, ((edge.extra * duration) / traces) * (1 - edge.provoked));
  }
  const normal = requestDuration(before);
  return intensities.result(normal > 0 ? intensities.total / normal / fullMateriality : 0);
}

/** Mean duration of the requests that enter from outside; entries of services that nobody calls. */
function requestDuration(table: StatsTable): number {
  const called = new Set([...table.edges.values()].map(({ callee }) => callee));
  let sum = 0;
  let count = 0;
  for (const row of table.operations.values()) {
    if (!row.entry || called.has(row.service)) continue;
    sum += mean(row.all.duration) * row.all.count;
    count += row.all.count;
  }
  return count > 0 ? sum / count : 0;
}

/** @returns ln of the largest growth of own time, by service */
function ownTime(
  ledger: Ledger,
  now: StatsTable,
  before: StatsTable,
  traces: number,
  common: Common,
): ReadonlyMap<string, number> {
  const growth = new Map<string, number>();
  for (const [key, row] of now.operations) {
    // Time of client spans is told by edges: it is the callee's, or passes between the two.
    if (row.kind === clientKind || row.kind === producerKind) continue;
    const normal = before.operations.get(key);
    if (normal === undefined) continue;
    const change = compare(row.all.self, normal.all.self, common(row.service).own);
    if (change === undefined) continue;
    const amount = (change.excess * row.all.count) / traces;
    growth.set(row.service, Math.max(growth.get(row.service) ?? 0, change.log));
    ledger.charge(row.service, amount, {
      kind: 'self-time',
      service: row.service,
      operation: row.operation,
      ...describe('self time', row.all.self, normal.all.self),
    });
  }
  return growth;
}

function peerTime(ledger: Ledger, now: StatsTable, before: StatsTable, traces: number, common: Common): void {
  const callers = callersOfPeers(now, before);
  for (const [key, row] of now.edges) {
    if (!isPeer(row.callee)) continue;
    const normal = before.edges.get(key);
    const change =
      normal === undefined ? newTime(row) : compare(row.duration, normal.duration, common(row.caller).peer);
    if (change === undefined) continue;
    const amount = (change.excess * row.calls) / traces;
    const fact = {
      kind: 'callee-time',
      service: row.caller,
      operation: row.operation,
      callee: row.callee,
      ...describe('time', row.duration, normal?.duration ?? new Map<number, number>()),
    } as const;
    // Slow for everybody: the peer. Slow for one: as far as can be seen, "its" database.
    const { slow, all } = callers.get(row.callee) ?? { slow: 1, all: 1 };
    if (slow < 2 || slow < all) ledger.charge(row.caller, amount, fact);
    else {
      ledger.charge(row.callee, amount * sharedPeerShare, { ...fact, service: row.callee });
      ledger.charge(row.caller, amount * (1 - sharedPeerShare), fact);
    }
  }
}

/** Part of the excess that goes to a peer which all of its callers see slow. */
const sharedPeerShare = 0.75;

function callersOfPeers(now: StatsTable, before: StatsTable): ReadonlyMap<string, { slow: number; all: number }> {
  const excess = new Map<string, Map<string, boolean>>();
  for (const [key, row] of now.edges) {
    if (!isPeer(row.callee)) continue;
    const normal = before.edges.get(key);
    if (normal === undefined || row.calls < leastNow) continue;
    let of = excess.get(row.callee);
    if (of === undefined) excess.set(row.callee, (of = new Map<string, boolean>()));
    const change = compare(row.duration, normal.duration, 1);
    of.set(row.caller, of.get(row.caller) === true || (change !== undefined && change.log > Math.log(1.3)));
  }
  return new Map(
    [...excess].map(([peer, of]) => [peer, { slow: [...of.values()].filter(Boolean).length, all: of.size }]),
  );
}

/** The time between a client span and the callee's: split by which end shows more trouble elsewhere. */
function gaps(
  ledger: Ledger,
  now: StatsTable,
  before: StatsTable,
  traces: number,
  common: Common,
  growth: ReadonlyMap<string, number>,
): void {
  const changed: {
    readonly row: EdgeStats;
    readonly normal: EdgeStats;
    readonly excess: number;
    readonly log: number;
  }[] = [];
  const logs: { readonly caller: string; readonly callee: string; readonly log: number }[] = [];
  for (const [key, row] of now.edges) {
    const normal = before.edges.get(key);
    if (isPeer(row.callee) || normal === undefined || sketchCount(row.gap) < leastNow) continue;
    const slowdown = Math.min(common(row.caller).gap, common(row.callee).gap);
    const change = compare(row.gap, normal.gap, slowdown);
    logs.push({ caller: row.caller, callee: row.callee, log: change?.log ?? 0 });
    if (change !== undefined) changed.push({ row, normal, ...change });
  }
  const meanLog = (chosen: typeof logs): number =>
    chosen.length === 0 ? 0 : chosen.reduce((sum, { log }) => sum + log, 0) / chosen.length;
  for (const { row, normal, excess } of changed) {
    const { caller, callee } = row;
    const elsewhere = meanLog(logs.filter((edge) => edge.caller === caller && edge.callee !== callee));
    const others = meanLog(logs.filter((edge) => edge.callee === callee && edge.caller !== caller));
    const forCallee = Math.log(calleeShareOfGap) + others + (growth.get(callee) ?? 0);
    const forCaller = Math.log(1 - calleeShareOfGap) + elsewhere + (growth.get(caller) ?? 0);
    const share = 1 / (1 + Math.exp(forCaller - forCallee));
    const amount = (excess * sketchCount(row.gap)) / traces;
    const described = describe('time between caller and callee', row.gap, normal.gap);
    ledger.charge(callee, amount * share, {
      kind: 'gap',
      service: callee,
      operation: row.operation,
      callee,
      ...described,
    });
    ledger.charge(caller, amount * (1 - share), {
      kind: 'gap',
      service: caller,
      operation: row.operation,
      callee,
      ...described,
    });
  }
}

interface Change {
  readonly excess: number;
  /** ln of now over before. */
  readonly log: number;
}

/** @param slowdown how many times longer it takes for everybody */
function compare(now: Sketch, before: Sketch, slowdown: number): Change | undefined {
  if (sketchCount(now) < leastNow || sketchCount(before) < leastBefore) return undefined;
  const [a, b] = [mean(now), mean(before) * slowdown];
  const excess = a - b - Math.max(leastRatio * b, leastChangeMs);
  return excess <= 0 ? undefined : { excess, log: Math.log(a / Math.max(b, leastChangeMs)) };
}

/** A call that was not made before: all of its time is new. */
function newTime(row: EdgeStats): Change | undefined {
  const excess = mean(row.duration);
  return row.calls < leastNow || excess <= leastChangeMs ? undefined : { excess, log: 1 };
}

/** The quantile that moved most, p95 in doubt; the mean where none did. */
function describe(
  what: string,
  now: Sketch,
  before: Sketch,
): Pick<Fact, 'signal' | 'unit' | 'before' | 'now' | 'spans' | 'normalLow' | 'normalHigh'> {
  const spans = Math.round(sketchCount(now));
  if (sketchCount(before) === 0) {
    return { signal: `${what} p95`, unit: 'ms', before: 0, now: quantile(now, 0.95), spans };
  }
  const ratio = (q: number): number => quantile(now, q) / Math.max(quantile(before, q), leastChangeMs);
  const q = ratio(0.5) > 1.5 * ratio(0.95) ? 0.5 : 0.95;
  const told =
    ratio(q) > 1 + leastRatio
      ? { signal: `${what} ${q === 0.5 ? 'median' : 'p95'}`, before: quantile(before, q), now: quantile(now, q) }
      : { signal: `${what} mean`, before: mean(before), now: mean(now) };
  return { ...told, unit: 'ms', spans, normalLow: quantile(before, 0.05), normalHigh: quantile(before, 0.95) };
}
