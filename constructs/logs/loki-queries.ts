import { rate, ratio } from '../core/promql';

/* What alerts and the dashboard of a Loki ask alike. */

/** Lines refused a second, by reason. @param of matchers of its series */
export function discardedLines(of: string, range: string): string {
  return rate(`loki_discarded_samples_total{${of}}`, range, 'job', 'reason');
}

/** Share of the requests to each route that fail. @param of matchers of its series */
export function failedRequests(of: string, range: string): string {
  const requests = (status: string) =>
    rate(`loki_request_duration_seconds_count{${of}${status}}`, range, 'job', 'route');
  return ratio(requests(', status_code=~"5.."'), requests(''));
}
