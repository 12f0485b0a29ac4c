import { sloDays } from '../core/slo';

/* What the alert and the dashboard of objectives ask alike. */

const sliceMinutes = 5;
const slices = (sloDays * 24 * 60) / sliceMinutes;

/** What each objective promises, a share: recorded, so that it can be shown beside what is kept. */
export const promised = 'slo:objective:ratio';

/**
 * Share of what may go wrong over thirty days that is used up, of each objective. It goes by slices of five minutes, of which those without a
 * sample were good: a platform of yesterday has had thirty days' budget, as has one whose Prometheus keeps two weeks.
 */
export const budgetSpent = 'slo:error_budget:spent30d';

/** The expression behind {@link budgetSpent}. */
export const budgetSpentExpr = `sum by (slo) (sum_over_time(slo:error_ratio:rate5m[${sloDays}d:${sliceMinutes}m])) / ${slices} / on (slo) (1 - ${promised})`;

/** How many times as fast as in thirty days it is used up, over a range: `1h`. */
export function burnRate(range: string): string {
  return `max by (slo) (slo:error_ratio:rate${range}) / on (slo) (1 - max by (slo) (${promised}))`;
}
