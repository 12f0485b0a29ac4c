import { quantile, rate, ratio } from '../core/promql';

/*
 * What is asked of the series that Tempo's metrics generator writes, by alerts, by dashboards and by the links from traces: requests by
 * service, operation and outcome.
 *
 * @see https://grafana.com/docs/tempo/v2.8.x/metrics-generator/span_metrics/
 */

/** Spans of what a service is asked, not of what it asks others. */
export const servers = 'span_kind="SPAN_KIND_SERVER"';
const failed = 'status_code="STATUS_CODE_ERROR"';

/** Requests a second. @param of matchers, of {@link servers} or of what is clicked */
export function requestRate(of: string, range: string, ...by: readonly string[]): string {
  return rate(`traces_spanmetrics_calls_total{${of}}`, range, ...by);
}

/** Requests that end with an error, a second. */
export function failedRate(of: string, range: string, ...by: readonly string[]): string {
  return requestRate(`${of}, ${failed}`, range, ...by);
}

/** Share of requests that end with an error, where any do: a ratio of sums, for of each series by itself it would be 1. */
export function failedShare(of: string, range: string, ...by: readonly string[]): string {
  return ratio(failedRate(of, range, ...by), requestRate(of, range, ...by));
}

/** How long requests take, seconds. @param share of them that take less */
export function durationQuantile(share: number, of: string, range: string, ...by: readonly string[]): string {
  return quantile(share, `traces_spanmetrics_latency_bucket{${of}}`, range, ...by);
}

/**
 * Bounds of Tempo's buckets that Apdex goes by, seconds: who is answered within the first is satisfied, within four times that tolerates it.
 * https://github.com/grafana/tempo/blob/v2.8.2/modules/generator/processor/spanmetrics/config.go
 */
export const apdexBounds = { satisfied: 0.512, tolerating: 2.048 } as const;

/**
 * Apdex: those who are satisfied and half of those who tolerate it, over all; 1 is all well. Whoever gets an error is neither.
 *
 * @see https://www.apdex.org/wp-content/uploads/2020/09/ApdexTechnicalSpecificationV11_000.pdf
 */
export function apdex(of: string, range: string, ...by: readonly string[]): string {
  const within = (bound: number) =>
    rate(`traces_spanmetrics_latency_bucket{${of}, status_code!="STATUS_CODE_ERROR", le="${bound}"}`, range, ...by);
  const all = rate(`traces_spanmetrics_latency_bucket{${of}, le="+Inf"}`, range, ...by);
  // Half of both: those within the first bound are within the second, too.
  return ratio(`(${within(apdexBounds.satisfied)} + ${within(apdexBounds.tolerating)})`, `(2 * ${all})`);
}
