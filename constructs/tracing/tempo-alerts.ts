import { Duration } from 'cdk8s';
import type { Alert } from '../core/alert';
import { claimFillingAlert } from '../core/claim-alert';
import { downAlert } from '../core/down-alert';
import { memberMissingAlerts } from '../core/member-missing-alert';
import { apdex, durationQuantile, failedShare, servers } from './span-metrics';
import { discarded, failedCopies } from './tempo-queries';

/** What a Tempo's alerts depend on. */
export interface TempoAlertOptions {
  /** Its scrape job, which is also the name of its StatefulSet. */
  readonly job: string;
  readonly namespace: string;
  /** Whether it makes span metrics, of which alerts about applications are. */
  readonly spanMetrics: boolean;
  /** Of which it is made. */
  readonly replicas: number;
}

/** What of a Tempo people should know; names as Tempo 2.8 has them. */
export function tempoAlerts({ job, namespace, spanMetrics, replicas }: TempoAlertOptions): readonly Alert[] {
  const of = `job="${job}"`;
  return [
    downAlert('Tempo', job, 'Traces wait in the queues of collectors, and no trace can be looked at.'),
    ...memberMissingAlerts(
      { product: 'Tempo', job, replicas },
      'Of the three members that have a span one may be away. If another goes, spans are refused and wait in the queues of collectors, and questions fail.',
    ),
    ...(replicas === 1 ? [] : [copiesMissing(of)]),
    {
      name: 'TempoRefusesSpans',
      expr: `${discarded(of, '5m')} > 0`,
      for: Duration.minutes(5),
      severity: 'warning',
      summary: 'Tempo drops {{ $value | humanize }} spans a second: {{ $labels.reason }}',
      description: 'They are missing in traces. Their collectors are told of it only where the reason is a rate limit.',
    },
    {
      name: 'TempoFlushFailing',
      // One that fails is tried again; several, and still, are none that time cures.
      expr: [
        `sum by (job) (increase(tempo_ingester_failed_flushes_total{${of}}[1h])) > 2`,
        `and sum by (job) (increase(tempo_ingester_failed_flushes_total{${of}}[10m])) > 0`,
      ].join('\n'),
      for: Duration.minutes(5),
      severity: 'critical',
      summary: 'Tempo cannot write blocks to its bucket',
      description: 'Traces stay on its volume until it is full, and are lost with it.',
    },
    {
      name: 'TempoCompactionFailing',
      expr: `sum by (job) (increase(tempodb_compaction_errors_total{${of}}[1h])) > 2`,
      for: Duration.minutes(15),
      severity: 'warning',
      summary: 'Tempo cannot compact its blocks',
      description: 'Queries become slower from day to day, and old blocks are not forgotten.',
    },
    claimFillingAlert(
      'Tempo',
      namespace,
      `data-${job}-[0-9]+`,
      'When the volume is full, Tempo takes no spans: they wait in the queues of collectors as long as those have room.',
    ),
    ...(spanMetrics ? applicationAlerts : []),
  ];
}

function copiesMissing(of: string): Alert {
  return {
    name: 'TempoCopiesMissing',
    expr: `${failedCopies(of, '5m')} > 0.01`,
    for: Duration.minutes(15),
    severity: 'warning',
    summary:
      'The Tempo at {{ $labels.ingester }} misses {{ $value | humanizePercentage }} of the spans that it should have',
    description:
      'Two members have them. If one of those is killed, some traces are not always found for forty minutes; if both are, they are lost.',
  };
}

/** Of the services whose traces it takes, from the series that it writes. */
const applicationAlerts: readonly Alert[] = [
  {
    name: 'HighErrorRate',
    expr: `${failedShare(servers, '5m', 'service')} > 0.05`,
    for: Duration.minutes(2),
    severity: 'critical',
    summary: '{{ $value | humanizePercentage }} of the requests of {{ $labels.service }} fail',
    description: 'More than a twentieth of what the service is asked ends with an error.',
  },
  {
    name: 'HighLatency',
    expr: `${durationQuantile(0.95, servers, '5m', 'service')} > 0.5`,
    for: Duration.minutes(5),
    severity: 'warning',
    summary: 'One in twenty requests of {{ $labels.service }} takes longer than {{ $value | humanizeDuration }}',
    description: 'The 95th percentile of what the service is asked is above half a second.',
  },
  {
    name: 'PoorUserExperience',
    expr: `${apdex(servers, '15m', 'service')} < 0.7`,
    for: Duration.minutes(15),
    severity: 'warning',
    summary: 'Apdex of {{ $labels.service }} is {{ $value | humanize }}: many who ask it wait, or get an error',
    description:
      'Below 0.7 is poor by the words of Apdex: of ten who ask, three or more wait longer than two seconds or get an error, or six longer than half of one.',
  },
  {
    name: 'SlowWhileNodesAreBusy',
    // Either alone has an alert of its own; together the one is likely why the other is.
    expr: [
      `${durationQuantile(0.95, servers, '5m', 'service')} > 0.5`,
      'and on () max(instance:node_cpu_used:ratio_rate5m) > 0.9',
    ].join('\n'),
    for: Duration.minutes(5),
    severity: 'critical',
    summary: '{{ $labels.service }} is slow while a node has hardly any CPU left: {{ $value | humanizeDuration }}',
    description:
      'One in twenty requests takes longer than half a second, and a node is busy for more than nine tenths.',
  },
];
