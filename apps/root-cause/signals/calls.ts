import { entryKey, type StatsTable } from '@plumbline/wire';
import { isPeer } from '../graph';
import { entrySpanCounts, traceCount } from '../reference';
import { extraCalls } from './amplification';
import { Ledger, type Attribution } from './fact';

/** Calls that at least this share of requests make can be missed. */
const leastRegular = 0.2;
/** Rise of the share of requests without the call that counts as change, and its least number. */
const leastMissing = 0.1;
const leastRequests = 5;
const leastSupport = 10;
/** Changed calls a trace at which a change of calls is one beyond doubt. */
const fullMateriality = 0.3;

/**
 * Divides calls that are no longer made, made more often or newly made among the callers that changed. Whoever fails
 * before a call does not miss it, and who repeats what failed reacts. Amounts are calls a trace.
 */
export function attributeCalls(now: StatsTable, before: StatsTable): Attribution {
  const traces = Math.max(1, traceCount(now));
  const ledger = new Ledger();
  missing(ledger, now, before, traces);
  for (const edge of extraCalls(now, before)) {
    ledger.charge(edge.caller, (edge.extra / traces) * (1 - edge.provoked), {
      kind: 'extra-calls',
      service: edge.caller,
      operation: edge.callerOperation,
      callee: edge.callee,
      signal: 'calls per request',
      unit: 'calls',
      before: edge.perRequestBefore,
      now: edge.perRequest,
      spans: Math.round(edge.entrySpans),
    });
  }
  return ledger.result(ledger.total / fullMateriality);
}

function missing(ledger: Ledger, now: StatsTable, before: StatsTable, traces: number): void {
  const spans = entrySpanCounts(now);
  const spansBefore = entrySpanCounts(before);
  const failing = riseOfFailures(now, before);
  for (const [key, normal] of before.edges) {
    const from = entryKey(normal.caller, normal.callerOperation);
    const [n, n0] = [spans.get(from) ?? 0, spansBefore.get(from) ?? 0];
    if (n < leastSupport || n0 < leastSupport) continue;
    const row = now.edges.get(key);
    const regular = Math.min(1, normal.callers / n0);
    const share = Math.min(1, Math.max(0, row?.callers ?? 0) / n);
    // A request that fails ends early; a callee that fails or sends no spans any more has not been forgotten.
    const explained = (failing.get(from) ?? 0) + replacedCalls(now, before, normal, n, n0);
    const lost = regular - share - explained;
    if (regular < leastRegular || lost < leastMissing * regular || lost * n < leastRequests) continue;
    ledger.charge(normal.caller, ((normal.calls / Math.max(normal.callers, 1)) * lost * n) / traces, {
      kind: 'missing-call',
      service: normal.caller,
      operation: normal.callerOperation,
      callee: normal.callee,
      signal: 'calls per request',
      unit: 'calls',
      before: normal.calls / n0,
      now: (row?.calls ?? 0) / n,
      spans: Math.round(n),
    });
  }
}

/** Rise of the share of failed entry spans, by entry key. */
function riseOfFailures(now: StatsTable, before: StatsTable): ReadonlyMap<string, number> {
  const rates = (table: StatsTable): Map<string, { errors: number; count: number }> => {
    const sums = new Map<string, { errors: number; count: number }>();
    for (const row of table.operations.values()) {
      if (!row.entry) continue;
      const key = entryKey(row.service, row.operation);
      const sum = sums.get(key) ?? { errors: 0, count: 0 };
      sums.set(key, { errors: sum.errors + row.all.errors, count: sum.count + row.all.count });
    }
    return sums;
  };
  const normal = rates(before);
  return new Map(
    [...rates(now)].map(([key, { errors, count }]) => {
      const was = normal.get(key);
      const rise = errors / Math.max(count, 1) - (was === undefined ? 0 : was.errors / Math.max(was.count, 1));
      return [key, Math.max(0, rise)];
    }),
  );
}

/** Share of requests that newly call a peer by address where a service used to answer with spans. */
function replacedCalls(
  now: StatsTable,
  before: StatsTable,
  {
    caller,
    callerOperation,
    callee,
  }: { readonly caller: string; readonly callerOperation: string; readonly callee: string },
  n: number,
  n0: number,
): number {
  if (isPeer(callee)) return 0;
  let replaced = 0;
  for (const [key, row] of now.edges) {
    if (row.caller !== caller || row.callerOperation !== callerOperation || !isPeer(row.callee)) continue;
    replaced += Math.max(0, row.callers / n - (before.edges.get(key)?.callers ?? 0) / n0);
  }
  return replaced;
}
