import type { SchemaSection } from '../../constructs/core/config-schema.testing';

/** What the schema is about: what the construct sets, and what stands beside it in people's clusters. */
export const keptProperties: readonly string[] = [
  // Of a node.
  ...['admin', 'admin_api_tls', 'crash_loop_limit', 'crash_loop_sleep_sec', 'data_directory', 'developer_mode'],
  ...['emergency_disable_data_transforms', 'empty_seed_starts_cluster', 'kafka_api', 'kafka_api_tls'],
  ...['memory_allocation_warning_threshold', 'node_id', 'rpc_server', 'rpc_server_tls', 'seed_servers'],
  // Of the cluster.
  ...['admin_api_require_auth', 'audit_enabled', 'auto_create_topics_enabled', 'cloud_storage_access_key'],
  ...['cloud_storage_api_endpoint', 'cloud_storage_api_endpoint_port', 'cloud_storage_bucket'],
  ...['cloud_storage_credentials_source', 'cloud_storage_disable_tls', 'cloud_storage_enabled', 'cloud_storage_region'],
  ...['cloud_storage_secret_key', 'cloud_storage_trust_file', 'cloud_storage_url_style', 'core_balancing_continuous'],
  ...['default_topic_partitions', 'default_topic_replications', 'disable_metrics', 'disable_public_metrics'],
  ...['enable_consumer_group_metrics', 'enable_host_metrics', 'enable_idempotence', 'enable_leader_balancer'],
  ...['enable_metrics_reporter', 'enable_rack_awareness', 'enable_sasl', 'internal_topic_replication_factor'],
  ...['kafka_batch_max_bytes', 'kafka_connections_max', 'kafka_connections_max_per_ip', 'kafka_enable_authorization'],
  ...['kafka_nodelete_topics', 'log_message_timestamp_type', 'log_retention_ms', 'log_segment_ms', 'log_segment_size'],
  ...['log_segment_size_jitter_percent', 'minimum_topic_replications', 'partition_autobalancing_mode'],
  ...['partition_autobalancing_node_availability_timeout_sec', 'retention_local_target_capacity_percent'],
  ...['retention_local_target_ms_default', 'sasl_mechanisms', 'storage_min_free_bytes'],
  ...['storage_space_alert_free_threshold_percent', 'superusers', 'tls_min_version'],
];

/**
 * Where the list has the name of the member in Redpanda's source, instead of the property's, which Redpanda's chart and its own tests set.
 *
 * @see https://github.com/redpanda-data/redpanda-operator/tree/main/charts/redpanda
 */
export const namedOtherwise: Readonly<Record<string, string>> = {
  default_topic_replications: 'default_topic_replication',
  minimum_topic_replications: 'minimum_topic_replication',
};

/** What the list says in words only, or Redpanda's source alone: each replica counts, so there is at least one. */
export const besides: Pick<SchemaSection, 'bounds' | 'choices'> = {
  bounds: { default_topic_replications: [1, 32767], minimum_topic_replications: [1, 32767] },
  choices: { enable_consumer_group_metrics: 'group partition consumer_lag' },
};

/** Properties that are objects, which the list does not describe; their examples do. */
export const ownTypes: Readonly<Record<string, { readonly shape: string; readonly list: boolean }>> = {
  admin: { shape: 'endpoint', list: true },
  admin_api_tls: { shape: 'endpointTls', list: true },
  kafka_api: { shape: 'endpoint', list: true },
  kafka_api_tls: { shape: 'endpointTls', list: true },
  rpc_server: { shape: 'address', list: false },
  rpc_server_tls: { shape: 'tls', list: false },
  seed_servers: { shape: 'seed', list: true },
};

const tls = 'cert_file key_file truststore_file crl_file';

/** @see https://docs.redpanda.com/25.1/reference/properties/broker-properties/ */
export const shapes: Readonly<Record<string, SchemaSection>> = {
  address: { string: 'address', integer: 'port', bounds: { port: [1, 65535] }, required: 'address port' },
  endpoint: {
    string: 'name address authentication_method',
    integer: 'port',
    bounds: { port: [1, 65535] },
    choices: { authentication_method: 'none sasl mtls_identity' },
    required: 'address port',
  },
  tls: { boolean: 'enabled require_client_auth', string: tls },
  endpointTls: { boolean: 'enabled require_client_auth', string: `name ${tls}`, required: 'name' },
  seed: { sections: { host: 'address' }, required: 'host' },
};
