import { Duration, type Size } from 'cdk8s';
import type { Alert } from '../core/alert';
import { grew } from '../core/promql';
import { discoveryJobs } from './discovery-config';
import { bytesOf, self, storedBytes } from './prometheus-queries';

/**
 * What of a Prometheus people should know, as it tells of itself: that it is down, only others can see. It evaluates that itself, whoever
 * evaluates the rest: what it reads comes to others by way of it.
 *
 * @param discovered scrape jobs of what it finds by itself; pods of others are not ours to be told of
 */
export function prometheusAlerts(volume: Size, discovered: readonly string[] = []): readonly Alert[] {
  return [
    {
      name: 'ScrapeTargetDown',
      expr: discovered.includes(discoveryJobs.annotatedPods)
        ? `up{job!="${discoveryJobs.annotatedPods}"} == 0`
        : 'up == 0',
      for: Duration.minutes(5),
      severity: 'warning',
      summary: '{{ $labels.instance }} of {{ $labels.job }} is not read',
      description:
        'The pod is there and does not answer when Prometheus asks for its metrics, so nothing is known of it.',
    },
    {
      name: 'PrometheusDiskFilling',
      // Of its own files only; what else is on the volume, a kubelet would tell.
      expr: `${storedBytes} > 0.85 * ${bytesOf(volume)}`,
      local: true,
      for: Duration.minutes(30),
      severity: 'warning',
      summary: 'The volume of Prometheus fills: {{ $value | humanize1024 }}B of it are used',
      description:
        'Old blocks go when all of its files are three quarters of the volume. The write-ahead log and the newest samples, which cannot go, ' +
        'take more than that. When the volume is full, nothing is stored and no alert is evaluated.',
    },
    {
      name: 'PrometheusRulesFailing',
      expr: grew(`prometheus_rule_evaluation_failures_total{${self}}`, '15m', ['rule_group']),
      local: true,
      for: Duration.minutes(1),
      severity: 'critical',
      summary: 'Rules of {{ $labels.rule_group }} cannot be evaluated',
      description: 'Alerts of the group do not fire, whatever happens.',
    },
    {
      name: 'PrometheusConfigRefused',
      expr: `prometheus_config_last_reload_successful{${self}} == 0`,
      local: true,
      for: Duration.minutes(5),
      severity: 'critical',
      summary: 'Prometheus goes on with an old configuration: it refused the newest',
      description: 'Targets and rules that were added are not there. When it restarts, it will not start.',
    },
    {
      name: 'PrometheusStorageFailing',
      expr: [
        `increase(prometheus_tsdb_compactions_failed_total{${self}}[1h]) > 0`,
        `increase(prometheus_tsdb_wal_writes_failed_total{${self}}[1h]) > 0`,
        `increase(prometheus_tsdb_wal_corruptions_total{${self}}[1h]) > 0`,
      ].join('\nor\n'),
      local: true,
      for: Duration.minutes(1),
      severity: 'critical',
      summary: 'Prometheus cannot write to its volume',
      description:
        'Blocks or the write-ahead log could not be written or read: samples are lost at the next restart, or already.',
    },
  ];
}

/** That what it reads comes to the store for longer, of one that has one. */
export const remoteWriteAlerts: readonly Alert[] = [
  {
    name: 'PrometheusRemoteWriteBehind',
    // Of each replica, as of two the store takes the samples of one only.
    expr: `max by (job, instance) (time() - prometheus_remote_storage_queue_highest_sent_timestamp_seconds{${self}}) > 180`,
    local: true,
    for: Duration.minutes(10),
    severity: 'critical',
    summary:
      'The newest sample of {{ $labels.instance }} in the store for longer is {{ $value | humanizeDuration }} old',
    description:
      'Whoever asks for metrics sees none of what was read since, and rules that are evaluated there are silent. What waits is kept for two hours.',
  },
  {
    name: 'PrometheusRemoteWriteRefused',
    expr: `sum by (job, instance) (rate(prometheus_remote_storage_samples_failed_total{${self}}[5m])) > 0`,
    local: true,
    for: Duration.minutes(15),
    severity: 'warning',
    runbook: 'PrometheusRemoteWriteBehind',
    summary: 'The store for longer refuses {{ $value | humanize }} samples a second of {{ $labels.instance }}',
    description: 'They are not sent again: whoever asks for metrics does not see them, and no rule there does.',
  },
];
