import type { Dashboard } from '../core/dashboard';
import { quantile, rate } from '../core/promql';
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
import { discarded, liveTraces } from './tempo-queries';

/**
 * What a Tempo takes, keeps and answers; names as Tempo 2.8 has them.
 *
 * @param job its scrape job, which is also its name
 * @param copies how many members have each span
 */
export function tempoDashboard(job: string, copies: number): Dashboard {
  const of = `job="${job}"`;
  return dashboard({
    uid: ownUid(job),
    title: ownTitle('Tempo', 'tempo', job),
    folder: folders.platform,
    description:
      'Whether spans are taken and reach the bucket, how long questions take, and how many series are made of spans.',
    rows: [atAGlance(of), intake(of), storage(of, copies), questions(of), goProcess(of)],
  });
}

function atAGlance(of: string): Row {
  return row(
    'At a glance',
    stat({
      title: 'Spans taken',
      description: 'A second, of all tenants together.',
      unit: 'cps',
      query: promql(rate(`tempo_distributor_spans_received_total{${of}}`, rateRange)),
      none: 'none',
    }),
    stat({
      title: 'Spans dropped',
      description: 'A second, for all reasons together.',
      unit: 'cps',
      query: promql(`sum(${discarded(of, rateRange)}) or vector(0)`),
      thresholds: { warn: 0.01 },
    }),
    stat({
      title: 'Blocks not written',
      description:
        'Times that a block could not be written to the bucket, in the time that is shown. Each is tried again.',
      unit: 'short',
      query: promql(`sum(increase(tempo_ingester_failed_flushes_total{${of}}[${wholeRange}]))`),
      thresholds: { warn: 1, bad: 3 },
      decimals: 0,
    }),
    stat({
      title: 'Blocks in the bucket',
      description:
        'A question looks at all of its time. Compaction keeps them few: if they only become more, it fails.',
      unit: 'short',
      query: promql(`max(tempodb_blocklist_length{${of}})`),
    }),
  );
}

function intake(of: string): Row {
  return row(
    'What comes',
    timeseries({
      title: 'Spans',
      description: 'Spans that are taken, a second.',
      unit: 'cps',
      queries: [
        promql(rate(`tempo_distributor_spans_received_total{${of}}`, rateRange, 'tenant'), { legend: '{{tenant}}' }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Bytes',
      description: 'Beside the limit of what may come in a second, above which it refuses spans.',
      unit: 'binBps',
      queries: [
        promql(rate(`tempo_distributor_bytes_received_total{${of}}`, rateRange, 'tenant'), { legend: '{{tenant}}' }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Dropped spans, by reason',
      description: 'A second. A collector tries again only what a rate limit refused.',
      unit: 'cps',
      queries: [promql(discarded(of, rateRange), { legend: '{{reason}}' })],
      width: 8,
    }),
  );
}

function storage(of: string, copies: number): Row {
  return row(
    'What is kept',
    timeseries({
      title: 'Traces in memory',
      description: 'Traces to which spans still come. They are cut when nothing has come for ten seconds.',
      unit: 'short',
      queries: [promql(liveTraces(of, copies), { legend: '{{tenant}}' })],
      width: 8,
    }),
    timeseries({
      title: 'Blocks',
      description: 'Written to the bucket, and not written, a second.',
      unit: 'cps',
      queries: [
        promql(rate(`tempo_ingester_blocks_flushed_total{${of}}`, rateRange), { legend: 'written' }),
        promql(rate(`tempo_ingester_failed_flushes_total{${of}}`, rateRange), { legend: 'not written' }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Compaction',
      description: 'Blocks that were merged into fewer ones, and failures, a second.',
      unit: 'cps',
      queries: [
        promql(rate(`tempodb_compaction_blocks_total{${of}}`, rateRange), { legend: 'merged' }),
        promql(rate(`tempodb_compaction_errors_total{${of}}`, rateRange), { legend: 'failed' }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Requests to the bucket, p99',
      description: 'How long the object store takes, by operation. It is in every question about older traces.',
      unit: 's',
      queries: [
        promql(quantile(0.99, `tempodb_backend_request_duration_seconds_bucket{${of}}`, rateRange, 'operation'), {
          legend: '{{operation}}',
        }),
      ],
    }),
    timeseries({
      title: 'Series made of spans',
      description:
        'Span metrics and the service graph, as they are written to the metrics store. They grow with services times operations.',
      unit: 'short',
      queries: [
        promql(`sum by (tenant) (tempo_metrics_generator_registry_active_series{${of}})`, { legend: '{{tenant}}' }),
      ],
    }),
  );
}

function questions(of: string): Row {
  const requests = 'tempo_request_duration_seconds';
  return row(
    'What is asked',
    timeseries({
      title: 'Requests, by route and status',
      description: 'A second, of people and of collectors.',
      unit: 'reqps',
      queries: [
        promql(rate(`${requests}_count{${of}}`, rateRange, 'route', 'status_code'), {
          legend: '{{route}} {{status_code}}',
        }),
      ],
    }),
    timeseries({
      title: 'Duration, p99, by route',
      description: 'A search over a long time takes seconds; a trace by its id should not.',
      unit: 's',
      queries: [promql(quantile(0.99, `${requests}_bucket{${of}}`, rateRange, 'route'), { legend: '{{route}}' })],
    }),
  );
}
