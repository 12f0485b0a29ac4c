import { Duration, type Size } from 'cdk8s';
import type { Alert } from '../core/alert';
import { grew } from '../core/promql';
import { discoveryJobs } from './discovery-config';
import { bytesOf, self, storedBytes } from './prometheus-queries';

/**
 * What of a Prometheus people should know, as it tells of itself: that it is down, only others can see.
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
      for: Duration.minutes(1),
      severity: 'critical',
      summary: 'Rules of {{ $labels.rule_group }} cannot be evaluated',
      description: 'Alerts of the group do not fire, whatever happens.',
    },
    {
      name: 'PrometheusConfigRefused',
      expr: `prometheus_config_last_reload_successful{${self}} == 0`,
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
      for: Duration.minutes(1),
      severity: 'critical',
      summary: 'Prometheus cannot write to its volume',
      description:
        'Blocks or the write-ahead log could not be written or read: samples are lost at the next restart, or already.',
    },
  ];
}
