import { quantile, rate } from '../core/promql';

/* What alerts and dashboards ask of learned models alike. */

/** Population stability index from which drift is told of: of `apps/models/drift`. */
export const driftBound = 0.25;

/** How long the traces of one record in twenty take a version to score, seconds. @param of matchers of its series */
export function inferenceTime(of: string, range: string, share = 0.95): string {
  return quantile(share, `plumbline_learned_inference_seconds_bucket{${of}}`, range, 'job', 'version');
}

/** Approved versions that no worker can use, by why. @param of matchers of its series */
export function refusedVersions(of: string): string {
  return `max by (job, reason) (plumbline_learned_refused{${of}})`;
}

/** Records whose traces a version could not score, a second. @param of matchers of its series */
export function unscored(of: string, range: string): string {
  return rate(`plumbline_learned_failures_total{${of}}`, range, 'job', 'version');
}
