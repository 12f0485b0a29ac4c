import type { Dashboard } from '../core/dashboard';
import { rate, ratio } from '../core/promql';
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
  timeseries,
  type Row,
} from '../dashboards';
import { clientsUsed, evicted, hitRate, memoryUsed } from './redis-exporter-queries';

/**
 * A Redis, as its exporter sees it.
 *
 * @param job scrape job of the exporter, which is also the name of its component
 */
export function redisExporterDashboard(job: string): Dashboard {
  const of = `job="${job}"`;
  return dashboard({
    uid: ownUid(job, 'redis'),
    title: ownTitle('Redis', 'redis-exporter', job),
    folder: folders.platform,
    description: 'Whether questions are answered from memory, how much of it is left, and who is connected.',
    rows: [atAGlance(of), memory(of), commands(of), clients(of), goProcess(of)],
  });
}

function atAGlance(of: string): Row {
  return row(
    'At a glance',
    stat({
      title: 'Up',
      description: 'Whether the server lets the exporter in: 1 if it does.',
      unit: 'short',
      query: promql(`min(redis_up{${of}})`),
    }),
    stat({
      title: 'Memory',
      description: 'Share of what it may take. A cache is always full; what throws nothing out refuses writes then.',
      unit: 'percentunit',
      query: promql(memoryUsed(of)),
      thresholds: { warn: 0.9 },
      none: 'no maximum',
    }),
    stat({
      title: 'Hit rate',
      description: 'Share of the questions for keys that found one.',
      unit: 'percentunit',
      query: promql(hitRate(of, rateRange)),
    }),
    stat({
      title: 'Clients',
      description: 'Share of those that it takes.',
      unit: 'percentunit',
      query: promql(clientsUsed(of)),
      thresholds: { warn: 0.8, bad: 0.95 },
    }),
  );
}

function memory(of: string): Row {
  return row(
    'Memory and keys',
    timeseries({
      title: 'Memory',
      description: 'Used, held of the kernel, and the most that it may use. Held far above used: it is fragmented.',
      unit: 'bytes',
      queries: [
        promql(`redis_memory_used_bytes{${of}}`, { legend: 'used' }),
        promql(`redis_memory_used_rss_bytes{${of}}`, { legend: 'held' }),
        promql(`redis_memory_max_bytes{${of}} > 0`, { legend: 'maximum' }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Keys',
      description: 'Of each database.',
      unit: 'short',
      queries: [promql(`sum by (db) (redis_db_keys{${of}})`, { legend: '{{db}}' })],
      width: 8,
    }),
    timeseries({
      title: 'Keys that went',
      description: 'A second: thrown out for want of memory, and past their time.',
      unit: 'ops',
      queries: [
        promql(evicted(of, rateRange), { legend: 'evicted' }),
        promql(rate(`redis_expired_keys_total{${of}}`, rateRange), { legend: 'expired' }),
      ],
      width: 8,
    }),
  );
}

function commands(of: string): Row {
  const calls = rate(`redis_commands_total{${of}}`, rateRange, 'cmd');
  const time = rate(`redis_commands_duration_seconds_total{${of}}`, rateRange, 'cmd');
  return row(
    'Commands',
    timeseries({
      title: 'Commands',
      description: 'A second, the ten that come most.',
      unit: 'ops',
      queries: [promql(`topk(10, ${calls})`, { legend: '{{cmd}}' })],
      width: 8,
    }),
    timeseries({
      title: 'Time of a command',
      description: 'In the mean, within the server; the ten that take longest. While one runs, all others wait.',
      unit: 's',
      queries: [promql(`topk(10, ${ratio(time, calls)})`, { legend: '{{cmd}}' })],
      width: 8,
    }),
    timeseries({
      title: 'Hits and misses',
      description: 'Questions for keys a second.',
      unit: 'ops',
      queries: [
        promql(rate(`redis_keyspace_hits_total{${of}}`, rateRange), { legend: 'hits' }),
        promql(rate(`redis_keyspace_misses_total{${of}}`, rateRange), { legend: 'misses' }),
      ],
      width: 8,
    }),
  );
}

function clients(of: string): Row {
  return row(
    'Clients',
    timeseries({
      title: 'Clients',
      description: 'Connected, and of those waiting for something to come (`BLPOP` and the like).',
      unit: 'short',
      queries: [
        promql(`redis_connected_clients{${of}}`, { legend: 'connected' }),
        promql(`redis_blocked_clients{${of}}`, { legend: 'waiting' }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Connections',
      description: 'A second: made, and rejected because there were too many.',
      unit: 'ops',
      queries: [
        promql(rate(`redis_connections_received_total{${of}}`, rateRange), { legend: 'made' }),
        promql(rate(`redis_rejected_connections_total{${of}}`, rateRange), { legend: 'rejected' }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Traffic',
      description: 'Bytes a second from and to clients.',
      unit: 'binBps',
      queries: [
        promql(rate(`redis_net_input_bytes_total{${of}}`, rateRange), { legend: 'from clients' }),
        promql(rate(`redis_net_output_bytes_total{${of}}`, rateRange), { legend: 'to clients' }),
      ],
      width: 8,
    }),
  );
}
