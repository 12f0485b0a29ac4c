import { entryKey, isPeer, type EdgeStats, type StatsTable } from '@plumbline/wire';
import { riseEvidence } from '../ranking/behaviour';
import type { Names } from '../ranking/names';
import { entrySpanCounts, mean } from '../reference';
import { callsOf, failed, leastSupport, type ExtraCalls } from './amplification';

/** Share of the caller's requests that make the call now. */
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
  const strangers = [...now.edges].filter(([key]) => !before.edges.has(key));
  if (strangers.length === 0) return [];
  const spans = entrySpanCounts(now);
  const spansBefore = entrySpanCounts(before);
  const pairOf = (edge: EdgeStats): string => `${callerOf(edge)}\n${names.of(edge.callee)}`;
  const known = new Set([...before.edges.values()].map(pairOf));
  const found: ExtraCalls[] = [];
  for (const [key, row] of strangers) {
    const caller = callerOf(row);
    const [entrySpans, entrySpansBefore] = [spans.get(caller) ?? 0, spansBefore.get(caller) ?? 0];
    if (entrySpans < leastSupport || entrySpansBefore < leastSupport || row.callers < leastShare * entrySpans) continue;
    if (known.has(pairOf(row)) || (isPeer(row.callee) && names.isAlive(names.of(row.callee)))) continue;
    const calls = callsOf(key, row, entrySpans);
    const isFelt = materialMs > 0 && calls.perRequest * mean(row.duration) >= materialMs;
    const evidence = riseEvidence(0, entrySpansBefore, row.callers, entrySpans);
    found.push({
      ...calls,
      perRequestBefore: 0,
      extra: row.calls,
      // Whoever is called instead of one that fails is no cause.
      provoked: Math.min(1, failedCallsOf(caller, now) / row.calls),
      evidence: isFelt ? evidence : Math.min(evidence, mostUnfelt),
    });
  }
  return found;
}

/** Calls of whomever that fail in the course of an operation. */
function failedCallsOf(caller: string, { edges }: StatsTable): number {
  let sum = 0;
  for (const edge of edges.values()) if (callerOf(edge) === caller) sum += failed(edge);
  return sum;
}

function callerOf({ caller, callerOperation }: EdgeStats): string {
  return entryKey(caller, callerOperation);
}
