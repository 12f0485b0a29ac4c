import { Duration } from 'cdk8s';
import type { Alert } from '../core/alert';
import { downAlert } from '../core/down-alert';
import { grew, ofJobs } from '../core/promql';
import { queueUse, refused } from './collector-queries';
import type { Signal } from './signal';

/** Scrape jobs of the two tiers. */
export interface CollectorJobs {
  readonly ingestor: string;
  readonly aggregator: string;
}

/** What a signal is counted in: how alerts are named, and series, and texts. */
const countedIn = {
  traces: { alert: 'Spans', series: 'spans', text: 'spans' },
  logs: { alert: 'LogRecords', series: 'log_records', text: 'log records' },
  metrics: { alert: 'MetricPoints', series: 'metric_points', text: 'metric points' },
} as const satisfies Readonly<Record<Signal, object>>;

/** What of collectors people should know; names as the collector 0.159 has them at its own reader, without `_total`. */
export function collectorAlerts(jobs: CollectorJobs, signals: readonly Signal[]): readonly Alert[] {
  const { ingestor, aggregator } = jobs;
  const of = ofJobs([ingestor, aggregator]);
  return [
    downAlert(
      'Ingestor',
      ingestor,
      'Applications cannot send traces: what they hold is lost when their own queues are full.',
    ),
    downAlert(
      'Aggregator',
      aggregator,
      'Ingestors hold traces in memory for some minutes; what comes after that is lost.',
    ),
    ...signals.flatMap((signal) => [refuses(signal, jobs), loses(signal, jobs)]),
    {
      name: 'CollectorQueueFilling',
      expr: `${queueUse(of)} > 0.5`,
      for: Duration.minutes(10),
      severity: 'warning',
      summary:
        'The queue of {{ $labels.instance }} for {{ $labels.exporter }} is {{ $value | humanizePercentage }} full',
      description: 'The destination takes less than comes. When the queue is full, what comes is lost.',
    },
  ];
}

function refuses(signal: Signal, { ingestor, aggregator }: CollectorJobs): Alert {
  const { alert, series, text } = countedIn[signal];
  const of = ofJobs([ingestor, aggregator]);
  return {
    name: `CollectorRefuses${alert}`,
    expr: `${refused(of, '5m', series)} > 0`,
    for: Duration.minutes(5),
    severity: 'warning',
    summary: `{{ $labels.job }} refuses {{ $value | humanize }} ${text} a second`,
    description: 'It has no memory or no room in a queue for them. Whoever sent them tries again, for a while.',
  };
}

function loses(signal: Signal, { ingestor, aggregator }: CollectorJobs): Alert {
  const { alert, series, text } = countedIn[signal];
  const of = ofJobs([ingestor, aggregator]);
  return {
    name: `CollectorLoses${alert}`,
    expr: [
      grew(`otelcol_exporter_send_failed_${series}{${of}}`, '15m', ['job', 'exporter']),
      // What an ingestor's queue has no room for is refused, not lost: whoever sent it is told.
      grew(`otelcol_exporter_enqueue_failed_${series}{job="${aggregator}"}`, '15m', ['job', 'exporter']),
    ].join('\nor\n'),
    for: Duration.minutes(1),
    severity: 'critical',
    summary: `{{ $labels.job }} has given up {{ $value | humanize }} ${text} for {{ $labels.exporter }}`,
    description:
      'The destination was away for longer than they are kept, refuses them, or the queue before it is full. They are gone.',
  };
}
