import { rate, ratio } from '../core/promql';

/* What alerts and the dashboard ask of redis_exporter, of series that a selector `of` chooses, over a range. */

/** Share of the memory that a Redis may take. Without a maximum there is no share. */
export function memoryUsed(of: string): string {
  return ratio(`redis_memory_used_bytes{${of}}`, `(redis_memory_max_bytes{${of}} > 0)`);
}

/** Share of the clients that a Redis takes. */
export function clientsUsed(of: string): string {
  return ratio(`redis_connected_clients{${of}}`, `redis_max_clients{${of}}`);
}

/** Questions for keys a second. */
export function lookups(of: string, range: string): string {
  return `(${found(of, range)} + ${rate(`redis_keyspace_misses_total{${of}}`, range, 'job', 'instance')})`;
}

function found(of: string, range: string): string {
  return rate(`redis_keyspace_hits_total{${of}}`, range, 'job', 'instance');
}

/** Share of the questions for keys that found one. */
export function hitRate(of: string, range: string): string {
  return ratio(found(of, range), lookups(of, range));
}

/** Keys a second that were thrown out for want of memory. */
export function evicted(of: string, range: string): string {
  return rate(`redis_evicted_keys_total{${of}}`, range, 'job', 'instance');
}
