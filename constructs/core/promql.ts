/* Parts of PromQL expressions that are easily got wrong. */

/**
 * Whether a counter has grown within a range, also by its first value: a counter with labels is not there before it counts, so that
 * `increase` alone does not see what happened once. What was seen at any time in the six hours before is not new.
 *
 * @param by labels of the result
 */
export function grew(selector: string, range: string, by: readonly string[]): string {
  const labels = by.join(', ');
  return [
    `sum by (${labels}) (increase(${selector}[${range}])) > 0`,
    'or',
    `sum by (${labels}) (${selector} unless last_over_time(${selector}[6h] offset ${range})) > 0`,
  ].join('\n');
}

/** A selector of any of these jobs: `job=~"a|b"`, or `job="a"`. */
export function ofJobs(jobs: readonly string[]): string {
  return jobs.length === 1 ? `job="${jobs.join('')}"` : `job=~"${jobs.join('|')}"`;
}
