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
  /** Hosts of all brokers, the same for each. @default - it is alone */
  readonly members?: readonly string[];
  /** @default - it speaks in plain text */
  readonly tls?: BrokerTls;
}

/** Certificate of a broker, and the authority by which it knows others. */
export interface BrokerTls extends ServerTls {
  /** @default - it speaks to no other broker */
  readonly caFile?: string;
}

/** What {@link clusterProperties} depend on. */
export interface ClusterPropertiesOptions {
  /** Bytes that stay free on the volume; below it the broker refuses producers. */
  readonly minFreeBytes: number;
  /** How long records are kept by topics that do not say, milliseconds. */
  readonly retentionMs: number;
  /** Members of the cluster. */
  readonly brokers: number;
  /** Who may do everything. @default - everybody: there is no authorization */
  readonly superuser?: string;
}

/** Copies of a partition, and of what the cluster knows of itself: two of three are a majority without the one that is away. */
export function replication(brokers: number): number {
  return Math.min(brokers, 3);
}

/**
 * `redpanda.yaml` of a broker, the same for each. Broker ids are left to Redpanda, which keeps them on the volume.
 *
 * Those that are to form a cluster wait until all of them can be asked, in whatever order they start; none begins one of its own.
 */
export function nodeConfig({ overprovisioned, authenticates, members = [], tls }: NodeConfigOptions): object {
  const everywhere = '0.0.0.0';
  const encrypted = (name: string) =>
    tls && [{ name, enabled: true, cert_file: tls.certFile, key_file: tls.keyFile, require_client_auth: false }];
  const authentication = authenticates ? { authentication_method: 'sasl' } : {};
  return {
    redpanda: {
      data_directory: '/var/lib/redpanda/data',
      ...(members.length > 0 && { empty_seed_starts_cluster: false }),
      seed_servers: members.map((address) => ({ host: { address, port: ports.redpandaRpc } })),
      kafka_api: [{ name: 'internal', address: everywhere, port: ports.kafka, ...authentication }],
      admin: [{ name: 'admin', address: everywhere, port: ports.redpandaAdmin }],
      rpc_server: { address: everywhere, port: ports.redpandaRpc },
      ...defined({
        kafka_api_tls: encrypted('internal'),
        admin_api_tls: encrypted('admin'),
        rpc_server_tls: tls && rpcTls(tls),
      }),
      crash_loop_limit: 5,
    },
    rpk: { overprovisioned, enable_memory_locking: false },
  };
}

/**
 * Between brokers. Who may come is said by the policy: certificates of servers need not be such that clients can show them, and a
 * cluster whose members refuse each other does not form.
 */
function rpcTls({ certFile, keyFile, caFile }: BrokerTls): object | undefined {
  if (caFile === undefined) return undefined;
  return {
    enabled: true,
    cert_file: certFile,
    key_file: keyFile,
    truststore_file: caFile,
    require_client_auth: false,
  };
}

/**
 * Cluster properties: `.bootstrap.yaml`, which is read when the cluster starts for the first time and never again; later they are
 * changed by the Job that reconciles topics.
 */
export function clusterProperties({
  minFreeBytes,
  retentionMs,
  brokers,
  superuser,
}: ClusterPropertiesOptions): ClusterProperties {
  return {
    auto_create_topics_enabled: false,
    default_topic_replications: replication(brokers),
    // What else it may be, now or by the default of a later version, needs a licence.
    ...(brokers > 1 && { partition_autobalancing_mode: 'node_add' }),
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
