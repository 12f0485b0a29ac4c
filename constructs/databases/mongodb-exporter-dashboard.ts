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
import {
  mongodbConnectionsUsed,
  mongodbOperationTime,
  mongodbQueue,
  mongodbReplicationLag,
} from './mongodb-exporter-queries';

/**
 * A MongoDB, as its exporter sees it.
 *
 * @param job scrape job of the exporter, which is also the name of its component
 */
export function mongodbExporterDashboard(job: string): Dashboard {
  const of = `job="${job}"`;
  return dashboard({
    uid: ownUid(job, 'mongodb'),
    title: ownTitle('MongoDB', 'mongodb-exporter', job),
    folder: folders.platform,
    description: 'Whether the server has connections left, what waits in it, and how far its secondaries are behind.',
    rows: [atAGlance(of), work(of), members(of), goProcess(of)],
  });
}

function atAGlance(of: string): Row {
  return row(
    'At a glance',
    stat({
      title: 'Up',
      description: 'Whether the server lets the exporter in: 1 if it does.',
      unit: 'short',
      query: promql(`min(mongodb_up{${of}})`),
    }),
    stat({
      title: 'Connections',
      description: 'Share that is taken. When all are, clients get errors.',
      unit: 'percentunit',
      query: promql(mongodbConnectionsUsed(of)),
      thresholds: { warn: 0.8, bad: 0.95 },
    }),
    stat({
      title: 'Waiting',
      description: 'Operations that wait for a lock.',
      unit: 'short',
      query: promql(mongodbQueue(of)),
      thresholds: { warn: 20, bad: 50 },
    }),
    stat({
      title: 'Replication lag',
      description: 'Of the secondary that is furthest behind.',
      unit: 's',
      query: promql(`max(${mongodbReplicationLag(of)})`),
      thresholds: { warn: 10, bad: 30 },
      none: 'no secondary',
    }),
  );
}

function work(of: string): Row {
  return row(
    'Operations',
    timeseries({
      title: 'Operations',
      description: 'A second, by kind.',
      unit: 'ops',
      queries: [
        promql(rate(`mongodb_ss_opcounters{${of}}`, rateRange, 'legacy_op_type'), { legend: '{{legacy_op_type}}' }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Time of an operation',
      description: 'In the mean, within the server.',
      unit: 's',
      queries: [promql(mongodbOperationTime(of, rateRange), { legend: '{{op_type}}' })],
      width: 8,
    }),
    timeseries({
      title: 'Queue',
      description: 'Operations that wait for a lock.',
      unit: 'short',
      queries: [promql(mongodbQueue(of, 'count_type'), { legend: '{{count_type}}' })],
      width: 8,
    }),
  );
}

function members(of: string): Row {
  return row(
    'Connections and members',
    timeseries({
      title: 'Connections',
      description: 'Taken, and left.',
      unit: 'short',
      queries: [
        promql(`sum by (conn_type) (mongodb_ss_connections{${of}, conn_type=~"current|available"})`, {
          legend: '{{conn_type}}',
        }),
      ],
    }),
    timeseries({
      title: 'Replication lag',
      description: 'Of each secondary. Empty where there is none.',
      unit: 's',
      queries: [promql(mongodbReplicationLag(of), { legend: '{{member_idx}}' })],
      thresholds: { warn: 30 },
    }),
  );
}
