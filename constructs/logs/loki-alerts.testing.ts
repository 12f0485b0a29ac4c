import type { AlertCase } from '../core/alert-case.testing';

const pod = 'job="loki", instance="10.0.0.1:3100"';
const requests = (failed: string) => ({
  [`loki_request_duration_seconds_count{${pod}, route="otlp_v1_logs", status_code="204"}`]: '0+600x40',
  [`loki_request_duration_seconds_count{${pod}, route="otlp_v1_logs", status_code="500"}`]: failed,
});
const discarded = `loki_discarded_samples_total{${pod}, reason="rate_limited", tenant="fake"}`;
const rulesFailed = `loki_prometheus_rule_evaluation_failures_total{${pod}, user="fake", rule_group="loki.yml;loki"}`;
const alertsDropped = `loki_prometheus_notifications_dropped_total{${pod}, user="fake", alertmanager="http://10.0.0.2:9093/api/v2/alerts"}`;
const failures = `loki_ingester_chunks_flush_failures_total{${pod}}`;
const volume = (free: string) => ({
  'kubelet_volume_stats_available_bytes{namespace="logs", persistentvolumeclaim="data-loki-0"}': free,
  'kubelet_volume_stats_capacity_bytes{namespace="logs", persistentvolumeclaim="data-loki-0"}': '1000x40',
});

const streams = 'loki_ingester_memory_streams{job="loki", instance="10.0.0.1:3100", tenant="fake"}';

export const lokiAlertCases: readonly AlertCase[] = [
  {
    alert: 'LokiDown',
    fires: { [`up{${pod}}`]: '1x5 0x40' },
    silent: { [`up{${pod}}`]: '1x40' },
    labels: { job: 'loki', severity: 'critical' },
  },
  {
    alert: 'LokiRequestErrors',
    fires: requests('0+120x40'),
    silent: requests('0+30x40'),
    labels: { job: 'loki', route: 'otlp_v1_logs', severity: 'critical' },
  },
  {
    alert: 'LokiRefusesLines',
    fires: { [discarded]: '0+60x40' },
    silent: { [discarded]: '0 60x40' },
    labels: { job: 'loki', reason: 'rate_limited', severity: 'warning' },
  },
  {
    alert: 'LokiFlushFailing',
    fires: { [failures]: '0+1x40' },
    silent: { [failures]: '0x20 1x20' },
    labels: { job: 'loki', severity: 'critical' },
  },
  {
    alert: 'LokiRulesFailing',
    fires: { [rulesFailed]: '0x20 1x20' },
    silent: { [rulesFailed]: '3x40' },
    labels: { job: 'loki', severity: 'critical' },
  },
  {
    alert: 'LokiAlertsNotDelivered',
    fires: { [alertsDropped]: '0x20 1x20' },
    silent: { [alertsDropped]: '3x40' },
    labels: { job: 'loki', severity: 'critical' },
  },
  {
    alert: 'LokiStreamsGrowing',
    fires: { [streams]: '400x1441 900x70' },
    silent: { [streams]: '600x1441 900x70' },
    labels: { job: 'loki', tenant: 'fake', severity: 'warning' },
    after: 1_500,
  },
  {
    alert: 'LokiStreamsNearLimit',
    // Of 5,000.
    fires: { [streams]: '4100x40' },
    silent: { [streams]: '3900x40' },
    labels: { job: 'loki', tenant: 'fake', severity: 'warning' },
  },
  {
    alert: 'LokiDiskFilling',
    fires: volume('100x40'),
    silent: volume('200x40'),
    labels: { namespace: 'logs', persistentvolumeclaim: 'data-loki-0', severity: 'critical' },
  },
];
