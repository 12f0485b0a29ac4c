import { rate } from '../core/promql';

/* What alerts and the dashboard of collectors ask alike; names as the collector 0.159 has them at its own reader, without `_total`. */

/** What collectors count of each signal. */
export type CollectorSignal = 'spans' | 'log_records' | 'metric_points';

/** Refused a second, by tier and receiver. @param of matchers of its series */
export function refused(of: string, range: string, signal: CollectorSignal = 'spans'): string {
  return rate(`otelcol_receiver_refused_${signal}{${of}}`, range, 'job', 'receiver');
}

/** Share of each queue that is full. @param of matchers of its series */
export function queueUse(of: string): string {
  return `otelcol_exporter_queue_size{${of}} / otelcol_exporter_queue_capacity{${of}}`;
}
