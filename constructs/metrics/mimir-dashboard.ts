import type { Dashboard } from '../core/dashboard';
import { increase, quantile, rate } from '../core/promql';
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
  wholeRange,
  type Row,
} from '../dashboards';
import { activeSeries, failedRequests, refusedSamples } from './mimir-queries';

/**
 * What a Mimir takes, keeps and answers; names as Mimir 3.1 has them.
 *
 * @param job its scrape job, which is also its name
 * @param replication how many members have each series
 */
export function mimirDashboard(job: string, replication: number): Dashboard {
  const of = `job="${job}"`;
  return dashboard({
    uid: ownUid(job),
    title: ownTitle('Mimir', 'mimir', job),
    folder: folders.platform,
    description:
      'Whether samples are taken, of which replica, and reach the bucket; how many series tenants have, and how long questions take.',
    rows: [atAGlance(of, replication), intake(of), storage(of, replication), questions(of), goProcess(of)],
  });
}

function atAGlance(of: string, replication: number): Row {
  return row(
    'At a glance',
    stat({
      title: 'Samples taken',
      description: 'A second, of all tenants, each counted once however often it is kept or sent.',
      unit: 'cps',
      query: promql(rate(`cortex_distributor_received_samples_total{${of}}`, rateRange)),
      none: 'none',
    }),
    stat({
      title: 'Samples refused',
      description: 'A second, for all reasons together; not what a second replica sent, too.',
      unit: 'cps',
      query: promql(`sum(${refusedSamples(of, rateRange)}) or vector(0)`),
      thresholds: { warn: 0.01 },
    }),
    stat({
      title: 'Series',
      description: 'That get samples now, of all tenants.',
      unit: 'short',
      query: promql(`sum(${activeSeries(of, replication)})`),
    }),
    stat({
      title: 'Blocks not written',
      description:
        'Times that a block could not be written to the bucket, in the time that is shown. Each is tried again.',
      unit: 'short',
      query: promql(increase(`cortex_ingester_shipper_upload_failures_total{${of}}`, wholeRange)),
      thresholds: { warn: 1, bad: 3 },
      decimals: 0,
    }),
  );
}

function intake(of: string): Row {
  return row(
    'What comes',
    timeseries({
      title: 'Samples, by tenant',
      description: 'That are taken, a second.',
      unit: 'cps',
      queries: [
        promql(rate(`cortex_distributor_received_samples_total{${of}}`, rateRange, 'user'), { legend: '{{user}}' }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Samples that a second replica sent, too',
      description:
        'A second. As many as are taken is as it should be where two Prometheus read the same; none, and one of them is away.',
      unit: 'cps',
      queries: [
        promql(rate(`cortex_distributor_deduped_samples_total{${of}}`, rateRange, 'user', 'cluster'), {
          legend: '{{user}} {{cluster}}',
        }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Refused samples, by reason',
      description: 'A second. Who sends them tries again only what a rate limit refused.',
      unit: 'cps',
      queries: [promql(refusedSamples(of, rateRange), { legend: '{{user}} {{reason}}' })],
      width: 8,
    }),
  );
}

function storage(of: string, replication: number): Row {
  return row(
    'What is kept',
    timeseries({
      title: 'Series, by tenant',
      description: 'That get samples now. Each takes memory of the members that have it.',
      unit: 'short',
      queries: [promql(activeSeries(of, replication), { legend: '{{user}}' })],
      width: 8,
    }),
    timeseries({
      title: 'Series in memory, by member',
      description: 'Of all tenants, also those that get no samples any more, until a block of them is written.',
      unit: 'short',
      queries: [promql(`sum by (instance) (cortex_ingester_memory_series{${of}})`, { legend: '{{instance}}' })],
      width: 8,
    }),
    timeseries({
      title: 'Work on the bucket',
      description:
        'In six hours: blocks that members wrote to it, runs that compacted what is there, and runs that failed.',
      unit: 'short',
      queries: [
        promql(increase(`cortex_ingester_shipper_uploads_total{${of}}`, '6h'), { legend: 'blocks written' }),
        promql(increase(`cortex_compactor_runs_completed_total{${of}}`, '6h'), { legend: 'compacted' }),
        promql(increase(`cortex_compactor_runs_failed_total{${of}, reason="error"}`, '6h'), { legend: 'failed' }),
      ],
      width: 8,
    }),
  );
}

function questions(of: string): Row {
  const requests = 'cortex_request_duration_seconds';
  return row(
    'What is asked',
    timeseries({
      title: 'Requests, by route and status',
      description: 'A second, of people and of who sends samples, and of members among each other.',
      unit: 'reqps',
      queries: [
        promql(rate(`${requests}_count{${of}}`, rateRange, 'route', 'status_code'), {
          legend: '{{route}} {{status_code}}',
        }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Failed, by route',
      description: 'Share of the requests. Above a twentieth an alert fires.',
      unit: 'percentunit',
      max: 1,
      queries: [promql(failedRequests(of, rateRange), { legend: '{{route}}' })],
      thresholds: { bad: 0.05 },
      width: 8,
    }),
    timeseries({
      title: 'Duration, p99, by route',
      description: 'A question over a long time takes seconds; taking samples should not.',
      unit: 's',
      queries: [promql(quantile(0.99, `${requests}_bucket{${of}}`, rateRange, 'route'), { legend: '{{route}}' })],
      width: 8,
    }),
  );
}
