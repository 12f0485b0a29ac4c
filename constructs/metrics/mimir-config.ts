import { ports } from '../contracts';
import type { BucketAccess } from '../core/bucket';
import type { ClientTls, Connection } from '../core/connection';
import { memcachedServers } from '../core/connected-cache';
import { defined, whereGiven } from '../core/defined';
import { ServiceEndpoint } from '../core/endpoint';
import { ringMember, ringTlsNames } from '../core/ring';
import type { ServerTls } from '../core/server-tls';
import type { ReplicaLabels } from '../core/stores';
import { tlsSection, tlsSettings } from '../core/tls-settings';
import { expandedCredentials, s3TlsNames } from '../storage/expanded-credentials';
import type { MimirRules } from './mimir-ruler';

/** What a {@link mimirConfig} depends on. */
export interface MimirConfigOptions {
  /** Where blocks are kept; credentials are `credentialVariables`, or a role's. */
  readonly blocks: BucketAccess;
  /** How often each sample is kept until it is in a block: at most as often as there are members. */
  readonly replication: number;
  /** What no other ring of members has: they refuse each other, should addresses ever be mixed up. */
  readonly ring: string;
  /** How members reach each other; the host has all of their addresses. */
  readonly members: { readonly gossip: Connection; readonly grpc: Connection };
  /** Whether each request says of which tenant it is. */
  readonly multitenant: boolean;
  /** Of every tenant, by Mimir's names. */
  readonly limits: Readonly<Record<string, number | string>>;
  /** File with limits of single tenants. @default - all have the same */
  readonly overrides?: string;
  /** Labels by which replicas of a Prometheus are told apart. */
  readonly replicas: ReplicaLabels;
  /** Resource attributes that become labels of what comes by OTLP. */
  readonly promotedAttributes: readonly string[];
  /** Mebibytes of the index that each member keeps in memory, where no cache does. */
  readonly indexMebibytes: number;
  /** @default - answers are computed, and pieces fetched, anew each time */
  readonly caches?: MimirCaches<Connection>;
  /** How it serves its APIs, and members each other. @default - in plain text */
  readonly tls?: ServerTls;
  /** Rules that it evaluates. @default - none */
  readonly rules?: MimirRules;
}

/** A cache for each purpose. */
export interface MimirCaches<T> {
  /** Answers to what was asked before. */
  readonly results?: T;
  /** Pieces of blocks. */
  readonly chunks?: T;
  /** Which series have a label, and where they are in a block. */
  readonly index?: T;
  /** Which blocks there are. */
  readonly metadata?: T;
}

/** Where the write-ahead log and what is fetched are, below one volume. */
export const mimirDataFolder = '/data';

/** Below which Mimir answers as Prometheus does. */
export const mimirQueryPath = '/prometheus';

/** What every ring of members knows of itself; the address is a variable of the pod. */
const member = { kvstore: { store: 'memberlist' }, instance_addr: ringMember.address } as const;

/**
 * Configuration of Mimir 3.1, all of it in one process of which there are several. It is read with `-config.expand-env=true`, so a dollar
 * sign would have to be written twice. An unknown field is an error.
 *
 * @see https://grafana.com/docs/mimir/v3.1.x/configure/configuration-parameters/
 */
export function mimirConfig(options: MimirConfigOptions): object {
  const { blocks, replication, members, multitenant, limits, overrides, replicas, tls, caches = {} } = options;
  const { gossip, grpc } = members;
  const { rules } = options;
  // A restart is no departure: else each series would move to other members, and back.
  const lasting = { tokens_file_path: `${mimirDataFolder}/tokens`, unregister_on_shutdown: false };
  return {
    target: 'all',
    multitenancy_enabled: multitenant,
    // Time in which Services learn that a member leaves, while it still takes requests.
    shutdown_delay: '10s',
    server: server(tls),
    // Samples go to members, not to Kafka.
    ingest_storage: { enabled: false },
    distributor: {
      ring: member,
      ha_tracker: { enable_ha_tracker: true, kvstore: { store: 'memberlist' } },
    },
    ingester: { ring: { ...member, replication_factor: replication, ...lasting } },
    store_gateway: {
      sharding_ring: {
        ...member,
        replication_factor: replication,
        ...lasting,
        tokens_file_path: `${mimirDataFolder}/store-gateway-tokens`,
      },
    },
    compactor: { data_dir: `${mimirDataFolder}/compactor`, sharding_ring: member },
    // Every member works on a part of each question.
    frontend: {
      address: ringMember.address,
      scheduler_address: grpc.authority,
      parallelize_shardable_queries: true,
      ...whereGiven(caches.results, (cache) => ({ cache_results: true, results_cache: memcached(cache) })),
      ...between('grpc_client_config', grpc),
    },
    frontend_worker: {
      scheduler_address: grpc.authority,
      ...between('grpc_client_config', grpc),
      ...between('query_scheduler_grpc_client_config', grpc),
    },
    ...clients(grpc),
    blocks_storage: {
      backend: 's3',
      s3: bucket(blocks),
      tsdb: { dir: `${mimirDataFolder}/tsdb` },
      bucket_store: {
        sync_dir: `${mimirDataFolder}/tsdb-sync`,
        index_cache: caches.index === undefined ? inMemory(options) : memcached(caches.index),
        ...whereGiven(caches.chunks, (cache) => ({ chunks_cache: memcached(cache) })),
        ...whereGiven(caches.metadata, (cache) => ({ metadata_cache: memcached(cache) })),
      },
    },
    ...whereGiven(rules, (given) => ruler(given, grpc)),
    limits: {
      ...limits,
      ...deduplicated(replicas),
      ...byOtlp(options.promotedAttributes),
      ...whereGiven(rules, rulerLimits),
    },
    ...whereGiven(overrides, (file) => ({ runtime_config: { file } })),
    memberlist: {
      cluster_label: options.ring,
      advertise_addr: ringMember.address,
      join_members: [`dns+${gossip.authority}`],
      ...shown(gossip.tls, tls),
    },
    activity_tracker: { filepath: `${mimirDataFolder}/activity.log` },
    usage_stats: { enabled: false },
  };
}

