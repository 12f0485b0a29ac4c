import { collectDefaultMetrics, Registry } from 'prom-client';
import { DetectionMetrics } from '../apps/anomaly-detection/metrics';
import { observeFeedback } from '../apps/console/feedback/metrics';
import { DriftMetrics } from '../apps/models/drift/drift-metrics';
import { LearnedMetrics } from '../apps/models/serving/metrics';
import { NetworkPathMetrics } from '../apps/network-paths/metrics';
import { observeDeliveries } from '../apps/notification/observe';
import { FeedbackBook } from '../apps/wire/feedback-book';
import { PreprocessingMetrics } from '../apps/preprocessing/metrics';
import { RootCauseMetrics } from '../apps/root-cause/metrics';
import { DriftAsker } from '../apps/training/drift/drift-asker';
import { LearnerMetrics } from '../apps/training/metrics';
import { WorkerMetrics } from '../apps/worker/worker-metrics';
import { apiServerMetrics } from '../constructs/metrics/api-server-discovery';

/* Which metrics there are, so that no rule asks for one that nobody exposes. */

/** Names of series that our workers expose: of their registries, not of a list. */
export async function workerSeries(): Promise<readonly string[]> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new WorkerMetrics(registry);
  new PreprocessingMetrics(registry);
  new DetectionMetrics(registry);
  new RootCauseMetrics(registry);
  new LearnerMetrics(registry);
  new LearnedMetrics(registry);
  new DriftMetrics(registry);
  new DriftAsker({ registry, log: { info: () => undefined, warn: () => undefined } });
  observeDeliveries(registry, { info: () => undefined, warn: () => undefined });
  observeFeedback(registry, new FeedbackBook());
  new NetworkPathMetrics(registry);
  const metrics = await registry.getMetricsAsJSON();
  return metrics.flatMap(({ name, type }) =>
    // The enumeration is of the type only; its values are these.
    String(type) === 'histogram' ? ['bucket', 'sum', 'count'].map((suffix) => `${name}_${suffix}`) : [name],
  );
}

/** What client libraries of Go tell of any process. */
const process = ['go_goroutines', 'process_cpu_seconds_total', 'process_resident_memory_bytes'] as const;

