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
import { discardedLines, failedRequests } from './loki-queries';

/** What a Loki takes, keeps and answers; names as Loki 3.7 has them. @param job its scrape job, which is also its name */
export function lokiDashboard(job: string): Dashboard {
  const of = `job="${job}"`;
  return dashboard({
    uid: ownUid(job),
    title: ownTitle('Loki', 'loki', job),
    folder: folders.platform,
    description:
      'Whether lines are taken and reach where they are kept, into how many streams they fall, and how long questions take.',
    rows: [atAGlance(of), intake(of), storage(of), questions(of), goProcess(of)],
  });
}

function atAGlance(of: string): Row {
  return row(
    'At a glance',
    stat({
      title: 'Lines taken',
      description: 'A second, of all tenants together.',
      unit: 'cps',
      query: promql(rate(`loki_distributor_lines_received_total{${of}}`, rateRange)),
      none: 'none',
    }),
    stat({
      title: 'Lines refused',
      description: 'A second, for all reasons together.',
      unit: 'cps',
      query: promql(`sum(${discardedLines(of, rateRange)}) or vector(0)`),
      thresholds: { warn: 0.01 },
    }),
    stat({
      title: 'Chunks not written',
      description:
        'Times that a chunk could not be written to where it is kept, in the time that is shown. Each is tried again.',
      unit: 'short',
      query: promql(`sum(increase(loki_ingester_chunks_flush_failures_total{${of}}[${wholeRange}]))`),
      thresholds: { warn: 1, bad: 3 },
      decimals: 0,
    }),
    stat({
      title: 'Streams',
      description: 'Combinations of labels that get lines now. Thousands are many: a label has too many values.',
      unit: 'short',
      query: promql(`sum(loki_ingester_memory_streams{${of}})`),
      thresholds: { warn: 5000, bad: 20000 },
    }),
  );
}

function intake(of: string): Row {
  return row(
    'What comes',
    timeseries({
      title: 'Lines',
      description: 'Lines that are taken, a second.',
      unit: 'cps',
      queries: [
        promql(rate(`loki_distributor_lines_received_total{${of}}`, rateRange, 'tenant'), { legend: '{{tenant}}' }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Bytes',
      description: 'Of the lines that are taken. It is what the volume and the bucket fill with, before compression.',
      unit: 'binBps',
      queries: [
        promql(rate(`loki_distributor_bytes_received_total{${of}}`, rateRange, 'tenant'), { legend: '{{tenant}}' }),
      ],
      width: 8,
    }),
    timeseries({
      title: 'Refused lines, by reason',
      description: 'A second. Who sends them tries again only what a rate limit refused.',
      unit: 'cps',
      queries: [promql(discardedLines(of, rateRange), { legend: '{{reason}}' })],
      width: 8,
    }),
  );
}

function storage(of: string): Row {
  return row(
    'What is kept',
    timeseries({
      title: 'Streams in memory',
      description: 'Combinations of labels that get lines. Each costs memory and makes small chunks.',
      unit: 'short',
      queries: [promql(`sum by (tenant) (loki_ingester_memory_streams{${of}})`, { legend: '{{tenant}}' })],
      width: 8,
    }),
    timeseries({
      title: 'Chunks in memory',
      description: 'What is not written yet. It is in the write-ahead log, too.',
      unit: 'short',
      queries: [promql(`sum by (instance) (loki_ingester_memory_chunks{${of}})`, { legend: '{{instance}}' })],
      width: 8,
    }),
    timeseries({
      title: 'Chunks',
      description:
        'Written, by why they were, and not written, a second. Full ones are good; many that were idle come from small streams.',
      unit: 'cps',
      queries: [
        promql(rate(`loki_ingester_chunks_flushed_total{${of}}`, rateRange, 'reason'), {
          legend: 'written: {{reason}}',
        }),
        promql(rate(`loki_ingester_chunks_flush_failures_total{${of}}`, rateRange), { legend: 'not written' }),
      ],
      width: 8,
    }),
  );
}

function questions(of: string): Row {
  const requests = 'loki_request_duration_seconds';
  return row(
    'What is asked',
    timeseries({
      title: 'Requests, by route and status',
      description: 'A second, of people and of who sends lines.',
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
      description: 'Share of the requests. Above a tenth an alert fires.',
      unit: 'percentunit',
      max: 1,
      queries: [promql(failedRequests(of, rateRange), { legend: '{{route}}' })],
      thresholds: { bad: 0.1 },
      width: 8,
    }),
    timeseries({
      title: 'Duration, p99, by route',
      description: 'A question over a long time takes seconds; taking lines should not.',
      unit: 's',
      queries: [promql(quantile(0.99, `${requests}_bucket{${of}}`, rateRange, 'route'), { legend: '{{route}}' })],
      width: 8,
    }),
  );
}
