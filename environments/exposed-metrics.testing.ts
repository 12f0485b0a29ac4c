import { Registry } from 'prom-client';
import { DetectionMetrics } from '../apps/anomaly-detection/metrics';
import { observeDeliveries } from '../apps/notification/observe';
import { PreprocessingMetrics } from '../apps/preprocessing/metrics';
import { RootCauseMetrics } from '../apps/root-cause/metrics';
import { LearnerMetrics } from '../apps/training/metrics';
import { WorkerMetrics } from '../apps/worker/worker-metrics';

/* Which metrics there are, so that no rule asks for one that nobody exposes. */

/** Names of series that our workers expose: of their registries, not of a list. */
export async function workerSeries(): Promise<readonly string[]> {
  const registry = new Registry();
  new WorkerMetrics(registry);
  new PreprocessingMetrics(registry);
  new DetectionMetrics(registry);
  new RootCauseMetrics(registry);
  new LearnerMetrics(registry);
  observeDeliveries(registry, { info: () => undefined, warn: () => undefined });
  const metrics = await registry.getMetricsAsJSON();
  return metrics.flatMap(({ name, type }) =>
    // The enumeration is of the type only; its values are these.
    String(type) === 'histogram' ? ['bucket', 'sum', 'count'].map((suffix) => `${name}_${suffix}`) : [name],
  );
}

/** Names that servers of the pinned versions answer with: `metrics.real.test.ts` and `infrastructure.real.test.ts` ask them. */
export const answered = {
  alertmanager: ['alertmanager_cluster_members', 'alertmanager_notifications_failed_total'],
  loki: [
    'loki_discarded_samples_total',
    'loki_ingester_chunks_flush_failures_total',
    'loki_request_duration_seconds_count',
  ],
  nodeExporter: [
    'node_cpu_seconds_total',
    'node_disk_io_time_seconds_total',
    'node_disk_io_time_weighted_seconds_total',
    'node_filesystem_avail_bytes',
    'node_filesystem_files',
    'node_filesystem_files_free',
    'node_filesystem_readonly',
    'node_filesystem_size_bytes',
    'node_load5',
    'node_memory_MemAvailable_bytes',
    'node_memory_MemTotal_bytes',
    'node_network_receive_bytes_total',
    'node_network_receive_errs_total',
    'node_network_receive_packets_total',
    'node_network_transmit_bytes_total',
    'node_network_transmit_errs_total',
    'node_network_transmit_packets_total',
    'node_timex_maxerror_seconds',
    'node_timex_offset_seconds',
    'node_timex_sync_status',
    'node_uname_info',
    'node_vmstat_oom_kill',
  ],
  kubeStateMetrics: [
    'kube_daemonset_status_desired_number_scheduled',
    'kube_daemonset_status_number_available',
    'kube_daemonset_status_updated_number_scheduled',
    'kube_deployment_spec_replicas',
    'kube_deployment_status_replicas_available',
    'kube_deployment_status_replicas_updated',
    'kube_horizontalpodautoscaler_spec_max_replicas',
    'kube_horizontalpodautoscaler_spec_min_replicas',
    'kube_horizontalpodautoscaler_status_current_replicas',
    'kube_job_failed',
    'kube_node_status_condition',
    'kube_pod_container_status_last_terminated_reason',
    'kube_pod_container_status_restarts_total',
    'kube_pod_container_status_waiting_reason',
    'kube_pod_status_phase',
    'kube_pod_status_ready',
    'kube_resourcequota',
    'kube_statefulset_replicas',
    'kube_statefulset_status_replicas_ready',
    'kube_statefulset_status_replicas_updated',
  ],
  /** Of itself, at its other port. */
  kubeStateTelemetry: ['kube_state_metrics_list_total', 'kube_state_metrics_watch_total'],
  prometheus: [
    'prometheus_config_last_reload_successful',
    'prometheus_notifications_dropped_total',
    'prometheus_rule_evaluation_failures_total',
    'prometheus_target_scrape_pool_target_limit',
    'prometheus_target_scrape_pool_targets',
    'prometheus_tsdb_compactions_failed_total',
    'prometheus_tsdb_head_chunks_storage_size_bytes',
    'prometheus_tsdb_storage_blocks_bytes',
    'prometheus_tsdb_wal_corruptions_total',
    'prometheus_tsdb_wal_storage_size_bytes',
    'prometheus_tsdb_wal_writes_failed_total',
  ],
  tempo: ['tempo_discarded_spans_total', 'tempo_ingester_failed_flushes_total', 'tempodb_compaction_errors_total'],
  /** Of what its metrics generator writes. */
  spanMetrics: ['traces_spanmetrics_calls_total', 'traces_spanmetrics_latency_bucket'],
  collector: [
    'otelcol_exporter_enqueue_failed_spans',
    'otelcol_exporter_queue_capacity',
    'otelcol_exporter_queue_size',
    'otelcol_exporter_send_failed_spans',
    'otelcol_receiver_accepted_spans',
    'otelcol_receiver_refused_spans',
  ],
} as const;

const cadvisor = 'https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md';
const redpanda = 'https://docs.redpanda.com/25.1/reference/public-metrics-reference/';

/** Names of what cannot be run here, and where they are written down. */
export const documented: Readonly<Record<string, string>> = {
  container_cpu_cfs_periods_total: cadvisor,
  container_cpu_cfs_throttled_periods_total: cadvisor,
  container_cpu_usage_seconds_total: cadvisor,
  container_memory_working_set_bytes: cadvisor,
  kubelet_volume_stats_available_bytes: 'https://kubernetes.io/docs/reference/instrumentation/metrics/',
  kubelet_volume_stats_inodes: 'https://kubernetes.io/docs/reference/instrumentation/metrics/',
  kubelet_volume_stats_inodes_free: 'https://kubernetes.io/docs/reference/instrumentation/metrics/',
  kubelet_volume_stats_capacity_bytes: 'https://kubernetes.io/docs/reference/instrumentation/metrics/',
  // Only where the kernel follows connections.
  node_nf_conntrack_entries: 'https://github.com/prometheus/node_exporter/blob/v1.12.1/collector/conntrack_linux.go',
  node_nf_conntrack_entries_limit:
    'https://github.com/prometheus/node_exporter/blob/v1.12.1/collector/conntrack_linux.go',
  redpanda_cluster_unavailable_partitions: redpanda,
  redpanda_kafka_consumer_group_lag_sum: redpanda,
  redpanda_storage_disk_free_bytes: redpanda,
  redpanda_storage_disk_free_space_alert: redpanda,
  redpanda_storage_disk_total_bytes: redpanda,
  // Of Prometheus itself, for every target.
  up: 'https://prometheus.io/docs/concepts/jobs_instances/',
};

/** Names of series in a PromQL expression. */
export function seriesOf(expression: string): readonly string[] {
  const bare = expression
    .replace(/"(?:[^"\\]|\\.)*"/g, '')
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, '');
  const words = Array.from(bare.matchAll(/[a-zA-Z_:][a-zA-Z0-9_:]*(?!\s*\(|[a-zA-Z0-9_:])/g), ([word]) => word);
  const keywords = ['and', 'or', 'unless', 'offset', 'bool', 'm', 'h', 's', 'd'];
  return [...new Set(words.filter((word) => !keywords.includes(word)))].sort();
}
