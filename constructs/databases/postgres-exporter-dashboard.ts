import type { Dashboard } from '../core/dashboard';
import { rate } from '../core/promql';
import {
  dashboard,
  folders,
  goProcess,
  ownTitle,
  ownUid,
  promql,
  rateRange,
  row,
  stat,
  table,
  timeseries,
  wholeRange,
  type Row,
} from '../dashboards';
import {
  blockReadTime,
  cacheHits,
  checkpointTime,
  connectionsUsed,
  replicationLag,
  statementTime,
} from './postgres-exporter-queries';

/**
 * A PostgreSQL server, as its exporter sees it.
 *
 * @param job scrape job of the exporter, which is also the name of its component
 */
export function postgresExporterDashboard(job: string): Dashboard {
  const of = `job="${job}"`;
  return dashboard({
    uid: ownUid(job, 'postgresql'),
    title: ownTitle('PostgreSQL', 'postgres-exporter', job),
    folder: folders.platform,
    description:
      'Whether the server has connections left, which statements take long, and how long it waits for its disk.',
    rows: [atAGlance(of), statements(of), work(of), storage(of), goProcess(of)],
  });
}

function atAGlance(of: string): Row {
  return row(
    'At a glance',
    stat({
      title: 'Up',
      description: 'Whether the server lets the exporter in: 1 if it does.',
      unit: 'short',
      query: promql(`min(pg_up{${of}})`),
    }),
    stat({
      title: 'Connections',
      description: 'Share that is taken. When all are, clients get errors.',
      unit: 'percentunit',
      query: promql(connectionsUsed(of)),
      thresholds: { warn: 0.8, bad: 0.95 },
    }),
    stat({
      title: 'Cache hits',
      description: 'Share of the blocks that were in the memory of the server, of the database that has fewest.',
      unit: 'percentunit',
      query: promql(`min(${cacheHits(of, rateRange)})`),
    }),
    stat({
      title: 'Running for',
      description: 'Since the server was started last.',
      unit: 's',
      query: promql(`time() - max(pg_postmaster_start_time_seconds{${of}})`),
    }),
  );
}

function statements(of: string): Row {
  const inRange = (what: string) =>
    `sum by (datname, user, queryid) (increase(pg_stat_statements_${what}_total{${of}}[${wholeRange}]))`;
  return row(
    'Statements',
    table({
      title: 'Statements that took longest',
      description:
        'Within the time of the dashboard. `SELECT query FROM pg_stat_statements WHERE queryid = …` in the database `postgres` tells what one is.',
      labels: { datname: 'Database', user: 'Role', queryid: 'Statement' },
      values: [
        { title: 'Time', query: promql(`topk(20, ${inRange('seconds')})`), unit: 's' },
        {
          title: 'Each',
          query: promql(`${inRange('seconds')} / ${inRange('calls')}`),
          unit: 's',
          thresholds: { warn: 0.5, bad: 1 },
        },
        { title: 'Calls', query: promql(inRange('calls')), unit: 'short' },
        { title: 'Waited for blocks', query: promql(inRange('block_read_seconds')), unit: 's' },
      ],
    }),
    timeseries({
      title: 'Slowest statements',
      description: 'Mean time of each; the five that take longest.',
      unit: 's',
      queries: [promql(`topk(5, ${statementTime(of, rateRange)})`, { legend: '{{datname}} {{user}} {{queryid}}' })],
      thresholds: { warn: 1 },
    }),
    timeseries({
      title: 'Oldest transaction',
      description: 'How long it is open. What it sees is not cleaned up, and its locks are held.',
      unit: 's',
      queries: [promql(`pg_long_running_transactions_oldest_timestamp_seconds{${of}}`, { legend: '{{instance}}' })],
      thresholds: { warn: 3600 },
    }),
  );
}

function work(of: string): Row {
  const each = (metric: string) => rate(`pg_stat_database_${metric}{${of}}`, rateRange, 'datname');
  return row(
    'Connections and transactions',
    timeseries({
      title: 'Connections',
      description: 'Of each database, and how many the server takes.',
      unit: 'short',
      queries: [
        promql(`sum by (datname) (pg_stat_database_numbackends{${of}}) > 0`, { legend: '{{datname}}' }),
        promql(`max(pg_settings_max_connections{${of}})`, { legend: 'maximum' }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Transactions',
      description: 'A second: those that came to an end, and those that were taken back.',
      unit: 'ops',
      queries: [
        promql(each('xact_commit'), { legend: '{{datname}} committed' }),
        promql(each('xact_rollback'), { legend: '{{datname}} rolled back' }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Locks',
      description: 'Held or waited for, by kind. Exclusive ones keep others from rows or whole tables.',
      unit: 'short',
      queries: [promql(`sum by (mode) (pg_locks_count{${of}}) > 0`, { legend: '{{mode}}' })],
      width: 8,
    }),
    timeseries({
      title: 'Deadlocks',
      description: 'A second, of each database. The server ends one transaction of each.',
      unit: 'ops',
      queries: [promql(each('deadlocks'), { legend: '{{datname}}' })],
    }),
    timeseries({
      title: 'Replication lag',
      description: 'By how much replicas are behind. Empty where the server is not one.',
      unit: 's',
      queries: [promql(replicationLag(of), { legend: '{{instance}}' })],
      thresholds: { warn: 60 },
    }),
  );
}

function storage(of: string): Row {
  return row(
    'Storage',
    timeseries({
      title: 'Reading a block',
      description:
        'How long the server waits for 8 KiB that are not in its memory. Above some milliseconds the disk is slow.',
      unit: 's',
      queries: [promql(blockReadTime(of, rateRange), { legend: '{{datname}}' })],
      thresholds: { warn: 0.02 },
      width: 8,
    }),
    timeseries({
      title: 'Checkpoints',
      description: 'Share of the time in which they write, and in which they wait for the disk to have written.',
      unit: 'percentunit',
      queries: [
        promql(checkpointTime(of, rateRange, 'write'), { legend: '{{instance}} write' }),
        promql(checkpointTime(of, rateRange, 'sync'), { legend: '{{instance}} sync' }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Cache hits',
      description: 'Share of the blocks that were in the memory of the server.',
      unit: 'percentunit',
      max: 1,
      queries: [promql(cacheHits(of, rateRange), { legend: '{{datname}}' })],
      width: 8,
    }),
    timeseries({
      title: 'Size',
      description: 'Of each database on its volume.',
      unit: 'bytes',
      queries: [promql(`sum by (datname) (pg_database_size_bytes{${of}})`, { legend: '{{datname}}' })],
    }),
    timeseries({
      title: 'Temporary files',
      description: 'Written a second by statements for which `work_mem` is too little.',
      unit: 'binBps',
      queries: [promql(rate(`pg_stat_database_temp_bytes{${of}}`, rateRange, 'datname'), { legend: '{{datname}}' })],
    }),
  );
}
