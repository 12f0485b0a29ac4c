import { rate, ratio } from '../core/promql';

/* What alerts and the dashboard ask of postgres_exporter, of series that a selector `of` chooses, over a range. */

/** A server. */
const server = ['job', 'instance'] as const;
/** A statement, as the server knows it. */
const statement = [...server, 'datname', 'user', 'queryid'] as const;

const servers = server.join(', ');

/** Share of the connections that a server takes, that are taken. */
export function connectionsUsed(of: string): string {
  return ratio(
    `sum by (${servers}) (pg_stat_database_numbackends{${of}})`,
    `max by (${servers}) (pg_settings_max_connections{${of}})`,
  );
}

/** Mean time of each statement, seconds. */
export function statementTime(of: string, range: string): string {
  const each = (what: string) => rate(`pg_stat_statements_${what}_total{${of}}`, range, ...statement);
  return ratio(each('seconds'), each('calls'));
}

/** Blocks a second that were not found in the server's cache, of each database. */
export function blocksRead(of: string, range: string): string {
  return rate(`pg_stat_database_blks_read{${of}}`, range, ...server, 'datname');
}

/** Share of the blocks that were found in the server's cache, of each database. */
export function cacheHits(of: string, range: string): string {
  const hits = rate(`pg_stat_database_blks_hit{${of}}`, range, ...server, 'datname');
  return ratio(hits, `(${hits} + ${blocksRead(of, range)})`);
}

/** How long a server waits for a block that it reads, seconds: of a disk, or of the kernel's cache. Needs `track_io_timing`. */
export function blockReadTime(of: string, range: string): string {
  return ratio(
    rate(`pg_stat_database_blk_read_time{${of}}`, range, ...server, 'datname'),
    `(1000 * ${blocksRead(of, range)})`,
  );
}

/**
 * Seconds in a second that checkpoints spend writing, and waiting for a disk to have written.
 *
 * Servers from 17 on tell it of another view than those before.
 */
export function checkpointTime(of: string, range: string, part: 'write' | 'sync'): string {
  const since17 = rate(`pg_stat_checkpointer_${part}_time_total{${of}}`, range, ...server);
  const before = rate(`pg_stat_bgwriter_checkpoint_${part}_time_total{${of}}`, range, ...server);
  return `(\n${since17}\nor\n${before}\n) / 1000`;
}

/** By how many seconds replicas are behind. */
export function replicationLag(of: string): string {
  return `pg_replication_lag_seconds{${of}} and on (${servers}) pg_replication_is_replica{${of}} == 1`;
}
