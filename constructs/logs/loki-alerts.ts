import { Duration } from 'cdk8s';
import type { Alert } from '../core/alert';
import { claimFillingAlert } from '../core/claim-alert';
import { downAlert } from '../core/down-alert';
import { grew } from '../core/promql';
import { discardedLines, failedRequests } from './loki-queries';

/**
 * What of a Loki people should know; names as Loki 3.7 has them.
 *
 * @param job its scrape job, which is also the name of its StatefulSet
 * @param streams that it takes at most, of each tenant
 */
export function lokiAlerts(job: string, namespace: string, streams: number): readonly Alert[] {
  const of = `job="${job}"`;
  const open = `sum by (job, tenant) (loki_ingester_memory_streams{${of}})`;
  return [
    downAlert('Loki', job, 'Log lines wait at who sends them, as long as they have room, and nobody can look at any.'),
    {
      name: 'LokiRequestErrors',
      expr: `${failedRequests(of, '5m')} > 0.1`,
      for: Duration.minutes(10),
      severity: 'critical',
      summary: 'Loki fails {{ $value | humanizePercentage }} of the requests to {{ $labels.route }}',
      description: 'Lines are not taken, or questions not answered: it says in its log why.',
    },
    {
      name: 'LokiRefusesLines',
      expr: `${discardedLines(of, '5m')} > 0`,
      for: Duration.minutes(5),
      severity: 'warning',
      summary: 'Loki refuses {{ $value | humanize }} lines a second: {{ $labels.reason }}',
      description:
        'They are missing where people look for them. Who sends them tries again only where the reason is a rate limit.',
    },
    {
      name: 'LokiFlushFailing',
      // One that fails is tried again; several, and still, are none that time cures.
      expr: [
        `sum by (job) (increase(loki_ingester_chunks_flush_failures_total{${of}}[1h])) > 2`,
        `and sum by (job) (increase(loki_ingester_chunks_flush_failures_total{${of}}[10m])) > 0`,
      ].join('\n'),
      for: Duration.minutes(5),
      severity: 'critical',
      summary: 'Loki cannot write chunks to where they are kept',
      description:
        'Lines stay in memory and in the write-ahead log until one of them is full, and are lost with its volume.',
    },
    {
      name: 'LokiRulesFailing',
      expr: grew(`loki_prometheus_rule_evaluation_failures_total{${of}}`, '15m', ['job']),
      for: Duration.minutes(1),
      severity: 'critical',
      summary: 'Alerts of {{ $labels.job }} about lines cannot be evaluated',
      description: 'They do not fire, whatever applications log.',
    },
    {
      name: 'LokiAlertsNotDelivered',
      expr: grew(`loki_prometheus_notifications_dropped_total{${of}}`, '15m', ['job']),
      for: Duration.minutes(1),
      severity: 'critical',
      summary: '{{ $labels.job }} cannot hand its alerts to Alertmanager',
      description:
        'Alerts about lines were dropped that no Alertmanager took. Those that go on firing are sent again; those that were short are lost.',
    },
    {
      name: 'LokiStreamsGrowing',
      expr: [
        `${open} > 2 * sum by (job, tenant) (loki_ingester_memory_streams{${of}} offset 1d)`,
        `and ${open} > ${Math.min(500, streams / 2)}`,
      ].join('\n'),
      for: Duration.minutes(30),
      severity: 'warning',
      summary: 'Loki has {{ $value | humanize }} streams of {{ $labels.tenant }}, twice as many as a day before',
      description:
        'A label has got values without end. Each stream takes memory and makes small chunks, which make questions slow.',
    },
    {
      name: 'LokiStreamsNearLimit',
      expr: `${open} > ${0.8 * streams}`,
      for: Duration.minutes(15),
      severity: 'warning',
      summary: 'Of {{ $labels.tenant }} there are {{ $value | humanize }} streams: nearly as many as Loki takes',
      description: 'Lines of streams beyond the limit are refused, whichever they are.',
    },
    claimFillingAlert('Loki', namespace, `data-${job}-[0-9]+`, 'When the volume is full, Loki takes no lines.'),
  ];
}
