import {
  bucketOf,
  entryKey,
  isPeer,
  quantile,
  sketchCount,
  sumFrom,
  type EdgeStats,
  type StatsTable,
} from '@plumbline/wire';
import { riseEvidence } from '../ranking/behaviour';
import type { Names } from '../ranking/names';
import { entrySpanCounts } from '../reference';

/** Calls of one edge beyond what its caller's requests make normally. */
export interface ExtraCalls {
  readonly key: string;
  readonly caller: string;
  readonly callee: string;
  readonly callerOperation: string;
  readonly operation: string;
  readonly calls: number;
  /** Calls for each entry span of the caller. */
  readonly perRequest: number;
  readonly perRequestBefore: number;
  readonly entrySpans: number;
  /** Calls beyond the expected number. */
  readonly extra: number;
  /** Part of them that repeats calls which failed at the callee: a reaction, not a cause. */
  readonly provoked: number;
  /** ln of how much likelier so many requests are that make more of the call under a share of their own than under the usual one. */
  readonly evidence: number;
}

/** Least relative and absolute growth that counts; expected numbers fluctuate. */
const leastGrowth = 0.2;
const leastCalls = 5;
/** Times the usual number of calls that is many. */
const muchMore = 1.5;
/** Fewest entry spans that a rate of calls is known from. */
export const leastSupport = 10;

/** Edges over which a caller makes more calls a request than it used to. */
export function extraCalls(now: StatsTable, before: StatsTable, names?: Names): ExtraCalls[] {
  const spans = entrySpanCounts(now);
  const spansBefore = entrySpanCounts(before);
  const found: ExtraCalls[] = [];
  for (const [key, row] of now.edges) {
    const caller = entryKey(row.caller, row.callerOperation);
    const [entrySpans, entrySpansBefore] = [spans.get(caller) ?? 0, spansBefore.get(caller) ?? 0];
    const normal = before.edges.get(key);
    // Calls whose server span was lost are counted where the others are.
    if (isPeer(row.callee) && names !== undefined && names.isAlive(names.of(row.callee))) continue;
    if (entrySpans < leastSupport || entrySpansBefore < leastSupport || normal === undefined) continue;
    const perRequestBefore = normal.calls / entrySpansBefore;
    const extra = row.calls - entrySpans * perRequestBefore;
    if (extra < leastCalls || extra < leastGrowth * entrySpans * perRequestBefore) continue;
    const failedBefore = normal.calls > 0 ? failed(normal) / normal.calls : 0;
    const failing = Math.max(0, failed(row) - failedBefore * row.calls);
    found.push({
      ...callsOf(key, row, entrySpans),
      perRequestBefore,
      extra,
      provoked: Math.min(1, failing / extra),
      evidence: Math.max(
        moreCalls(row, normal),
        riseEvidence(normal.callers, entrySpansBefore, row.callers, entrySpans),
      ),
    });
  }
  return found;
}

/** What an edge says of its calls by itself. */
export function callsOf(
  key: string,
  { caller, callee, callerOperation, operation, calls }: EdgeStats,
  entrySpans: number,
): Omit<ExtraCalls, 'perRequestBefore' | 'extra' | 'provoked' | 'evidence'> {
  return { key, caller, callee, callerOperation, operation, calls, perRequest: calls / entrySpans, entrySpans };
}

/** Calls that fail as either end sees them. */
export function failed({ clientErrors, serverErrors }: EdgeStats): number {
  return Math.max(clientErrors, serverErrors);
}

/** Of the requests that make the call at all, how many make half as many again as usual. */
function moreCalls({ fanout }: EdgeStats, normal: EdgeStats): number {
  const bucket = bucketOf(muchMore * quantile(normal.fanout, 0.5));
  return riseEvidence(
    sumFrom(normal.fanout, bucket),
    sketchCount(normal.fanout),
    sumFrom(fanout, bucket),
    sketchCount(fanout),
  );
}

/** Longest chain of services along which load is followed. */
const maxDepth = 8;

/**
 * Who makes each service busier: for a service, the share of the calls it gets that are extra calls somebody upstream
 * began to make, by that somebody. A callee that is slow because it is called five times as often is not the cause.
 */
export function amplifiers(
  now: StatsTable,
  extras: readonly ExtraCalls[],
): (service: string) => ReadonlyMap<string, number> {
  const extraOf = new Map(extras.map((edge) => [edge.key, edge]));
  const inbound = new Map<string, { key: string; caller: string; calls: number }[]>();
  for (const [key, { caller, callee, calls }] of now.edges) {
    if (calls <= 0 || caller === callee) continue;
    const list = inbound.get(callee);
    if (list === undefined) inbound.set(callee, [{ key, caller, calls }]);
    else list.push({ key, caller, calls });
  }
  const known = new Map<string, ReadonlyMap<string, number>>();
  const follow = (service: string, depth: number): ReadonlyMap<string, number> => {
    const ready = known.get(service);
    if (ready !== undefined) return ready;
    const edges = inbound.get(service) ?? [];
    const total = edges.reduce((sum, { calls }) => sum + calls, 0);
    const blame = new Map<string, number>();
    known.set(service, blame);
    if (total <= 0 || depth >= maxDepth) return blame;
    for (const { key, caller, calls } of edges) {
      const extra = extraOf.get(key);
      const own = extra === undefined ? 0 : (extra.extra / extra.calls) * (1 - extra.provoked);
      const weight = calls / total;
      if (own > 0) blame.set(caller, (blame.get(caller) ?? 0) + weight * own);
      for (const [origin, share] of follow(caller, depth + 1)) {
        blame.set(origin, (blame.get(origin) ?? 0) + weight * (1 - own) * share);
      }
    }
    return blame;
  };
  return (service) => follow(service, 0);
}
