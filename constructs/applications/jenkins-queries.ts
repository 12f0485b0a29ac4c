import { increase, ratio } from '../core/promql';

/* What alerts and the dashboard ask of a Jenkins, of series that a selector `of` chooses. */

/** Builds that wait. */
export function queue(of: string): string {
  return `jenkins_queue_size_value{${of}}`;
}

/** Builds of each job of Jenkins that ended so within a range. @param prefix what the plugin puts before its own series */
export function builds(of: string, prefix: string, how: 'failed' | 'success', range: string): string {
  return increase(`${prefix}_jenkins_builds_${how}_build_count_total{${of}}`, range, 'job', 'instance', 'jenkins_job');
}

/** Builds of each job of Jenkins that ended within a range. There is no series of failures before the first, and none of successes. */
export function buildsEnded(of: string, prefix: string, range: string): string {
  const [failed, succeeded] = [builds(of, prefix, 'failed', range), builds(of, prefix, 'success', range)];
  return `(${failed} + ${succeeded} or ${failed} or ${succeeded})`;
}

/** Share of the builds of each job of Jenkins that failed. */
export function buildsFailing(of: string, prefix: string, range: string): string {
  return ratio(builds(of, prefix, 'failed', range), buildsEnded(of, prefix, range));
}