/** Names that servers of the pinned versions answer with: `metrics.real.test.ts` and `infrastructure.real.test.ts` ask them. */
export const answered = {
  alertmanager: [
    'alertmanager_alerts',
    'alertmanager_alerts_received_total',
    'alertmanager_cluster_members',
    'alertmanager_notification_latency_seconds_bucket',
    'alertmanager_notifications_failed_total',
    'alertmanager_notifications_total',
    'alertmanager_silences',
    ...process,
  ],
  /** `log-agent.real.test.ts` asks one. */
  alloy: [
    'alloy_component_controller_running_components',
    'loki_process_dropped_lines_total',
    'loki_source_file_file_bytes_total',
    'loki_source_file_files_active_total',
    'loki_source_file_read_bytes_total',
    'loki_source_file_read_lines_total',
    'loki_write_dropped_entries_total',
    'loki_write_entry_propagation_latency_seconds_bucket',
    'loki_write_request_duration_seconds_count',
    'loki_write_sent_bytes_total',
    'loki_write_sent_entries_total',
    ...process,
  ],
  /** `blackbox-exporter.real.test.ts` has one ask local servers, by the rendered scrape job. */
  blackboxExporter: [
    'probe_dns_duration_seconds',
    'probe_dns_lookup_time_seconds',
    'probe_duration_seconds',
    'probe_failed_due_to_regex',
    'probe_http_duration_seconds',
    'probe_http_status_code',
    'probe_icmp_duration_seconds',
    'probe_ssl_earliest_cert_expiry',
    'probe_success',
    ...process,
  ],
  /** `discovery.real.test.ts` asks one, by the rendered scrape job. */
  apiServer: apiServerMetrics,
  loki: [
    'loki_discarded_samples_total',
    'loki_distributor_bytes_received_total',
    'loki_distributor_lines_received_total',
    'loki_ingester_chunks_flush_failures_total',
    'loki_ingester_chunks_flushed_total',
    'loki_ingester_memory_chunks',
    'loki_ingester_memory_streams',
    'loki_ingester_streams_created_total',
    'loki_prometheus_notifications_dropped_total',
    'loki_prometheus_rule_evaluation_failures_total',
    'loki_request_duration_seconds_bucket',
    'loki_request_duration_seconds_count',
    ...process,
  ],
  /** `mimir.real.test.ts` asks one; some are there only after a refusal, with a file of limits, or (`mimir-ruler.real.test.ts`) with rules. */
  mimir: [
    'cortex_compactor_runs_completed_total',
    'cortex_compactor_runs_failed_total',
    'cortex_discarded_samples_total',
    'cortex_distributor_deduped_samples_total',
    'cortex_distributor_received_samples_total',
    'cortex_ha_tracker_elected_replica_changes_total',
    'cortex_ingester_active_series',
    'cortex_ingester_memory_series',
    'cortex_ingester_shipper_upload_failures_total',
    'cortex_ingester_shipper_uploads_total',
    'cortex_prometheus_notifications_dropped_total',
    'cortex_prometheus_rule_evaluation_failures_total',
    'cortex_prometheus_rule_evaluations_total',
    'cortex_request_duration_seconds_bucket',
    'cortex_request_duration_seconds_count',
    'cortex_runtime_config_last_reload_successful',
    ...process,
  ],
  /** `database-exporters.real.test.ts` asks one of a real server. */
  postgresExporter: [
    'pg_database_size_bytes',
    'pg_locks_count',
    'pg_long_running_transactions_oldest_timestamp_seconds',
    'pg_postmaster_start_time_seconds',
    'pg_replication_is_replica',
    'pg_replication_lag_seconds',
    'pg_scrape_collector_success',
    'pg_settings_max_connections',
    'pg_stat_database_blk_read_time',
    'pg_stat_database_blks_hit',
    'pg_stat_database_blks_read',
    'pg_stat_database_deadlocks',
    'pg_stat_database_numbackends',
    'pg_stat_database_temp_bytes',
    'pg_stat_database_xact_commit',
    'pg_stat_database_xact_rollback',
    'pg_stat_statements_block_read_seconds_total',
    'pg_stat_statements_calls_total',
    'pg_stat_statements_seconds_total',
    'pg_up',
    ...process,
  ],
  /** As `postgresExporter`, of which none is needed here. */
  mongodbExporter: ['mongodb_up'],
  /** As `postgresExporter`. */
  redisExporter: [
    'redis_blocked_clients',
    'redis_commands_duration_seconds_total',
    'redis_commands_total',
    'redis_connected_clients',
    'redis_connections_received_total',
    'redis_db_keys',
    'redis_evicted_keys_total',
    'redis_expired_keys_total',
    'redis_instance_info',
    'redis_keyspace_hits_total',
    'redis_keyspace_misses_total',
    'redis_max_clients',
    'redis_memory_max_bytes',
    'redis_memory_used_bytes',
    'redis_memory_used_rss_bytes',
    'redis_net_input_bytes_total',
    'redis_net_output_bytes_total',
    'redis_rejected_connections_total',
    'redis_up',
    ...process,
  ],
  nodeExporter: [
    'node_cpu_seconds_total',
    'node_disk_io_time_seconds_total',
    'node_disk_io_time_weighted_seconds_total',
    'node_disk_read_time_seconds_total',
    'node_disk_reads_completed_total',
    'node_disk_write_time_seconds_total',
    'node_disk_writes_completed_total',
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
  /** `smokeping.real.test.ts` asks it. */
  smokepingProber: [
    'smokeping_requests_total',
    'smokeping_response_duration_seconds_bucket',
    'smokeping_response_duration_seconds_count',
    ...process,
  ],
  /** Of itself, at its other port. */
  kubeStateTelemetry: ['kube_state_metrics_list_total', 'kube_state_metrics_watch_total'],
  prometheus: [
    'prometheus_config_last_reload_successful',
    'prometheus_http_request_duration_seconds_bucket',
    'prometheus_http_requests_total',
    'prometheus_notifications_dropped_total',
    'prometheus_notifications_sent_total',
    'prometheus_remote_storage_queue_highest_sent_timestamp_seconds',
    'prometheus_remote_storage_samples_failed_total',
    'prometheus_rule_evaluation_failures_total',
    'prometheus_target_scrape_pool_target_limit',
    'prometheus_target_scrape_pool_targets',
    'prometheus_rule_group_interval_seconds',
    'prometheus_rule_group_last_duration_seconds',
    'prometheus_tsdb_compactions_failed_total',
    'prometheus_tsdb_head_chunks_storage_size_bytes',
    'prometheus_tsdb_head_samples_appended_total',
    'prometheus_tsdb_head_series',
    'prometheus_tsdb_head_series_created_total',
    'prometheus_tsdb_head_series_removed_total',
    'prometheus_tsdb_storage_blocks_bytes',
    'prometheus_tsdb_wal_corruptions_total',
    'prometheus_tsdb_wal_storage_size_bytes',
    'prometheus_tsdb_wal_writes_failed_total',
    ...process,
  ],
  tempo: [
    'tempo_discarded_spans_total',
    'tempo_distributor_bytes_received_total',
    'tempo_distributor_ingester_appends_total',
    'tempo_distributor_spans_received_total',
    'tempo_ingester_blocks_flushed_total',
    'tempo_ingester_failed_flushes_total',
    'tempo_ingester_live_traces',
    'tempo_metrics_generator_registry_active_series',
    'tempo_request_duration_seconds_bucket',
    'tempo_request_duration_seconds_count',
    'tempodb_blocklist_length',
    'tempodb_compaction_blocks_total',
    'tempodb_compaction_errors_total',
    ...process,
  ],
  /** Of several, where one did not get what it should: asked in `constructs/tracing/tempo-ring.real.test.ts`. */
  tempoRing: ['tempo_distributor_ingester_append_failures_total'],
  /** Of what its metrics generator writes. */
  spanMetrics: ['traces_spanmetrics_calls_total', 'traces_spanmetrics_latency_bucket'],
  serviceGraph: [
    'traces_service_graph_request_client_seconds_bucket',
    'traces_service_graph_request_failed_total',
    'traces_service_graph_request_total',
  ],
  collector: [
    ...['spans', 'log_records', 'metric_points'].flatMap((signal) => [
      `otelcol_exporter_enqueue_failed_${signal}`,
      `otelcol_exporter_send_failed_${signal}`,
      `otelcol_exporter_sent_${signal}`,
      `otelcol_receiver_accepted_${signal}`,
      `otelcol_receiver_refused_${signal}`,
    ]),
    'otelcol_exporter_queue_capacity',
    'otelcol_exporter_queue_size',
    'otelcol_process_cpu_seconds',
    'otelcol_process_memory_rss',
    'otelcol_process_runtime_heap_alloc_bytes',
  ],
} as const;

/** Finite bounds of a histogram in what a server answers with, of series with this label. */
export function boundsOf(text: string, histogram: string, label: string): readonly number[] {
  const lines = text.split('\n').filter((line) => line.startsWith(`${histogram}_bucket{`) && line.includes(label));
  const bounds = lines.map((line) => Number(/ ?le="([^"]+)"/.exec(line)?.[1]));
  return [...new Set(bounds)].filter((bound) => Number.isFinite(bound)).sort((a, b) => a - b);
}

/** Names of series in a PromQL expression. */
export function seriesOf(expression: string): readonly string[] {
  const bare = expression
    .replace(/"(?:[^"\\]|\\.)*"/g, '')
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, '');
  const words = Array.from(bare.matchAll(/[a-zA-Z_:][a-zA-Z0-9_:]*(?!\s*\(|[a-zA-Z0-9_:])/g), ([word]) => word);
  const keywords = ['and', 'or', 'unless', 'offset', 'bool', 'group_left', 'group_right', 'm', 'h', 's', 'd'];
  return [...new Set(words.filter((word) => !keywords.includes(word)))].sort();
}
