import { ports, type RedpandaSettings } from '../contracts';
import { defined } from '../core/defined';
import type { ServerTls } from '../core/server-tls';

/** Cluster properties, by name. */
export type ClusterProperties = RedpandaSettings['properties'];

/** What a {@link nodeConfig} depends on. */
export interface NodeConfigOptions {
  /** Whether the broker shares its cores with other pods. */
  readonly overprovisioned: boolean;
  /** Whether clients have to say who they are. */
  readonly authenticates: boolean;
  /** @default - it speaks in plain text */
  readonly tls?: ServerTls;
}

/** What {@link clusterProperties} depend on. */
export interface ClusterPropertiesOptions {
  /** Bytes that stay free on the volume; below it the broker refuses producers. */
  readonly minFreeBytes: number;
  /** How long records are kept by topics that do not say, milliseconds. */
  readonly retentionMs: number;
  /** Who may do everything. @default - everybody: there is no authorization */
  readonly superuser?: string;
}

/** `redpanda.yaml` of a broker on its own. Broker ids are left to Redpanda, which keeps them on the volume. */
export function nodeConfig({ overprovisioned, authenticates, tls }: NodeConfigOptions): object {
  const everywhere = '0.0.0.0';
  const encrypted = (name: string) =>
    tls && [{ name, enabled: true, cert_file: tls.certFile, key_file: tls.keyFile, require_client_auth: false }];
  const authentication = authenticates ? { authentication_method: 'sasl' } : {};
  return {
    redpanda: {
      data_directory: '/var/lib/redpanda/data',
      seed_servers: [],
      kafka_api: [{ name: 'internal', address: everywhere, port: ports.kafka, ...authentication }],
      admin: [{ name: 'admin', address: everywhere, port: ports.redpandaAdmin }],
      rpc_server: { address: everywhere, port: ports.redpandaRpc },
      ...defined({ kafka_api_tls: encrypted('internal'), admin_api_tls: encrypted('admin') }),
      crash_loop_limit: 5,
    },
    rpk: { overprovisioned, enable_memory_locking: false },
  };
}

/**
 * Cluster properties: `.bootstrap.yaml`, which is read when the cluster starts for the first time and never again; later they are
 * changed by the Job that reconciles topics.
 */
export function clusterProperties({
  minFreeBytes,
  retentionMs,
  superuser,
}: ClusterPropertiesOptions): ClusterProperties {
  return {
    auto_create_topics_enabled: false,
    default_topic_replications: 1,
    // Its default of 5 GiB would leave a small volume no room for records.
    storage_min_free_bytes: minFreeBytes,
    log_retention_ms: retentionMs,
    // Without the last there are no lag gauges.
    enable_consumer_group_metrics: ['group', 'partition', 'consumer_lag'],
    // It would send figures of its use to its makers.
    enable_metrics_reporter: false,
    ...(superuser !== undefined && {
      superusers: [superuser],
      kafka_enable_authorization: true,
      admin_api_require_auth: true,
    }),
  };
}
