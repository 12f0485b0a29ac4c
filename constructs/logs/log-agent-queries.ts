import { rate, ratio } from '../core/promql';

/* What alerts and the dashboard of the log agent ask alike; names as Alloy 1.18 has them. */

/** Lines a second that are given up by an agent because the store does not want them, by reason. @param of matchers of its series */
export function lostLines(of: string, range: string): string {
  return rate(`loki_write_dropped_entries_total{${of}}`, range, 'job', 'reason');
}

/** Bytes that were written to each file and are not read yet. @param of matchers of its series */
export function unreadBytes(of: string): string {
  return `loki_source_file_file_bytes_total{${of}} - loki_source_file_read_bytes_total{${of}}`;
}

/** Share of its requests that the store does not answer as it should, by agent. @param of matchers of its series */
export function failedPushes(of: string, range: string): string {
  const requests = (status: string) =>
    rate(`loki_write_request_duration_seconds_count{${of}${status}}`, range, 'job', 'instance');
  return `${requests(', status_code!~"2.."')}\n/\n${requests('')}`;
}

/** Share of its queue that is full, by agent, where it sends by OTLP. @param of matchers of its series */
export function fullQueue(of: string): string {
  const greatest = (what: string) => `max by (job, instance) (otelcol_exporter_queue_${what}{${of}})`;
  return ratio(greatest('size'), greatest('capacity'));
}
