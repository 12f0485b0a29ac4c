import { rate, ratio } from '../core/promql';

/* What alerts and the dashboard of a Mimir ask alike. */

/** Samples refused a second, by tenant and reason. @param of matchers of its series */
export function refusedSamples(of: string, range: string): string {
  return rate(`cortex_discarded_samples_total{${of}}`, range, 'job', 'user', 'reason');
}

/** Share of the requests to each route that fail. @param of matchers of its series */
export function failedRequests(of: string, range: string): string {
  const requests = (status: string) =>
    rate(`cortex_request_duration_seconds_count{${of}${status}}`, range, 'job', 'route');
  return ratio(requests(', status_code=~"5.."'), requests(''));
}

/**
 * Series that tenants have now, each counted once.
 *
 * @param of matchers of its series
 * @param replication how many members have each
 */
export function activeSeries(of: string, replication: number): string {
  return `sum by (job, user) (cortex_ingester_active_series{${of}}) / ${replication}`;
}
