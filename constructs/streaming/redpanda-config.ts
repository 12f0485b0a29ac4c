import { ports } from '../contracts';

/** What a {@link nodeConfig} depends on. */
export interface NodeConfigOptions {
  /** Whether the broker shares its cores with other pods. */
  readonly overprovisioned: boolean;
}

/** What a {@link bootstrapConfig} depends on. */
export interface BootstrapConfigOptions {
  /** Bytes that stay free on the volume; below it the broker refuses producers. */
  readonly minFreeBytes: number;
  /** How long records are kept by topics that do not say, milliseconds. */
  readonly retentionMs: number;
}

/** `redpanda.yaml` of a broker on its own. Broker ids are left to Redpanda, which keeps them on the volume. */
export function nodeConfig({ overprovisioned }: NodeConfigOptions): object {
  const everywhere = '0.0.0.0';
  return {
    redpanda: {
      data_directory: '/var/lib/redpanda/data',
      seed_servers: [],
      kafka_api: [{ name: 'internal', address: everywhere, port: ports.kafka }],
      admin: [{ name: 'admin', address: everywhere, port: ports.redpandaAdmin }],
      rpc_server: { address: everywhere, port: ports.redpandaRpc },
      crash_loop_limit: 5,
    },
    rpk: { overprovisioned, enable_memory_locking: false },
  };
}

/** `.bootstrap.yaml`: cluster properties that are read when the cluster starts for the first time, and never again. */
export function bootstrapConfig({ minFreeBytes, retentionMs }: BootstrapConfigOptions): object {
  return {
    auto_create_topics_enabled: false,
    default_topic_replications: 1,
    // Its default of 5 GiB would leave a small volume no room for records.
    storage_min_free_bytes: minFreeBytes,
    log_retention_ms: retentionMs,
    // Without the last there are no lag gauges.
    enable_consumer_group_metrics: ['group', 'partition', 'consumer_lag'],
  };
}
