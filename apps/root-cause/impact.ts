import { entryKey, isPeer, quantile, sketchCount, type StatsTable } from '@plumbline/wire';
import { mean } from './reference';
import type { Fact } from './signals/fact';

/** A service that shows symptoms, whether it causes them or not. */
export interface Symptom {
  readonly service: string;
  /** How much longer its requests take, as a ratio. */
  readonly slowdown: number;
  /** How much more of them fail, as a share. */
  readonly failing: number;
}

const leastSlowdown = 1.2;
/** Part of what matters to users by which a time has to rise. */
const leastMaterial = 0.1;
const leastFailing = 0.02;

/** Services whose requests take a fifth longer or fail more often, worst first. */
export function symptoms(now: StatsTable, before: StatsTable, materialMs: number): Symptom[] {
  const sums = new Map<string, { now: number; before: number; failing: number; count: number }>();
  for (const [key, row] of now.operations) {
    const normal = before.operations.get(key);
    if (!row.entry || normal === undefined || row.all.count < 3 || normal.all.count <= 0) continue;
    const sum = sums.get(row.service) ?? { now: 0, before: 0, failing: 0, count: 0 };
    const { count } = row.all;
    sums.set(row.service, {
      now: sum.now + mean(row.all.duration) * count,
      before: sum.before + mean(normal.all.duration) * count,
      failing: sum.failing + Math.max(0, row.all.errors - (normal.all.errors / normal.all.count) * count),
      count: sum.count + count,
    });
  }
  const found: Symptom[] = [];
  for (const [service, sum] of sums) {
    const slowdown = sum.before > 0 ? sum.now / sum.before : 1;
    const slow = slowdown >= leastSlowdown && (sum.now - sum.before) / sum.count >= leastMaterial * materialMs;
    const failing = sum.failing / sum.count;
    if (slow || failing >= leastFailing) found.push({ service, slowdown, failing });
  }
  const strength = ({ slowdown, failing }: Symptom): number => Math.log(Math.max(slowdown, 1)) + 3 * failing;
  return found.sort((a, b) => strength(b) - strength(a) || (a.service < b.service ? -1 : 1));
}

/** What users of an entry notice most. */
export type EntrySymptom = 'errors' | 'latency' | 'other';

/** Failures are named before slowness when they are at least this share of the traces that are anomalous. */
const failuresAmongAnomalous = 0.3;

export function entrySymptom(service: string, operation: string, now: StatsTable, before: StatsTable): EntrySymptom {
  const key = entryKey(service, operation);
  const [row, normal] = [now.entries.get(key), before.entries.get(key)];
  if (row !== undefined && row.traces > 0) {
    const was = normal === undefined || normal.traces <= 0 ? 0 : normal.failed / normal.traces;
    const rise = row.failed / row.traces - was;
    if (rise >= leastFailing && rise * row.traces >= failuresAmongAnomalous * row.anomalous) return 'errors';
  }
  for (const [id, entry] of now.operations) {
    const reference = before.operations.get(id);
    if (!entry.entry || entry.service !== service || entry.operation !== operation || reference === undefined) continue;
    for (const q of [0.5, 0.95]) {
      const [a, b] = [quantile(entry.all.duration, q), quantile(reference.all.duration, q)];
      if (a >= leastSlowdown * b && a > b) return 'latency';
    }
  }
  return 'other';
}

/** Calls of a service that take longer without being its own doing: what it waits for, longest first. */
export function waits(service: string, now: StatsTable, before: StatsTable): Fact[] {
  const facts: { readonly excess: number; readonly fact: Fact }[] = [];
  for (const [key, row] of now.edges) {
    const normal = before.edges.get(key);
    if (row.caller !== service || isPeer(row.callee) || normal === undefined || sketchCount(row.duration) < 3) continue;
    const excess = (mean(row.duration) - mean(normal.duration)) * row.calls;
    const [a, b] = [quantile(row.duration, 0.95), quantile(normal.duration, 0.95)];
    if (excess <= 0 || a < leastSlowdown * b) continue;
    const fact: Fact = {
      kind: 'callee-time',
      service,
      operation: row.operation,
      callee: row.callee,
      signal: 'time p95',
      unit: 'ms',
      before: b,
      now: a,
      normalLow: quantile(normal.duration, 0.05),
      normalHigh: b,
      spans: Math.round(row.calls),
      // Waiting is what a victim does.
      share: 0,
    };
    facts.push({ excess, fact });
  }
  return facts.sort((a, b) => b.excess - a.excess).map(({ fact }) => fact);
}
