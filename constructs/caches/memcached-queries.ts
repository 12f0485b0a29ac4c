import { rate, ratio } from '../core/promql';

/* What alerts and the dashboard ask of memcached_exporter, of series that a selector `of` chooses, over a range. */

/** Share of the memory for items that holds some. */
export function memoryUsed(of: string): string {
  return ratio(`sum(memcached_current_bytes{${of}})`, `sum(memcached_limit_bytes{${of}})`);
}

/** Share of the clients that each server takes. */
export function connectionsUsed(of: string): string {
  return ratio(`memcached_current_connections{${of}}`, `memcached_max_connections{${of}}`);
}

/** Questions for keys a second, of all servers. @param status `hit`, `miss`; absent: both */
export function lookups(of: string, range: string, status?: 'hit' | 'miss'): string {
  const answered = status === undefined ? '' : `, status="${status}"`;
  return rate(`memcached_commands_total{${of}, command="get"${answered}}`, range, 'job');
}

/** Share of the questions for keys that found one. */
export function hitRate(of: string, range: string): string {
  return ratio(lookups(of, range, 'hit'), `(${lookups(of, range)} > 0)`);
}

/** Items a second that are stored. */
export function stored(of: string, range: string): string {
  return rate(`memcached_items_total{${of}}`, range, 'job');
}

/** Items a second that were thrown out for want of memory, before their time. */
export function evicted(of: string, range: string): string {
  return rate(`memcached_items_evicted_total{${of}}`, range, 'job');
}
