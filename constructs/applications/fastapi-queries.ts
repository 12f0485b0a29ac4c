import { quantile, rate, ratio } from '../core/promql';

/* What alerts and the dashboard ask of prometheus-fastapi-instrumentator, of series that a selector `of` chooses, over a range. */

/** Requests a second. @param by labels of the result: `handler`, `status` */
export function requests(of: string, range: string, ...by: readonly string[]): string {
  return rate(`http_requests_total{${of}}`, range, ...by);
}

/** Share of the requests that the application itself failed at. */
export function requestsFailing(of: string, range: string): string {
  return ratio(requests(`${of}, status=~"5.."`, range, 'job'), requests(of, range, 'job'));
}

/** Time within which a share of the requests was answered, seconds, of many buckets. */
export function requestTime(of: string, range: string, share: number): string {
  return quantile(share, `http_request_duration_highr_seconds_bucket{${of}}`, range, 'job');
}

/** The same of each handler, of few buckets. */
export function handlerTime(of: string, range: string, share: number): string {
  return quantile(share, `http_request_duration_seconds_bucket{${of}}`, range, 'handler');
}
