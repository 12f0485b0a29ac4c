import { edgeKey, entryKey, operationKey, quantile, sketchCount, type Sketch, type StatsTable } from '@plumbline/wire';
import type { Slowdown } from './common-mode';
import { entrySpanCounts, type ReferenceProfile } from './reference';

/** A count that is watched: how many of n spans, calls or traces exceed what is normal. */
export interface Stream {
  /** Identifies it for all time; part of what incident ids follow from. */
  readonly key: string;
  readonly kind: 'self-time' | 'error' | 'gap' | 'calls' | 'missing' | 'entry' | 'failed';
  readonly service: string;
  /** Key of the row in its table. */
  readonly row: string;
}

/** What a window says of a stream. */
export interface Observation {
  readonly stream: Stream;
  readonly k: number;
  readonly n: number;
  /** Share of n that exceeds in normal times. */
  readonly baseline: number;
}

/** Error rates below one in 400 are not told apart. */
const leastErrorRate = 0.0025;
/** Share of a caller's requests that make a call, from which its absence is worth counting. */
const regularShare = 0.8;

/** Everything that is watched in a window, by stream key. What the profile knows too little of is left out. */
export function observe(window: StatsTable, reference: ReferenceProfile): Map<string, Observation> {
  const { profile, alpha, minSupport } = reference;
  const observations = new Map<string, Observation>();
  const watch = (kind: Stream['kind'], service: string, row: string, k: number, n: number, baseline: number): void => {
    if (n <= 0) return;
    const key = `${kind}\n${row}`;
    observations.set(key, { stream: { key, kind, service, row }, k, n, baseline: Math.min(baseline, 0.5) });
  };

  for (const row of window.operations.values()) {
    const key = operationKey(row.service, row.operation, row.kind, row.entry);
    const normal = profile.operations.get(key);
    if (normal === undefined || normal.all.count < minSupport) continue;
    const { count } = row.all;
    watch('self-time', row.service, key, row.exceeding, count, Math.max(alpha, normal.exceeding / normal.all.count));
    const errorRate = (normal.all.origins + 0.5) / (normal.all.count + 1);
    watch('error', row.service, key, row.all.origins, count, Math.max(leastErrorRate, errorRate));
  }

  const entrySpans = entrySpanCounts(window);
  const normalEntrySpans = entrySpanCounts(profile);
  for (const [key, normal] of profile.edges) {
    // Taken from the profile: a call that is never made any more has no row in the window.
    const row = window.edges.get(key);
    const caller = entryKey(normal.caller, normal.callerOperation);
    const normalSpans = normalEntrySpans.get(caller) ?? 0;
    if (normalSpans < minSupport) continue;
    const gaps = row === undefined ? 0 : sketchCount(row.gap);
    const normalGaps = sketchCount(normal.gap);
    if (row !== undefined && normalGaps >= minSupport) {
      watch('gap', normal.caller, key, row.gapExceeding, gaps, Math.max(alpha, normal.gapExceeding / normalGaps));
    }
    const spans = entrySpans.get(caller) ?? 0;
    const exceeding = row?.fanoutExceeding ?? 0;
    watch('calls', normal.caller, key, exceeding, spans, Math.max(alpha, normal.fanoutExceeding / normalSpans));
    if (normal.callers >= regularShare * normalSpans) {
      // Counted whether or not the profile has seen enough for a single trace without the call to be improbable.
      const rate = (Math.max(0, normalSpans - normal.callers) + 0.5) / (normalSpans + 1);
      const missing = Math.max(0, spans - (row?.callers ?? 0));
      watch('missing', normal.caller, key, missing, spans, Math.max(leastErrorRate, rate));
    }
  }

  for (const row of window.entries.values()) {
    const key = entryKey(row.service, row.operation);
    const normal = profile.entries.get(key);
    if (normal === undefined || normal.traces < minSupport) continue;
    watch('entry', row.service, key, row.anomalous, row.traces - row.abstained, rate(normal.anomalous, normal, alpha));
    const failing = (normal.failed + 0.5) / (normal.traces + 1);
    watch('failed', row.service, key, row.failed, row.traces, Math.max(leastErrorRate, failing));
  }
  return observations;
}

