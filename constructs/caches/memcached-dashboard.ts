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
  timeseries,
  type Row,
} from '../dashboards';
import { connectionsUsed, evicted, hitRate, lookups, memoryUsed, stored } from './memcached-queries';

/** A Memcached, all of its servers. @param job its scrape job, which is also the name of the component */
export function memcachedDashboard(job: string): Dashboard {
  const of = `job="${job}"`;
  return dashboard({
    uid: ownUid(job, 'memcached'),
    title: ownTitle('Memcached', 'memcached', job),
    folder: folders.platform,
    description: 'Whether questions are answered from memory, and whether there is enough of it.',
    rows: [atAGlance(of), questions(of), memory(of), goProcess(of)],
  });
}

function atAGlance(of: string): Row {
  return row(
    'At a glance',
    stat({
      title: 'Servers',
      description: 'That answer their exporters.',
      unit: 'short',
      query: promql(`sum(memcached_up{${of}})`),
    }),
    stat({
      title: 'Hit rate',
      description: 'Share of the questions for keys that found one.',
      unit: 'percentunit',
      query: promql(hitRate(of, rateRange)),
      none: 'not asked',
    }),
    stat({
      title: 'Memory',
      description: 'Share of the memory for items that holds some. A cache that is used is full.',
      unit: 'percentunit',
      query: promql(memoryUsed(of)),
    }),
    stat({
      title: 'Clients',
      description: 'Share of those that a server takes, of the server with the most.',
      unit: 'percentunit',
      query: promql(`max(${connectionsUsed(of)})`),
      thresholds: { warn: 0.8, bad: 0.95 },
    }),
  );
}

function questions(of: string): Row {
  return row(
    'Questions',
    timeseries({
      title: 'Hits and misses',
      description: 'Questions for keys a second.',
      unit: 'ops',
      queries: [
        promql(lookups(of, rateRange, 'hit'), { legend: 'hits' }),
        promql(lookups(of, rateRange, 'miss'), { legend: 'misses' }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Commands',
      description: 'A second, by what is asked and how it ended.',
      unit: 'ops',
      queries: [
        promql(rate(`memcached_commands_total{${of}}`, rateRange, 'command', 'status'), {
          legend: '{{command}} {{status}}',
        }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Traffic',
      description: 'Bytes a second from and to clients.',
      unit: 'binBps',
      queries: [
        promql(rate(`memcached_read_bytes_total{${of}}`, rateRange), { legend: 'from clients' }),
        promql(rate(`memcached_written_bytes_total{${of}}`, rateRange), { legend: 'to clients' }),
      ],
      width: 8,
    }),
  );
}

function memory(of: string): Row {
  return row(
    'Items',
    timeseries({
      title: 'Items stored and thrown out',
      description: 'A second. Thrown out for want of memory before their time: as many as are stored, once it is full.',
      unit: 'ops',
      queries: [
        promql(stored(of, rateRange), { legend: 'stored' }),
        promql(evicted(of, rateRange), { legend: 'thrown out' }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Memory',
      description: 'Of each server, held by items.',
      unit: 'bytes',
      queries: [promql(`memcached_current_bytes{${of}}`, { legend: '{{instance}}' })],
      width: 8,
    }),
    timeseries({
      title: 'Items',
      description: 'Held by each server. As keys are spread evenly, so are they.',
      unit: 'short',
      queries: [promql(`memcached_current_items{${of}}`, { legend: '{{instance}}' })],
      width: 8,
    }),
  );
}
