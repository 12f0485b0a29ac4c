import { Duration } from 'cdk8s';
import type { Alert } from '../core/alert';
import { downAlert } from '../core/down-alert';
import { grew, ofJobs } from '../core/promql';
import { Slo } from '../core/slo';
import { queueUse, refused } from './collector-queries';

/** Scrape jobs of the two tiers. */
export interface CollectorJobs {
  readonly ingestor: string;
  readonly aggregator: string;
}

/** What of collectors people should know; names as the collector 0.159 has them at its own reader, without `_total`. */
export function collectorAlerts({ ingestor, aggregator }: CollectorJobs): readonly Alert[] {
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
    {
      name: 'CollectorRefusesSpans',
      expr: `${refused(of, '5m')} > 0`,
      for: Duration.minutes(5),
      severity: 'warning',
      summary: '{{ $labels.job }} refuses {{ $value | humanize }} spans a second',
      description: 'It has no memory or no room in a queue for them. Whoever sent them tries again, for a while.',
    },
    {
      name: 'CollectorLosesSpans',
      expr: [
        grew(`otelcol_exporter_send_failed_spans{${of}}`, '15m', ['job', 'exporter']),
        // What an ingestor's queue has no room for is refused, not lost: whoever sent it is told.
        grew(`otelcol_exporter_enqueue_failed_spans{job="${aggregator}"}`, '15m', ['job', 'exporter']),
      ].join('\nor\n'),
      for: Duration.minutes(1),
      severity: 'critical',
      summary: '{{ $labels.job }} has given up {{ $value | humanize }} spans for {{ $labels.exporter }}',
      description:
        'The destination was away for longer than they are kept, refuses them, or the queue before it is full. They are gone.',
    },
    {
      name: 'CollectorQueueFilling',
      expr: `${queueUse(of)} > 0.5`,
      for: Duration.minutes(10),
      severity: 'warning',
      summary:
        'The queue of {{ $labels.instance }} for {{ $labels.exporter }} is {{ $value | humanizePercentage }} full',
      description: 'The destination takes less than comes. When the queue is full, spans are lost.',
    },
  ];
}

/** That applications can leave their traces. */
export function traceIntake({ ingestor }: CollectorJobs): Slo {
  const spans = (outcome: string, range: string) =>
    `sum(rate(otelcol_receiver_${outcome}_spans{job="${ingestor}"}[${range}]))`;
  return new Slo({
    name: 'TraceIntake',
    description: 'Spans that applications send are taken at the first attempt.',
    objective: 99,
    errors: (range) => spans('refused', range),
    total: (range) => `(${spans('accepted', range)} + ${spans('refused', range)})`,
  });
}
