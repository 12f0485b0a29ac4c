import { entryKey, isPeer, type EdgeStats, type StatsTable } from '@plumbline/wire';
import { riseEvidence } from '../ranking/behaviour';
import type { Names } from '../ranking/names';
import { entrySpanCounts, mean } from '../reference';
import type { ExtraCalls } from './amplification';

/** Requests of the caller from which it is known what it used to call, and share of them now that make the call. */
const leastSupport = 10;
const leastShare = 0.2;
/** A call that costs users nothing breaks ties and no more: every release makes some. */
const mostUnfelt = 2;

/**
 * Calls of a service, or a peer, that an operation never made before. A call is new by whom it is made to, whatever it is called there; an
 * operation that is new itself has no new calls.
 *
 * @param materialMs what a time has to differ by to matter to users: calls that take as much for each request count in full
 */
export function newCalls(now: StatsTable, before: StatsTable, names: Names, materialMs: number): ExtraCalls[] {
  const spans = entrySpanCounts(now);
  const spansBefore = entrySpanCounts(before);
  const known = new Set(
    [...before.edges.values()].map((edge) => JSON.stringify([callerOf(edge), names.of(edge.callee)])),
  );
  const failing = new Map<string, number>();
  for (const edge of now.edges.values()) failing.set(callerOf(edge), (failing.get(callerOf(edge)) ?? 0) + failed(edge));
  const found: ExtraCalls[] = [];
  for (const [key, row] of now.edges) {
    const caller = callerOf(row);
    const [entrySpans, entrySpansBefore] = [spans.get(caller) ?? 0, spansBefore.get(caller) ?? 0];
    if (entrySpans < leastSupport || entrySpansBefore < leastSupport || row.callers < leastShare * entrySpans) continue;
    if (known.has(JSON.stringify([caller, names.of(row.callee)]))) continue;
    if (isPeer(row.callee) && names.isAlive(names.of(row.callee))) continue;
    const perRequest = row.calls / entrySpans;
    const isFelt = materialMs > 0 && perRequest * mean(row.duration) >= materialMs;
    const evidence = riseEvidence(0, entrySpansBefore, row.callers, entrySpans);
    found.push({
      key,
      caller: row.caller,
      callee: row.callee,
      callerOperation: row.callerOperation,
      operation: row.operation,
      calls: row.calls,
      perRequest,
      perRequestBefore: 0,
      entrySpans,
      extra: row.calls,
      // Whoever is called instead of one that fails is no cause.
      provoked: Math.min(1, (failing.get(caller) ?? 0) / row.calls),
      evidence: isFelt ? evidence : Math.min(evidence, mostUnfelt),
    });
  }
  return found;
}

function callerOf({ caller, callerOperation }: EdgeStats): string {
  return entryKey(caller, callerOperation);
}

function failed({ clientErrors, serverErrors }: EdgeStats): number {
  return Math.max(clientErrors, serverErrors);
}
