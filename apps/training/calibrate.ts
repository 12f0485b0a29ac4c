import { quantile, sketchCount, type Bundle, type EntryStats, type StatsTable } from '@plumbline/wire';

/** Judged traces before the scores of an entry operation say anything about its threshold. */
const minJudged = 500;

/** −ln 0.001: what a trace must reach where too few were judged. */
const leastScore = -Math.log(0.001);

/** −ln 10⁻⁶: a threshold beyond it would be learnt from faults, and blind to them. */
const mostScore = -Math.log(1e-6);

export interface CalibrationOptions {
  readonly alpha: number;
  readonly minSupport: number;
  /** Share of normal traces that may be called anomalous. */
  readonly alarmRate: number;
}

/**
 * Thresholds for the traces to come. Scores in the profile are held back by nature: each was given by a bundle made before the
 * trace. An operation whose normal traces score high needs more to stand out; none needs less than `default`.
 */
export function calibrate(profile: StatsTable, options: CalibrationOptions): Bundle['thresholds'] {
  const traceScore: Record<string, number> = { default: leastScore };
  for (const [key, row] of [...profile.entries].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const threshold = thresholdOf(row, options.alarmRate);
    if (threshold > leastScore) traceScore[key] = threshold;
  }
  return { alpha: options.alpha, minSupport: options.minSupport, traceScore };
}

function thresholdOf({ score }: EntryStats, alarmRate: number): number {
  if (sketchCount(score) < minJudged) return leastScore;
  return Math.min(Math.max(leastScore, quantile(score, 1 - alarmRate)), mostScore);
}
