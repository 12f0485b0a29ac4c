import { emptyTable, mergeTable, type StatsTable } from '@plumbline/wire';
import type { JudgedWindow } from './collect';
import { commonMode, type Slowdown } from './common-mode';
import type { RootCauseConfig } from './config';
import { cusum, dispersion, logLikelihoodRatio } from './likelihood';
import { blendReference, type ReferenceProfile } from './reference';
import { hasEffect, type Observation, type Stream } from './streams';

/** A closed window with what it says of every stream. */
export interface ObservedWindow extends JudgedWindow {
  readonly observations: ReadonlyMap<string, Observation>;
  readonly reference: ReferenceProfile;
  /** Streams that belonged to an open incident at the time; their counts are no picture of normal. */
  readonly inIncident: Set<string>;
}

/** A stream that has changed for longer and by more than chance explains. */
export interface Alarm {
  readonly stream: Stream;
  /** CUSUM value, and its increments: what elevated means for this stream from now on. */
  readonly value: number;
  readonly meanIncrement: number;
  /** Start of the first window after the CUSUM's last zero. */
  readonly onsetMs: number;
  /** Of how many observations since the onset how many exceed. */
  readonly exceeding: number;
  readonly observed: number;
}

/** Newest windows that are not asked what normal dispersion is, since a fault may be in them. */
const unsettledWindows = 4;
/** Share of the windows since the onset that must be elevated: bursts with quiet between are noise. */
const elevatedShare = 0.6;
/** Quiet windows that an incident is compared with. */
const quietWindows = 12;
/** A single window brings at most this share of the threshold: one bad window is never an incident. */
const largestStep = 0.75;

/** Log-likelihood increments of one stream over a stretch of windows; where it had no traffic there is none. */
export interface StreamHistory {
  readonly stream: Stream;
  readonly starts: readonly number[];
  readonly increments: readonly number[];
  readonly counts: readonly Observation[];
}

/** The threshold at which all streams together open `falseIncidentsPerDay` by chance: h = ln(streams · windows a day / B). */
export function threshold(streams: number, durationMs: number, falseIncidentsPerDay: number): number {
  return Math.log((Math.max(streams, 1) * (86_400_000 / durationMs)) / falseIncidentsPerDay);
}

/** Increments of a stream over the windows in which it was not part of an incident, newest last. */
export function streamHistory(history: readonly ObservedWindow[], key: string): StreamHistory | undefined {
  const newest = history.at(-1)?.observations.get(key);
  if (newest === undefined) return undefined;
  // Counting starts anew after an incident: what it said has been said.
  const from = history.findLastIndex((window) => window.inIncident.has(key)) + 1;
  const windows = history.slice(from).filter((window) => window.observations.has(key));
  const counts = windows.flatMap((window) => window.observations.get(key) ?? []);
  const spread = dispersion(counts.slice(0, -unsettledWindows), newest.baseline);
  return {
    stream: newest.stream,
    starts: windows.map(({ startMs }) => startMs),
    increments: counts.map(({ k, n, baseline }) => logLikelihoodRatio(k, n, baseline) / spread),
    counts,
  };
}

/** The streams that alarm in the newest window of the history, most certain first. */
export function alarms(history: readonly ObservedWindow[], config: RootCauseConfig): Alarm[] {
  const newest = history.at(-1);
  if (newest === undefined) return [];
  const h = threshold(newest.observations.size, newest.durationMs, config.falseIncidentsPerDay);
  const candidates: Alarm[] = [];
  for (const key of newest.observations.keys()) {
    const of = streamHistory(history, key);
    if (of === undefined) continue;
    const steps = of.increments.map((increment) => Math.min(increment, largestStep * h));
    const { value, onset } = cusum(steps, 2 * h);
    const since = steps.slice(onset);
    const elevated = since.filter((step) => step > 0).length;
    const onsetMs = of.starts[onset] ?? newest.startMs;
    if (value <= h || (steps.at(-1) ?? 0) <= 0 || elevated < 2 || elevated < elevatedShare * since.length) continue;
    if (newest.startMs + newest.durationMs - onsetMs < config.openAfterMs) continue;
    const exceeding = of.counts.slice(onset).reduce((sum, { k }) => sum + k, 0);
    const observed = of.counts.slice(onset).reduce((sum, { n }) => sum + n, 0);
    if (exceeding < config.openMinTraces) continue;
    const meanIncrement = since.reduce((sum, step) => sum + step, 0) / since.length;
    candidates.push({ stream: of.stream, value, meanIncrement, onsetMs, exceeding, observed });
  }
  return withEffect(history, candidates, config).sort(
    (a, b) => b.value - a.value || b.meanIncrement - a.meanIncrement || (a.stream.key < b.stream.key ? -1 : 1),
  );
}

interface Comparison {
  readonly now: StatsTable;
  readonly before: StatsTable;
  readonly common: (service: string) => Slowdown;
}

function withEffect(
  history: readonly ObservedWindow[],
  candidates: readonly Alarm[],
  config: RootCauseConfig,
): Alarm[] {
  const comparisons = new Map<number, Comparison>();
  return candidates.filter(({ stream, onsetMs }) => {
    let comparison = comparisons.get(onsetMs);
    if (comparison === undefined) {
      const [now, before] = [tableSince(history, onsetMs), referenceBefore(history, onsetMs)];
      comparison = { now, before, common: commonMode(now, before) };
      comparisons.set(onsetMs, comparison);
    }
    const { now, before, common } = comparison;
    if (stream.kind === 'entry') return true;
    // Slow like everybody else is the machine's doing, until it has been so for as long as anybody remembers.
    const lasting = history.filter(({ startMs }) => startMs >= onsetMs).length >= config.historyWindows;
    return hasEffect(stream, now, before, config, lasting ? undefined : common(stream.service));
  });
}

/** Everything counted from a window on. */
export function tableSince(history: readonly ObservedWindow[], startMs: number): StatsTable {
  const table = emptyTable();
  for (const window of history) if (window.startMs >= startMs) mergeTable(table, window.stats);
  return table;
}

/** What to compare an incident with that began in the window at `onsetMs`; the window before it may be its beginning. */
export function referenceBefore(history: readonly ObservedWindow[], onsetMs: number): StatsTable {
  const before = history.filter((window) => window.startMs + 2 * window.durationMs <= onsetMs);
  const quiet = emptyTable();
  for (const window of before.filter(({ inIncident }) => inIncident.size === 0).slice(-quietWindows)) {
    mergeTable(quiet, window.stats);
  }
  const profile = history.find((window) => window.startMs >= onsetMs)?.reference.profile ?? emptyTable();
  return blendReference(quiet, profile);
}
