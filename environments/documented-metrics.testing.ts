/* Metrics of what cannot be run here, beside those of `exposed-metrics.testing.ts`. */

const redpanda = 'https://docs.redpanda.com/25.1/reference/public-metrics-reference/';

const grafana = 'https://github.com/grafana/grafana/tree/v12.0.2/pkg';
const prometheus = 'https://prometheus.io/docs/concepts/jobs_instances/';
const tempo = 'https://github.com/grafana/tempo/blob/v2.8.4/tempodb/backend/instrumentation/backend_transports.go';
const nodeExporter = 'https://github.com/prometheus/node_exporter/tree/v1.9.1/collector';
const kubeState = 'https://github.com/kubernetes/kube-state-metrics/tree/v2.15.0/docs/metrics/workload';
const cadvisor = 'https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md';
const kubelet = 'https://kubernetes.io/docs/reference/instrumentation/metrics/';

const mongodb = 'https://github.com/percona/mongodb_exporter/blob/v0.51.0/exporter/metrics.go';
const jenkins = 'https://github.com/jenkinsci/prometheus-plugin/blob/master/docs/metrics/index.md';
const jenkinsMetrics = 'https://plugins.jenkins.io/metrics/';
const fastApi = 'https://github.com/trallnag/prometheus-fastapi-instrumentator';

const airflow =
  'https://airflow.apache.org/docs/apache-airflow/3.3.2/administration-and-deployment/logging-monitoring/metrics.html';

const alloyJournal = 'https://github.com/grafana/alloy/blob/v1.18.1/internal/component/loki/source/journal/metrics.go';

const alloyOtel =
  'https://github.com/grafana/alloy/blob/v1.18.1/operations/alloy-mixin/rendered/dashboards/alloy-opentelemetry.json';
const vector = 'https://vector.dev/docs/reference/configuration/sources/internal_metrics/';

function writtenAt(page: string, names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, page]));
}

