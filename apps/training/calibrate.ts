import { quantile, sketchCount, type Bundle, type EntryStats, type StatsTable } from '@plumbline/wire';

/** Judged traces before the scores of an entry operation say anything about its threshold. */
const minJudged = 500;

/** ln of how much longer than usual a service must have taken: three times where too few traces were judged, half as long again at least. */
const uncalibratedScore = Math.log(3);
const leastScore = Math.log(1.5);

/** Ten times: a threshold beyond it would be learnt from faults, and blind to them. */
const mostScore = Math.log(10);

export interface CalibrationOptions {
  readonly alpha: number;
  readonly minSupport: number;
  /** Share of normal traces that may be called anomalous. */
  readonly alarmRate: number;
}

/**
 * Thresholds for the traces to come. Scores in the profile are held back by nature: each was given by a bundle made before the
 * trace. An operation whose normal traces score high needs more to stand out.
 */
export function calibrate(profile: StatsTable, options: CalibrationOptions): Bundle['thresholds'] {
  const traceScore: Record<string, number> = { default: uncalibratedScore };
  for (const [key, row] of [...profile.entries].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const threshold = thresholdOf(row, options.alarmRate);
    if (threshold !== uncalibratedScore) traceScore[key] = threshold;
  }
  return { alpha: options.alpha, minSupport: options.minSupport, traceScore };
}

function thresholdOf({ score }: EntryStats, alarmRate: number): number {
  if (sketchCount(score) < minJudged) return uncalibratedScore;
  return Math.min(Math.max(leastScore, quantile(score, 1 - alarmRate)), mostScore);
}
