import { isPeer, quantile, sketchCount, timeFloorShare, unseenCallee, type Sketch } from '@plumbline/wire';
import { isDatabase } from '../graph';
import { mean, traceCount } from '../reference';
import { Names } from './names';
import type { Scope } from './scope';

const clientKind = 3;
const producerKind = 4;

/** Where the time of a row is spent: in its owner, or between its owner and a callee. */
export interface TimeRow {
  readonly kind: 'own' | 'peer' | 'gap';
  /** Whom the row's time belongs to; for a gap the caller. */
  readonly owner: string;
  /** Who waits: the owner, but for what is a peer's own. */
  readonly caller: string;
  /** Other end of a call. */
  readonly callee?: string;
  /** Key of the row in its table. */
  readonly key: string;
  readonly operation: string;
  readonly before: Sketch;
  readonly now: Sketch;
}

/** How far a row's time has moved, and how much that speaks for a fault. */
export interface TimeEvidence extends TimeRow {
  /** Mean difference of ln time at the quantiles {@link quantiles}. */
  readonly shift: number;
  /** ln of the probability of the shift under a fault over that without. */
  readonly evidence: number;
  /** Mean time added to an abnormal trace, milliseconds. */
  readonly excessMs: number;
}

/** Source of these constants: the recipe for rankings measured on recorded faults, see docs/explanation/quality.md. */
const quantiles = [0.5, 0.75, 0.9] as const;
const leastBefore = 3;
/** Drift of ln time between quiet stretches, and share of rows that drift three times as far. */
const drift = 0.35;
const wild = 0.05;
/** What faults do to ln time: mean and spread; beyond the mean all are as likely as the mean. */
const effect = { mean: 2, spread: 1.5 } as const;
const leastSpread = 0.05;
/** Traces that the spread of the service is worth for one of its rows. */
const spreadStrength = 20;
const clip = { least: -2, most: 8 } as const;

/** Rows whose time is known before and now. */
export function timeRows({ now, before }: Scope, names = new Names({ now, before })): TimeRow[] {
  const rows: TimeRow[] = [];
  for (const [key, row] of now.operations) {
    const normal = before.operations.get(key);
    if (normal === undefined || row.perTrace.size === 0) continue;
    const { service: owner, operation } = row;
    rows.push({ kind: 'own', owner, caller: owner, key, operation, before: normal.perTrace, now: row.perTrace });
  }
  const slowPeers = peersSlowForAll({ now, before });
  for (const [key, row] of now.edges) {
    const normal = before.edges.get(key);
    if (normal === undefined || row.perTrace.size === 0) continue;
    const { caller, callee, operation } = row;
    const times = { caller, key, operation, before: normal.perTrace, now: row.perTrace };
    const service = names.of(callee);
    if (!isPeer(callee)) rows.push({ kind: 'gap', owner: caller, callee, ...times });
    else if (service !== callee) {
      // Where its own spans tell of it, what a caller waits for has everything below it in it.
      if (!names.isAlive(service)) rows.push({ kind: 'peer', owner: service, callee: service, ...times });
    } else rows.push({ kind: 'peer', owner: ownerOfPeer(caller, callee, slowPeers), callee, ...times });
  }
  return rows;
}

/**
 * Whose time it is that a caller waits for somebody who sends no spans: the peer's, when all of its several callers see it or
 * it is no database; a database that one service uses is that service's own.
 */
function ownerOfPeer(caller: string, callee: string, slowForAll: ReadonlySet<string>): string {
  if (slowForAll.has(callee)) return callee;
  return isDatabase(callee) ? caller : unseenCallee(caller, callee);
}

/** Peers of at least two callers, all of which wait noticeably longer. */
function peersSlowForAll({ now, before }: Pick<Scope, 'now' | 'before'>): ReadonlySet<string> {
  const callers = new Map<string, Map<string, boolean>>();
  for (const [key, row] of now.edges) {
    const normal = before.edges.get(key);
    if (!isPeer(row.callee) || normal === undefined || sketchCount(row.perTrace) < leastBefore) continue;
    let of = callers.get(row.callee);
    if (of === undefined) callers.set(row.callee, (of = new Map<string, boolean>()));
    const slow = mean(row.perTrace) > 1.3 * mean(normal.perTrace);
    of.set(row.caller, of.get(row.caller) === true || slow);
  }
  return new Set(
    [...callers].filter(([, of]) => of.size >= 2 && [...of.values()].every(Boolean)).map(([peer]) => peer),
  );
}

/** Shift and evidence of every row; times below ε = c/30 are all alike. */
export function timeEvidence(scope: Scope, names?: Names): TimeEvidence[] {
  const floorMs = scope.materialMs * timeFloorShare;
  const rows = timeRows(scope, names).filter(
    (row) => sketchCount(row.before) >= leastBefore && sketchCount(row.now) >= 1,
  );
  const variances = new Map<string, { sum: number; weight: number }>();
  const spreads = rows.map((row) => {
    const iqr = ln(row.before, 0.75, floorMs) - ln(row.before, 0.25, floorMs);
    const variance = (iqr / 1.349) ** 2;
    const n = sketchCount(row.before);
    const pool = variances.get(row.owner) ?? { sum: 0, weight: 0 };
    variances.set(row.owner, { sum: pool.sum + n * variance, weight: pool.weight + n });
    return variance;
  });
  const traces = Math.max(1, traceCount(scope.now));
  return rows.map((row, i) => {
    const [n0, n1] = [sketchCount(row.before), sketchCount(row.now)];
    const pool = variances.get(row.owner) ?? { sum: 0, weight: 1 };
    const shrunk = (n0 * (spreads[i] ?? 0) + (spreadStrength * pool.sum) / pool.weight) / (n0 + spreadStrength);
    const variance = Math.max(shrunk, leastSpread ** 2);
    const shifts = quantiles.map((q) => ln(row.now, q, floorMs) - ln(row.before, q, floorMs));
    const shift = shifts.reduce((sum, x) => sum + x, 0) / shifts.length;
    const evidence = shiftEvidence(shift, 1.57 * variance * (1 / n0 + 1 / n1)) * (n1 / (n1 + 1));
    return { ...row, shift, evidence, excessMs: ((mean(row.now) - mean(row.before)) * n1) / traces };
  });
}

function ln(times: Sketch, q: number, floorMs: number): number {
  return Math.log(Math.max(quantile(times, q), 0) + Math.max(floorMs, 1e-3));
}

/**
 * A shift of ln time, or of ln calls, under a fault over one without; never speaks for a fault where it became less.
 *
 * @param error variance of the shift by chance
 */
export function shiftEvidence(shift: number, error: number): number {
  const calm = Math.log(
    (1 - wild) * density(shift, 0, drift ** 2 + error) + wild * density(shift, 0, 9 * drift ** 2 + error),
  );
  const fault = Math.log(density(Math.min(shift, effect.mean), effect.mean, effect.spread ** 2 + drift ** 2 + error));
  const evidence = Math.min(Math.max(fault - calm, clip.least), clip.most);
  return shift < 0 ? Math.min(evidence, 0) : evidence;
}

function density(x: number, center: number, variance: number): number {
  return Math.max(Math.exp(-((x - center) ** 2) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance), 1e-300);
}

/** Whether a kind of span is a call, whose time edges tell. */
export function isCall(kind: number): boolean {
  return kind === clientKind || kind === producerKind;
}
