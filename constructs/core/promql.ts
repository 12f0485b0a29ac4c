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

/**
 * By how much a counter grows in a second, summed.
 *
 * @param by labels of the result
 */
export function rate(selector: string, range: string, ...by: readonly string[]): string {
  return `${sum(...by)}(rate(${selector}[${range}]))`;
}

/** By how much a counter grew within a range, summed. What it counted first is not seen: {@link grew}. @param by labels of the result */
export function increase(selector: string, range: string, ...by: readonly string[]): string {
  return `${sum(...by)}(increase(${selector}[${range}]))`;
}

/**
 * The value that a share of what a histogram saw is below.
 *
 * @param share from 0 to 1
 * @param buckets selector of the histogram's buckets
 * @param by labels of the result
 */
export function quantile(share: number, buckets: string, range: string, ...by: readonly string[]): string {
  return `histogram_quantile(${share},\n  ${rate(buckets, range, ...by, 'le')}\n)`;
}

/** A part of a whole with the same labels. */
export function ratio(part: string, whole: string): string {
  return `${part}\n/\n${whole}`;
}

function sum(...by: readonly string[]): string {
  return by.length === 0 ? 'sum' : `sum by (${by.join(', ')}) `;
}
