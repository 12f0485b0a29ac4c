import {
  compactTable,
  CompactSketch,
  entryKey,
  mergeTable,
  valueOf,
  type Sketch,
  type StatsTable,
  type StreamSpread,
} from '@plumbline/wire';
import type { RankingModel } from './ranking/model';

/** What judged: a bundle's profile and the numbers it is used with. */
export interface ReferenceProfile {
  readonly version: string;
  /** Spans with p ≤ alpha exceed. */
  readonly alpha: number;
  /** Operations with fewer observations are not judged. */
  readonly minSupport: number;
  readonly profile: StatsTable;
  /** How each stream varies from minute to minute, by stream key. */
  readonly spread: ReadonlyMap<string, StreamSpread>;
  /** What ranks services. @default - the model of this version */
  readonly model?: RankingModel;
}

/** Where profiles come from; the same event time always gives the same one. */
export interface ProfileSource {
  /**
   * Looks for newer profiles; keeps what it has when the store does not answer.
   *
   * @param neededFromMs no profile is asked for that judged only traces before this event time
   */
  refresh(neededFromMs?: number): Promise<void>;
  /** The profile that judged traces of this event time (milliseconds since the epoch), `undefined` before the first. */
  forTime(eventTimeMs: number): ReferenceProfile | undefined;
}

/**
 * Normal for comparison with an incident: the quiet windows before it together with the profile, which counts at most
 * {@link mostProfile} times as much as they do where they have traffic. So a machine that is slower today than when the
 * profile was learnt is compared with itself, and a rare operation still with the profile.
 */
export function blendReference(quiet: StatsTable, profile: StatsTable): StatsTable {
  const recent = traceCount(quiet);
  const learnt = traceCount(profile);
  const weight = recent === 0 || learnt === 0 ? 1 : Math.min(1, (mostProfile * recent) / learnt);
  const blend = compactTable();
  mergeTable(blend, quiet);
  mergeTable(blend, profile, Math.max(weight, leastProfileWeight));
  return blend;
}

const mostProfile = 3;
/** A profile of months against two minutes of quiet still speaks for rare operations. */
const leastProfileWeight = 0.05;

/** Traces in a table. */
export function traceCount(table: StatsTable): number {
  let traces = 0;
  for (const row of table.entries.values()) traces += row.traces;
  return traces;
}

/** Number of entry spans by {@link entryKey}: what calls of an edge are relative to. */
export function entrySpanCounts(table: Pick<StatsTable, 'operations'>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of table.operations.values()) {
    if (!row.entry) continue;
    const key = entryKey(row.service, row.operation);
    counts.set(key, (counts.get(key) ?? 0) + row.all.count);
  }
  return counts;
}

/** Arithmetic mean, because times add up; 0 of nothing. */
export function mean(sketch: ReadonlyMap<number, number>): number {
  let sum = 0;
  let count = 0;
  for (const [bucket, n] of sketch) {
    if (n <= 0) continue;
    sum += n * valueOf(bucket);
    count += n;
  }
  return count > 0 ? sum / count : 0;
}

/** The same table with rows and buckets in the order of their keys, so that sums of fractions do not depend on arrival. */
export function canonical(table: StatsTable): StatsTable {
  const sketch = (s: Sketch): Sketch => (s instanceof CompactSketch ? s : new Map([...s].sort(([a], [b]) => a - b)));
  const rows = <T>(map: ReadonlyMap<string, T>, row: (value: T) => T): Map<string, T> =>
    new Map([...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([key, value]) => [key, row(value)]));
  return {
    operations: rows(table.operations, (row) => ({
      ...row,
      all: { ...row.all, duration: sketch(row.all.duration), self: sketch(row.all.self) },
      anomalous: { ...row.anomalous, duration: sketch(row.anomalous.duration), self: sketch(row.anomalous.self) },
      perTrace: sketch(row.perTrace),
      shapes: new Map([...row.shapes].sort(([a], [b]) => (a < b ? -1 : 1))),
    })),
    edges: rows(table.edges, (row) => ({
      ...row,
      fanout: sketch(row.fanout),
      gap: sketch(row.gap),
      duration: sketch(row.duration),
      perTrace: sketch(row.perTrace),
    })),
    entries: rows(table.entries, (row) => ({
      ...row,
      score: sketch(row.score),
      duration: sketch(row.duration),
      ratio: sketch(row.ratio),
    })),
    services: rows(table.services, (row) => ({
      ...row,
      own: sketch(row.own),
      out: sketch(row.out),
      in: sketch(row.in),
    })),
    blindness: { ...table.blindness },
    ...(table.compact === undefined ? {} : { compact: table.compact }),
  };
}
