import { Duration } from 'cdk8s';
import type { Alert } from '../core/alert';
import { downAlert } from '../core/down-alert';
import { grew } from '../core/promql';
import { bufferUse, componentErrors, throttledEvents } from './vector-queries';

/**
 * What of a Vector people should know; names as Vector 0.57 has them.
 *
 * @param job its scrape job, which is also the name of its StatefulSet
 * @param tells whether it has people told of lines
 */
export function vectorAlerts(job: string, tells: boolean): readonly Alert[] {
  const of = `job="${job}"`;
  const dropped = (component: string) =>
    grew(`vector_component_discarded_events_total{${of}, intentional="false", component_id${component}}`, '10m', [
      'job',
      'component_id',
    ]);
  return [
    downAlert('Vector', job, 'Lines wait at who sends them: in the files of nodes, of which the oldest go first.'),
    {
      name: 'VectorLosesLines',
      expr: dropped('!="alertmanager"'),
      for: Duration.minutes(1),
      severity: 'critical',
      summary: 'The part {{ $labels.component_id }} of {{ $labels.job }} gave up lines',
      description: 'They are lost: the store refused them, or a program could not take them. Its log says which.',
    },
    {
      name: 'VectorDropsLines',
      expr: `${throttledEvents(of, '5m')} > 1`,
      for: Duration.minutes(5),
      severity: 'warning',
      summary: '{{ $labels.job }} drops {{ $value | humanize }} lines a second: a service says more than it may',
      description: 'They are missing where people look for them; how many came, the counter log_lines_total says.',
    },
    {
      name: 'VectorBufferFilling',
      expr: `${bufferUse(of)} > 0.7`,
      for: Duration.minutes(10),
      severity: 'critical',
      summary:
        'What waits for the log store fills {{ $value | humanizePercentage }} of the buffer of {{ $labels.instance }}',
      description: 'When it is full, nothing more is taken, and lines wait in the files of nodes.',
    },
    {
      name: 'VectorComponentErrors',
      expr: `${componentErrors(of, '5m')} > 0.1`,
      for: Duration.minutes(10),
      severity: 'warning',
      summary: 'The part {{ $labels.component_id }} of {{ $labels.job }} fails: {{ $labels.error_type }}',
      description: 'What failed is tried again where that can help; what cannot is lost and counted so.',
    },
    ...(tells
      ? [
          {
            name: 'VectorAlertsNotDelivered',
            expr: dropped('="alertmanager"'),
            for: Duration.minutes(1),
            severity: 'warning',
            summary: '{{ $labels.job }} could not have people told of lines that are fatal',
            description: 'Alertmanager did not take its alerts. The lines themselves are in the log store.',
          } as const,
        ]
      : []),
  ];
}
