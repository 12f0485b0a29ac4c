import type { TraceScore } from '@plumbline/anomaly-detection';
import type { FeatureMatrix } from '../feature-matrix';

/** Features of traces, with what else their judgement depends on; everything is one a row. */
export interface FeatureRows extends FeatureMatrix {
  /** Row of the trace in its batch. */
  readonly traces: Int32Array;
  /** Key of the operation where the trace entered. */
  readonly entries: readonly string[];
  /** {@link profileScore} of what the profile says. */
  readonly profile: Float64Array;
}

/** ln 3 and −ln 0.01: what a time and a failure are compared with where a bundle says nothing else. */
const usualThreshold = { time: Math.log(3), error: -Math.log(0.01) } as const;

/**
 * The two scores of the profile as one, each over the threshold that is usual of it. At most one of them decides what the
 * profile says of a trace; calibration by entry does the rest.
 */
export function profileScore({ score, errorScore }: Pick<TraceScore, 'score' | 'errorScore'>): number {
  const greater = Math.max(score / usualThreshold.time, errorScore / usualThreshold.error, 0);
  return Number.isFinite(greater) ? greater : 0;
}