function server(tls: ServerTls | undefined): object {
  const served = tls && { cert_file: tls.certFile, key_file: tls.keyFile };
  return {
    http_listen_port: ports.mimirHttp,
    grpc_listen_port: ports.mimirGrpc,
    log_level: 'info',
    ...defined({ http_tls_config: served, grpc_tls_config: served }),
  };
}

/** Whoever asks members, by section. */
function clients(grpc: Connection): object {
  if (grpc.tls === undefined) return { querier: { ring: member } };
  return {
    querier: { ring: member, ...between('store_gateway_client', grpc) },
    ingester_client: between('grpc_client_config', grpc),
    query_scheduler: between('grpc_client_config', grpc),
  };
}

/** How a part of one member speaks to parts of the others. */
function between(field: string, { tls }: Connection): object {
  return tls === undefined ? {} : { [field]: { tls_enabled: true, ...tlsSettings(tls, ringTlsNames) } };
}

/** Members that gossip are server and client at once. */
function shown(client: ClientTls | undefined, server: ServerTls | undefined): object {
  if (client === undefined || server === undefined) return {};
  const { certFile, keyFile } = server;
  return { tls_enabled: true, ...tlsSettings({ ...client, certificate: { certFile, keyFile } }, ringTlsNames) };
}

function bucket(blocks: BucketAccess): object {
  return {
    bucket_name: blocks.bucket,
    endpoint: blocks.authority,
    region: blocks.region,
    bucket_lookup_type: blocks.forcePathStyle ? 'path' : 'auto',
    ...expandedCredentials(blocks, 'access_key_id', 'secret_access_key'),
    ...(blocks.tls === undefined && { insecure: true }),
    ...tlsSection('http', blocks.tls, s3TlsNames),
  };
}

/** Each group is evaluated by one member; by another as soon as that one is away for a minute. */
function ruler({ folder }: MimirRules, grpc: Connection): object {
  return {
    ruler_storage: { backend: 'local', local: { directory: folder } },
    ruler: {
      rule_path: `${mimirDataFolder}/ruler`,
      // Files are read again at once; by itself it waits ten minutes, as for a bucket.
      poll_interval: '1m',
      alertmanager_refresh_interval: '15s',
      ring: member,
      ...between('ruler_client', grpc),
    },
  };
}

/**
 * Mimir 3.1 counts what is given to its API only, not files: whoever looks at the limits sees what there is room for, and a version that
 * counts refuses nothing.
 */
function rulerLimits({ rules, groups, alertmanager }: MimirRules): object {
  return {
    ruler_max_rules_per_rule_group: Math.max(20, rules),
    ruler_max_rule_groups_per_tenant: Math.max(70, groups),
    ...whereGiven(alertmanager, ({ sink: { endpoint, path }, connection }) => {
      // Each of those behind a name that stands for several is told.
      const several = endpoint instanceof ServiceEndpoint && endpoint.resolvesToPods;
      const [scheme = 'http'] = connection.url.split('://');
      return {
        ruler_alertmanager_client_config: {
          alertmanager_url: `${several ? 'dns+' : ''}${scheme}://${connection.authority}${path}`,
          ...tlsSettings(connection.tls, ringTlsNames),
        },
      };
    }),
  };
}

function inMemory({ indexMebibytes }: MimirConfigOptions): object {
  return { backend: 'inmemory', inmemory: { max_size_bytes: indexMebibytes * 2 ** 20 } };
}

function memcached(connection: Connection): object {
  return { backend: 'memcached', memcached: memcachedServers(connection) };
}

function deduplicated({ cluster, replica }: ReplicaLabels): object {
  return { accept_ha_samples: true, ha_cluster_label: cluster, ha_replica_label: replica };
}

/** Names and labels as a Prometheus of ours gives them, so that dashboards find both. */
function byOtlp(promotedAttributes: readonly string[]): object {
  return {
    otel_metric_suffixes_enabled: true,
    otel_keep_identifying_resource_attributes: true,
    promote_otel_resource_attributes: promotedAttributes.join(','),
  };
}
