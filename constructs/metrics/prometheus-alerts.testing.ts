import type { AlertCase } from '../core/alert-case.testing';

const self = 'job="prometheus", instance="127.0.0.1:9090"';
const longTerm = 'remote_name="a1b2c3", url="http://mimir:8080/api/v1/push"';
const files = (blocks: string, wal: string) => ({
  [`prometheus_tsdb_storage_blocks_bytes{${self}}`]: blocks,
  [`prometheus_tsdb_wal_storage_size_bytes{${self}}`]: wal,
  [`prometheus_tsdb_head_chunks_storage_size_bytes{${self}}`]: '1e7x70',
});

/** Of a Prometheus with a volume of 2 GiB. */
export const prometheusAlertCases: readonly AlertCase[] = [
  {
    alert: 'ScrapeTargetDown',
    fires: { 'up{job="tempo", instance="10.0.0.1:3200"}': '0x30' },
    silent: { 'up{job="tempo", instance="10.0.0.1:3200"}': '0 0 1x30' },
    labels: { job: 'tempo', instance: '10.0.0.1:3200', severity: 'warning' },
  },
  {
    alert: 'PrometheusDiskFilling',
    fires: files('1.5e9x70', '4e8x70'),
    silent: files('1.5e9x70', '2e8x70'),
    labels: { job: 'prometheus', instance: '127.0.0.1:9090', severity: 'warning' },
    after: 60,
  },
  {
    alert: 'PrometheusRulesFailing',
    fires: { [`prometheus_rule_evaluation_failures_total{${self}, rule_group="tempo.yml;tempo"}`]: '0x20 1x20' },
    silent: { [`prometheus_rule_evaluation_failures_total{${self}, rule_group="tempo.yml;tempo"}`]: '3x40' },
    labels: { rule_group: 'tempo.yml;tempo', severity: 'critical' },
  },
  {
    alert: 'PrometheusConfigRefused',
    fires: { [`prometheus_config_last_reload_successful{${self}}`]: '1x10 0x30' },
    silent: { [`prometheus_config_last_reload_successful{${self}}`]: '1x40' },
    labels: { job: 'prometheus', instance: '127.0.0.1:9090', severity: 'critical' },
  },
  {
    alert: 'PrometheusRemoteWriteBehind',
    // Until ten minutes after the beginning, and always the last minute's.
    fires: {
      [`prometheus_remote_storage_queue_highest_sent_timestamp_seconds{${self}, ${longTerm}}`]: '0+60x10 600x30',
    },
    silent: { [`prometheus_remote_storage_queue_highest_sent_timestamp_seconds{${self}, ${longTerm}}`]: '0 0+60x40' },
    labels: { job: 'prometheus', instance: '127.0.0.1:9090', severity: 'critical' },
  },
  {
    alert: 'PrometheusRemoteWriteRefused',
    fires: { [`prometheus_remote_storage_samples_failed_total{${self}, ${longTerm}}`]: '0+60x40' },
    silent: { [`prometheus_remote_storage_samples_failed_total{${self}, ${longTerm}}`]: '0x10 60x30' },
    labels: { job: 'prometheus', instance: '127.0.0.1:9090', severity: 'warning' },
  },
  {
    alert: 'PrometheusStorageFailing',
    fires: { [`prometheus_tsdb_wal_writes_failed_total{${self}}`]: '0x20 2x20' },
    silent: { [`prometheus_tsdb_wal_writes_failed_total{${self}}`]: '2x40' },
    labels: { job: 'prometheus', instance: '127.0.0.1:9090', severity: 'critical' },
  },
];
