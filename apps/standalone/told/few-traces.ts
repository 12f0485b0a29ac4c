import { timeFact, timeRows, type Fact, type FeatureVector, type Scope, type TimeRow } from '@plumbline/root-cause';
import { timeFloorShare } from '@plumbline/wire';
import type { AssembledBatch } from './assemble';
import { rowTimes, type RowTimes } from './row-times';

/*
 * Quantiles of a handful of traces say little, and how far a quiet hour drifts from the next does not matter where a trace is compared with
 * its neighbours. So few abnormal traces are compared one by one with the normal ones.
 */

/** Abnormal traces up to which they are compared one by one. */
export const mostFew = 5;

/** Normal traces from which a row is judged. */
const leastNormal = 10;
/** Normal values that the spread of a service's rows is worth for one of them. */
const spreadStrength = 20;
const leastSpread = 0.05;
/** Share of normal values that lie three times as far out: machines pause. */
const wild = 0.02;
/** Delays that a fault may be, robust standard deviations of the row's own time; all are as likely. */
const delays = [2, 3, 4, 5, 7, 10, 14, 20, 40, 80];
/** What is beyond is as likely as this. */
const farthest = 80;
/** How much time was added breaks ties: each row was measured by its own spread already. */
const tieBreak = 0.2;
const clip = { least: -2, most: 8 } as const;

/** What times say of a service, and what of it can be told. */
export interface TimeFeatures {
  readonly vector: Pick<FeatureVector, 'self' | 'inbound' | 'outbound' | 'share'>;
  /** Most telling first. */
  readonly facts: readonly Fact[];
}

/** What the times of a few traces say of each service, compared with normal ones. */
export function fewTraceFeatures(
  normal: readonly AssembledBatch[],
  abnormal: readonly AssembledBatch[],
  scope: Scope,
): ReadonlyMap<string, TimeFeatures> {
  const names = new Map(timeRows(scope).map((row) => [row.key, row]));
  const observed = rowTimes(abnormal, names);
  const reference = rowTimes(normal, observed);
  const floorMs = Math.max(scope.materialMs * timeFloorShare, 1e-3);
  const usual = usualOf(reference, names, floorMs);
  const found = new Map<string, Sums>();
  const of = (service: string): Sums => {
    let sums = found.get(service);
    if (sums === undefined) found.set(service, (sums = { self: 0, inbound: 0, outbound: 0, ms: 0, slow: [] }));
    return sums;
  };
  for (const [key, times] of observed) {
    const [row, name] = [usual.get(key), names.get(key)];
    if (row === undefined || name === undefined) continue;
    const { kind, owner, callee } = name;
    const evidence = clipped(times.reduce((sum, spans) => sum + Math.max(...spans.map(row.evidence)), 0));
    const isGap = kind === 'gap' && callee !== undefined;
    // A lone edge speaks for its callee.
    const slow = of(isGap ? callee : owner);
    if (isGap) {
      slow.inbound += evidence;
      of(owner).outbound += evidence;
    } else slow.self = Math.max(slow.self, evidence);
    if (evidence <= 0) continue;
    const ms = Math.max(
      0,
      times.flat().reduce((sum, value) => sum + value - row.medianMs, 0),
    );
    slow.ms += ms;
    slow.slow.push({ name, ms });
  }
  const totalMs = [...found.values()].reduce((sum, { ms }) => sum + ms, 0);
  const largestMs = Math.max(0, ...[...found.values()].map(({ ms }) => ms));
  return new Map([...found].map(([service, sums]) => [service, timeFeatures(service, sums, { totalMs, largestMs })]));
}

interface Sums {
  self: number;
  inbound: number;
  outbound: number;
  /** Time added in all traces. */
  ms: number;
  readonly slow: { readonly name: TimeRow; readonly ms: number }[];
}

function timeFeatures(
  service: string,
  { self, inbound, outbound, ms, slow }: Sums,
  { totalMs, largestMs }: { readonly totalMs: number; readonly largestMs: number },
): TimeFeatures {
  return {
    vector: {
      self,
      inbound: Math.max(0, inbound),
      outbound: Math.max(0, outbound),
      share: 1 - tieBreak * (1 - (largestMs > 0 ? ms / largestMs : 0)),
    },
    facts: slow
      .map((row) => ({ ...timeFact(service, row.name), share: totalMs > 0 ? row.ms / totalMs : 0 }))
      .sort((a, b) => b.share - a.share || (a.operation < b.operation ? -1 : 1)),
  };
}

function clipped(evidence: number): number {
  return Math.min(Math.max(evidence, clip.least), clip.most);
}

interface Usual {
  readonly medianMs: number;
  /** ln of how much likelier a time is when something delays it; of one trace. */
  readonly evidence: (ms: number) => number;
}

function usualOf(
  rows: ReadonlyMap<string, RowTimes>,
  names: ReadonlyMap<string, TimeRow>,
  floorMs: number,
): ReadonlyMap<string, Usual> {
  const measured = [...rows]
    .filter(([, traces]) => traces.length >= leastNormal)
    .map(([key, traces]) => {
      const service = names.get(key)?.owner ?? '';
      const sorted = traces.flat().sort((a, b) => a - b);
      const at = (q: number): number => sorted[Math.floor(q * (sorted.length - 1))] ?? 0;
      const ln = (q: number): number => Math.log(Math.max(at(q), 0) + floorMs);
      const spreadMs = (at(0.75) - at(0.25)) / 1.349;
      return {
        key,
        service,
        n: sorted.length,
        medianMs: at(0.5),
        spreadMs,
        variance: ((ln(0.75) - ln(0.25)) / 1.349) ** 2,
      };
    });
  const pools = new Map<string, { sum: number; weight: number }>();
  for (const { service, n, variance } of measured) {
    const pool = pools.get(service) ?? { sum: 0, weight: 0 };
    pools.set(service, { sum: pool.sum + n * variance, weight: pool.weight + n });
  }
  return new Map(
    measured.map(({ key, service, n, medianMs, spreadMs, variance }) => {
      const pool = pools.get(service) ?? { sum: variance, weight: 1 };
      const shrunk = (n * variance + (spreadStrength * pool.sum) / pool.weight) / (n + spreadStrength);
      const spread = Math.sqrt(Math.max(shrunk, leastSpread ** 2) * (1 + 1 / n));
      const center = Math.log(Math.max(medianMs, 0) + floorMs);
      const unit = Math.max(spreadMs, spread * (Math.max(medianMs, 0) + floorMs) * 0.5);
      const farthestMs = medianMs + farthest * unit;
      const evidence = (actualMs: number): number => {
        const ms = Math.min(actualMs, farthestMs);
        const calm = density(ms, center, spread, floorMs);
        const slow =
          delays.reduce((sum, d) => sum + density(ms - d * unit, center, spread, floorMs), 0) / delays.length;
        const ratio = clipped(Math.log(slow) - Math.log(calm));
        return ms < medianMs ? Math.min(ratio, 0) : ratio;
      };
      return [key, { medianMs, evidence }];
    }),
  );
}

/** Density of a time a millisecond: log-normal, with a few values three times as far out. */
function density(ms: number, center: number, spread: number, floorMs: number): number {
  if (ms <= -0.9 * floorMs) return 1e-12;
  const x = ms + floorMs;
  const z = (Math.log(x) - center) / spread;
  const normal = (1 - wild) * Math.exp((-z * z) / 2) + (wild / 3) * Math.exp((-z * z) / 18);
  return normal / (Math.sqrt(2 * Math.PI) * spread * x) + 1e-12;
}