function rate(anomalous: number, normal: { traces: number; abstained: number }, alpha: number): number {
  const judged = normal.traces - normal.abstained;
  return judged > 0 ? Math.max(alpha, anomalous / judged) : alpha;
}

/** Least rise of an error rate, as a share. */
const leastErrorRise = 0.02;

/** How much has to change before it is worth somebody's night. */
export interface LeastEffect {
  /** Relative change of a time or of a number of calls; 0.2 is 20 %. */
  readonly openMinEffect: number;
  /** Rise of a time, milliseconds. */
  readonly openMinTimeMs: number;
}

const clientKind = 3;
const noSlowdown: Slowdown = { own: 1, peer: 1, gap: 1 };

/**
 * Whether what a stream watches has really changed: median or 95th percentile of a time, calls per request, or a share that fails.
 *
 * @param slowdown how much longer things take for everybody, which is no effect of this stream
 */
export function hasEffect(
  stream: Stream,
  now: StatsTable,
  before: StatsTable,
  least: LeastEffect,
  slowdown: Slowdown = noSlowdown,
): boolean {
  switch (stream.kind) {
    case 'self-time': {
      const [a, b] = [now.operations.get(stream.row), before.operations.get(stream.row)];
      return (
        a !== undefined &&
        b !== undefined &&
        slower(a.all.self, b.all.self, least, a.kind === clientKind ? slowdown.peer : slowdown.own)
      );
    }
    case 'gap': {
      const [a, b] = [now.edges.get(stream.row), before.edges.get(stream.row)];
      return a !== undefined && b !== undefined && slower(a.gap, b.gap, least, slowdown.gap);
    }
    case 'error': {
      const [a, b] = [now.operations.get(stream.row)?.all, before.operations.get(stream.row)?.all];
      return failsMore(a?.origins, a?.count, b?.origins, b?.count);
    }
    case 'failed': {
      const [a, b] = [now.entries.get(stream.row), before.entries.get(stream.row)];
      return failsMore(a?.failed, a?.traces, b?.failed, b?.traces);
    }
    case 'calls':
    case 'missing':
      return callsChanged(stream.row, now, before, least.openMinEffect);
    case 'entry':
      // Traces are anomalous for a reason, and the reason is another stream's to show.
      return false;
  }
}

function slower(now: Sketch, before: Sketch, { openMinEffect, openMinTimeMs }: LeastEffect, slowdown: number): boolean {
  return [0.5, 0.95].some((q) => {
    const [a, b] = [quantile(now, q), quantile(before, q) * slowdown];
    return a > (1 + openMinEffect) * b && a > b + openMinTimeMs;
  });
}

function failsMore(k = 0, n = 0, k0 = 0, n0 = 0): boolean {
  if (n <= 0) return false;
  const before = n0 > 0 ? k0 / n0 : 0;
  return k / n > before + leastErrorRise && k / n > 2 * before;
}

function callsChanged(key: string, now: StatsTable, before: StatsTable, leastEffect: number): boolean {
  const normal = before.edges.get(key);
  if (normal === undefined) return false;
  const caller = entryKey(normal.caller, normal.callerOperation);
  const row = now.edges.get(edgeKey(normal.caller, normal.callerOperation, normal.callee, normal.operation));
  const [spans, spansBefore] = [entrySpanCounts(now).get(caller) ?? 0, entrySpanCounts(before).get(caller) ?? 0];
  if (spans <= 0 || spansBefore <= 0) return false;
  const [calls, callsBefore] = [(row?.calls ?? 0) / spans, normal.calls / spansBefore];
  const [callers, callersBefore] = [(row?.callers ?? 0) / spans, normal.callers / spansBefore];
  return Math.abs(calls / callsBefore - 1) > leastEffect || Math.abs(callers / callersBefore - 1) > leastEffect;
}