/** Names of what cannot be run here, and where they are written down. */
export const documented: Readonly<Record<string, string>> = {
  ...writtenAt(alloyJournal, ['loki_source_journal_target_lines_total']),
  ...writtenAt(alloyOtel, [
    'otelcol_exporter_send_failed_log_records_total',
    'otelcol_exporter_sent_log_records_total',
  ]),
  ...writtenAt(vector, [
    'vector_buffer_max_size_bytes',
    'vector_buffer_size_bytes',
    'vector_component_discarded_events_total',
    'vector_component_errors_total',
    'vector_component_received_events_total',
    'vector_component_sent_bytes_total',
    'vector_component_sent_events_total',
  ]),
  // Counted of lines, by the configuration of `VectorTier`.
  ...writtenAt('https://vector.dev/docs/reference/configuration/transforms/log_to_metric/', ['log_lines_total']),
  ...writtenAt(kubelet, ['kubelet_volume_stats_available_bytes', 'kubelet_volume_stats_capacity_bytes']),
  ...writtenAt(redpanda, [
    'redpanda_cloud_storage_errors_total',
    'redpanda_cluster_brokers',
    'redpanda_cluster_unavailable_partitions',
    'redpanda_cpu_busy_seconds_total',
    'redpanda_kafka_consumer_group_committed_offset',
    'redpanda_kafka_consumer_group_consumers',
    'redpanda_kafka_consumer_group_lag_sum',
    'redpanda_kafka_request_bytes_total',
    'redpanda_kafka_request_latency_seconds_bucket',
    'redpanda_kafka_under_replicated_replicas',
    'redpanda_memory_available_memory',
    'redpanda_raft_leadership_changes',
    'redpanda_rpc_request_errors_total',
    'redpanda_storage_disk_free_bytes',
    'redpanda_storage_disk_free_space_alert',
    'redpanda_storage_disk_total_bytes',
  ]),
  // Prometheus' names of them by OTLP: `examples/learning/learning.real.test.ts` asks an Airflow that sends them.
  ...writtenAt(airflow, [
    'airflow_dag_processing_import_errors',
    'airflow_dag_processor_heartbeat_total',
    'airflow_executor_running_tasks',
    'airflow_scheduler_heartbeat_total',
    'airflow_ti_finish_total',
  ]),
  // Of Prometheus itself: for every target, and for every alert.
  ...writtenAt(prometheus, [
    'up',
    'scrape_duration_seconds',
    'scrape_samples_post_metric_relabeling',
    'scrape_series_added',
  ]),
  ALERTS: 'https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/',
  ...writtenAt(`${grafana}/infra/metrics/metrics.go`, ['grafana_stat_active_users', 'grafana_stat_totals_dashboard']),
  ...writtenAt(`${grafana}/middleware/request_metrics.go`, [
    'grafana_http_request_duration_seconds_bucket',
    'grafana_http_request_duration_seconds_count',
  ]),
  ...writtenAt(`${grafana}/infra/httpclient/httpclientprovider/datasource_metrics_middleware.go`, [
    'grafana_datasource_request_duration_seconds_bucket',
    'grafana_datasource_request_total',
  ]),
  // Of requests to S3; the test's Tempo has a folder.
  ...writtenAt(tempo, [
    'tempodb_backend_request_duration_seconds_bucket',
    'tempodb_backend_request_duration_seconds_count',
  ]),
  ...writtenAt(nodeExporter, [
    'node_boot_time_seconds',
    'node_disk_read_bytes_total',
    'node_disk_written_bytes_total',
    'node_load1',
    'node_network_receive_drop_total',
    'node_network_transmit_drop_total',
    'node_pressure_cpu_waiting_seconds_total',
    'node_pressure_io_waiting_seconds_total',
    'node_pressure_memory_waiting_seconds_total',
  ]),
  ...writtenAt(kubeState, [
    'kube_cronjob_created',
    'kube_cronjob_status_last_successful_time',
    'kube_daemonset_status_number_ready',
    'kube_job_status_failed',
    'kube_pod_container_resource_limits',
    'kube_pod_container_resource_requests',
  ]),
  ...writtenAt(cadvisor, [
    'container_cpu_cfs_periods_total',
    'container_cpu_cfs_throttled_periods_total',
    'container_cpu_usage_seconds_total',
    'container_memory_working_set_bytes',
  ]),
  ...writtenAt(kubelet, ['kubelet_volume_stats_inodes', 'kubelet_volume_stats_inodes_free', 'prober_probe_total']),
  // A server of 1.6.18 and this exporter have answered with them.
  ...writtenAt('https://github.com/prometheus/memcached_exporter/tree/v0.16.0/pkg/exporter', [
    'memcached_commands_total',
    'memcached_current_bytes',
    'memcached_current_connections',
    'memcached_current_items',
    'memcached_items_evicted_total',
    'memcached_items_total',
    'memcached_limit_bytes',
    'memcached_max_connections',
    'memcached_read_bytes_total',
    'memcached_up',
    'memcached_written_bytes_total',
  ]),
  // Fields of `serverStatus` and `replSetGetStatus`, as the exporter names them. It says `mongodb_up` of none, too.
  ...writtenAt(mongodb, [
    'mongodb_rs_members_optimeDate',
    'mongodb_ss_connections',
    'mongodb_ss_globalLock_currentQueue',
    'mongodb_ss_opLatencies_latency',
    'mongodb_ss_opLatencies_ops',
    'mongodb_ss_opcounters',
  ]),
  ...writtenAt(jenkins, [
    'default_jenkins_builds_last_build_duration_milliseconds',
    'default_jenkins_builds_last_build_result_ordinal',
    'default_jenkins_up',
  ]),
  // Counters, after which Prometheus' library for Java writes `_total`: the plugin's own tests have it.
  ...writtenAt(
    'https://github.com/jenkinsci/prometheus-plugin/tree/master/src/test/java/org/jenkinsci/plugins/prometheus/collectors/builds',
    ['default_jenkins_builds_failed_build_count_total', 'default_jenkins_builds_success_build_count_total'],
  ),
  // Gauges of the plugin `metrics`, with `_value` after them.
  ...writtenAt(jenkinsMetrics, [
    'jenkins_executor_count_value',
    'jenkins_executor_in_use_value',
    'jenkins_node_offline_value',
    'jenkins_plugins_failed',
    'jenkins_queue_blocked_value',
    'jenkins_queue_buildable_value',
    'jenkins_queue_size_value',
    'jenkins_queue_stuck_value',
  ]),
  // `external-targets.real.test.ts` reads an application that has them.
  ...writtenAt(fastApi, [
    'http_request_duration_highr_seconds_bucket',
    'http_request_duration_seconds_bucket',
    'http_request_size_bytes_sum',
    'http_requests_total',
    'http_response_size_bytes_sum',
  ]),
  // Of servers from 17 on, and of those before.
  ...writtenAt('https://github.com/prometheus-community/postgres_exporter/tree/v0.19.1/collector', [
    'pg_stat_bgwriter_checkpoint_sync_time_total',
    'pg_stat_bgwriter_checkpoint_write_time_total',
    'pg_stat_checkpointer_sync_time_total',
    'pg_stat_checkpointer_write_time_total',
  ]),
  // Only where the kernel follows connections.
  ...writtenAt('https://github.com/prometheus/node_exporter/blob/v1.12.1/collector/conntrack_linux.go', [
    'node_nf_conntrack_entries',
    'node_nf_conntrack_entries_limit',
  ]),
};
