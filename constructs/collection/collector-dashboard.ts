import type { Dashboard } from '../core/dashboard';
import { ofJobs, rate } from '../core/promql';
import {
  dashboard,
  folders,
  ownTitle,
  ownUid,
  promql,
  rateRange,
  row,
  stat,
  timeseries,
  wholeRange,
  type Query,
  type Row,
} from '../dashboards';
import type { CollectorJobs } from './collector-alerts';
import { queueUse, refused, type CollectorSignal } from './collector-queries';

const signals: Readonly<Record<CollectorSignal, string>> = {
  spans: 'spans',
  log_records: 'log records',
  metric_points: 'metric points',
};

/** What comes to the collectors, what they pass on, and what they cannot. @param name of the component */
export function collectorDashboard(name: string, jobs: CollectorJobs): Dashboard {
  const of = ofJobs([jobs.ingestor, jobs.aggregator]);
  return dashboard({
    uid: ownUid(name, 'collectors'),
    title: ownTitle('Collectors', 'otel', name),
    folder: folders.platform,
    description:
      'What applications send to the ingestor, what the aggregator delivers to each destination, and what is refused, waits or is lost between.',
    rows: [atAGlance(jobs, of), intake(of), delivery(of), processes(of)],
  });
}

function atAGlance({ ingestor, aggregator }: CollectorJobs, of: string): Row {
  const lost = (result: string, matchers: string) =>
    `(sum(increase(otelcol_exporter_${result}_spans{${matchers}}[${wholeRange}])) or vector(0))`;
  return row(
    'At a glance',
    stat({
      title: 'Spans taken',
      description: 'Spans that applications hand to the ingestor, a second.',
      unit: 'cps',
      query: promql(rate(`otelcol_receiver_accepted_spans{job="${ingestor}"}`, rateRange)),
      none: 'none',
    }),
    stat({
      title: 'Spans refused',
      description: 'A second. Whoever sent them tries again for a while; what is refused for long is lost there.',
      unit: 'cps',
      query: promql(`sum(${refused(of, rateRange)}) or vector(0)`),
      thresholds: { warn: 0.01 },
    }),
    stat({
      title: 'Spans lost',
      description:
        'In the time that is shown: given up after their retries, or no room in the queue of the aggregator.',
      unit: 'short',
      query: promql(`${lost('send_failed', of)}\n+\n${lost('enqueue_failed', `job="${aggregator}"`)}`),
      thresholds: { bad: 1 },
      decimals: 0,
    }),
    stat({
      title: 'Fullest queue',
      description:
        'Share of it that waits. When it is full, spans are refused by the ingestor and lost by the aggregator.',
      unit: 'percentunit',
      query: promql(`max(${queueUse(of)})`),
      thresholds: { warn: 0.5, bad: 0.9 },
    }),
  );
}

/** The same question of each signal; those that the collectors do not get have no series. */
function bySignal(expression: (signal: CollectorSignal) => string, legend: string): readonly Query[] {
  return (Object.keys(signals) as CollectorSignal[]).map((signal) =>
    promql(expression(signal), { legend: `${legend} ${signals[signal]}` }),
  );
}

function intake(of: string): Row {
  return row(
    'What comes',
    timeseries({
      title: 'Taken, by signal',
      description:
        'A second, at both tiers. The aggregator takes what the ingestor passes on: what differs for long waits or is lost.',
      unit: 'cps',
      queries: bySignal(
        (signal) => rate(`otelcol_receiver_accepted_${signal}{${of}}`, rateRange, 'job', 'receiver'),
        '{{job}} {{receiver}}',
      ),
    }),
    timeseries({
      title: 'Refused, by signal',
      description: 'A second: no memory, or no room in a queue.',
      unit: 'cps',
      queries: bySignal((signal) => refused(of, rateRange, signal), '{{job}} {{receiver}}'),
    }),
  );
}

function delivery(of: string): Row {
  const exported = (result: string) => (signal: CollectorSignal) =>
    rate(`otelcol_exporter_${result}_${signal}{${of}}`, rateRange, 'job', 'exporter');
  return row(
    'What goes on',
    timeseries({
      title: 'Sent, by signal and destination',
      description: 'A second. Every destination of the aggregator gets every span, whatever the others do.',
      unit: 'cps',
      queries: bySignal(exported('sent'), '{{job}} {{exporter}}'),
    }),
    timeseries({
      title: 'Failed, by signal and destination',
      description: 'A second: given up for good, after all retries. What is tried again is in the queue.',
      unit: 'cps',
      queries: bySignal(exported('send_failed'), '{{job}} {{exporter}}'),
    }),
    timeseries({
      title: 'Queues',
      description: 'Share of each queue that is full. One that fills tells of a destination that is away or slow.',
      unit: 'percentunit',
      max: 1,
      queries: [promql(queueUse(of), { legend: '{{instance}} {{exporter}}' })],
      thresholds: { warn: 0.5, bad: 0.9 },
    }),
    timeseries({
      title: 'No room in the queue',
      description: 'A second. The ingestor refuses it, so that it is sent again; the aggregator loses it.',
      unit: 'cps',
      queries: bySignal(exported('enqueue_failed'), '{{job}} {{exporter}}'),
    }),
  );
}

function processes(of: string): Row {
  const each = { legend: '{{job}} {{instance}}' };
  return row(
    'Process',
    timeseries({
      title: 'CPU',
      description: 'Cores that each pod uses. Near its limit it is held back, and queues before it grow.',
      unit: 'short',
      queries: [promql(`rate(otelcol_process_cpu_seconds{${of}}[${rateRange}])`, each)],
      width: 8,
    }),
    timeseries({
      title: 'Memory',
      description: 'Resident memory of each pod. At four fifths of its limit it refuses what comes.',
      unit: 'bytes',
      queries: [promql(`otelcol_process_memory_rss{${of}}`, each)],
      width: 8,
    }),
    timeseries({
      title: 'Heap',
      description:
        'What of the memory is in use, as the garbage collector sees it: with traces that wait to be complete, at the aggregator.',
      unit: 'bytes',
      queries: [promql(`otelcol_process_runtime_heap_alloc_bytes{${of}}`, each)],
      width: 8,
    }),
  );
}
