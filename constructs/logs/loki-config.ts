import { ports } from '../contracts';
import type { BucketAccess } from '../core/bucket';
import type { ConnectedCache } from '../core/connected-cache';
import { defined, whereGiven } from '../core/defined';
import { ServiceEndpoint } from '../core/endpoint';
import { memberlist, ringClient, ringCopies, ringMember, type Ring } from '../core/ring';
import type { ServerTls } from '../core/server-tls';
import { tlsSection } from '../core/tls-settings';
import type { ConnectedSink } from '../metrics/prometheus-config';
import { expandedCredentials, s3TlsNames } from '../storage/expanded-credentials';
import { cacheSections } from './loki-cache';

/** What a {@link lokiConfig} depends on. */
export interface LokiConfigOptions {
  /** Where chunks and index are kept; credentials are `credentialVariables`, or a role's. @default - below {@link lokiDataFolder} */
  readonly chunks?: BucketAccess;
  /** How long a line is kept, hours. */
  readonly retentionHours: number;
  /** Bytes of lines a second that are taken. */
  readonly ingestBytesPerSecond: number;
  /** Streams that may be open at once. */
  readonly streams: number;
  /** Parts of a query that are worked on at once. */
  readonly queryParallelism: number;
  /** Resource attributes that tell streams apart. */
  readonly streamAttributes: readonly string[];
  /** Resource attributes that tell streams apart, too, and labels of alerts that it sends. @default - none */
  readonly origin?: Readonly<Record<string, string>>;
  /** How it serves its API. @default - in plain text */
  readonly tls?: ServerTls;
  /** Alerts that it evaluates. @default - none */
  readonly rules?: LokiRulerOptions;
  /** How it and others are one. @default - it is alone */
  readonly ring?: LokiRingOptions;
  /** @default - answers are computed, and chunks read, anew each time */
  readonly cache?: ConnectedCache;
}

/** Members of a ring, and what each may do before it takes lines. */
export interface LokiRingOptions extends Ring {
  /** Memory that lines of the write-ahead log may fill before they are written to the bucket, mebibytes. */
  readonly replayMebibytes: number;
}

/** Where rules are, how often they are asked, and who is told of those that fire. */
export interface LokiRulerOptions {
  /** Folder that has one of each tenant's rules. */
  readonly folder: string;
  readonly intervalSeconds: number;
  /** @default - nobody is: they are seen in Grafana */
  readonly alertmanager?: ConnectedSink;
}

/** Where write-ahead log, index and, without a bucket, chunks are, below one volume. */
export const lokiDataFolder = '/var/loki';

/** The tenant of everything, where nobody has to say of which he is. */
export const lokiTenant = 'fake';

/** Where agents post lines with labels. */
export const lokiPushPath = '/loki/api/v1/push';

/** It keeps no rules there, and does not start without a place for them. */
const onVolume = {
  chunks_directory: `${lokiDataFolder}/chunks`,
  rules_directory: `${lokiDataFolder}/rules`,
};

const mebibyte = 2 ** 20;

/**
 * Configuration of Loki 3.7 in one process. It is read with `-config.expand-env=true`, so a dollar sign would have to be written twice.
 *
 * @see https://grafana.com/docs/loki/v3.7.x/configure/
 */
export function lokiConfig(options: LokiConfigOptions): object {
  const { chunks, retentionHours, ingestBytesPerSecond, streams, queryParallelism, streamAttributes, tls, rules } =
    options;
  const { origin = {}, ring, cache } = options;
  const served = tls && { cert_file: tls.certFile, key_file: tls.keyFile };
  const store = chunks === undefined ? 'filesystem' : 's3';
  return {
    auth_enabled: false,
    server: {
      http_listen_port: ports.lokiHttp,
      // Alone, its parts speak to each other within the process.
      ...(ring === undefined && { grpc_listen_address: '127.0.0.1' }),
      grpc_listen_port: ports.lokiGrpc,
      log_level: 'info',
      ...defined({ http_tls_config: served, grpc_tls_config: ring && served }),
    },
    common: {
      instance_addr: ring === undefined ? '127.0.0.1' : ringMember.address,
      path_prefix: lokiDataFolder,
      replication_factor: ring === undefined ? 1 : ringCopies,
      ring:
        ring === undefined
          ? { kvstore: { store: 'inmemory' } }
          : { kvstore: { store: 'memberlist' }, instance_id: ringMember.id },
      ...(chunks === undefined && { storage: { filesystem: onVolume } }),
    },
    ...whereGiven(ring, ringSections),
    ...whereGiven(cache, cacheSections),
    ...(chunks !== undefined && {
      storage_config: { use_thanos_objstore: true, object_store: { s3: bucket(chunks) } },
    }),
    schema_config: {
      // One schema from the first day on; what came before would be read by it, too.
      configs: [{ from: '2024-01-01', store: 'tsdb', object_store: store, schema: 'v13', index: index() }],
    },
    limits_config: {
      // The trace id of a line that came by OTLP, and all else that does not tell streams apart.
      allow_structured_metadata: true,
      otlp_config: {
        resource_attributes: {
          ignore_defaults: true,
          attributes_config: [
            { action: 'index_label', attributes: [...new Set([...streamAttributes, ...Object.keys(origin)])] },
          ],
        },
      },
      volume_enabled: true,
      retention_period: `${retentionHours}h`,
      ingestion_rate_mb: ingestBytesPerSecond / mebibyte,
      ingestion_burst_size_mb: (2 * ingestBytesPerSecond) / mebibyte,
      // One stream may be all of it.
      per_stream_rate_limit: ingestBytesPerSecond,
      per_stream_rate_limit_burst: 2 * ingestBytesPerSecond,
      max_global_streams_per_user: streams,
      max_query_parallelism: queryParallelism,
      tsdb_max_query_parallelism: queryParallelism,
    },
    querier: { max_concurrent: queryParallelism },
    compactor: {
      working_directory: `${lokiDataFolder}/compactor`,
      retention_enabled: true,
      delete_request_store: store,
    },
    ...whereGiven(rules, (ruler) => ({
      ...(chunks === undefined
        ? { ruler: { storage: { type: 'local', local: { directory: ruler.folder } }, ...rulerOf(ruler, options) } }
        : { ruler_storage: { backend: 'local', local: { directory: ruler.folder } }, ruler: rulerOf(ruler, options) }),
    })),
    analytics: { reporting_enabled: false },
  };
}

/** What members of a ring say to each other, and do before they end and after they began. */
function ringSections(ring: LokiRingOptions): object {
  const client = ringClient(ring);
  const asked = { grpc_client_config: client };
  return {
    memberlist: memberlist(ring),
    ingester: {
      wal: {
        replay_memory_ceiling: `${ring.replayMebibytes}MB`,
        // Whoever leaves may be one that does not come back.
        flush_on_shutdown: true,
      },
    },
    ...(Object.keys(client).length > 0 && {
      ingester_client: asked,
      frontend: asked,
      query_scheduler: asked,
      frontend_worker: { query_frontend_grpc_client: client, query_scheduler_grpc_client: client },
      compactor_grpc_client: client,
    }),
  };
}

function rulerOf(
  { intervalSeconds, alertmanager }: LokiRulerOptions,
  { origin = {}, ring }: Pick<LokiConfigOptions, 'origin' | 'ring'>,
): object {
  return {
    rule_path: `${lokiDataFolder}/rules-read`,
    wal: { dir: `${lokiDataFolder}/ruler-wal` },
    evaluation_interval: `${intervalSeconds}s`,
    ...(Object.keys(origin).length > 0 && { external_labels: origin }),
    // Each group is evaluated by one member.
    ...whereGiven(ring, (members) => {
      const client = ringClient(members);
      return { enable_sharding: true, ...(Object.keys(client).length > 0 && { ruler_client: client }) };
    }),
    ...whereGiven(alertmanager, alertmanagerOf),
  };
}

/** Of a name that stands for several it asks DNS which there are, by the name of their port: each is told. */
function alertmanagerOf({ sink: { endpoint, path }, connection }: ConnectedSink): object {
  const each = endpoint instanceof ServiceEndpoint && endpoint.resolvesToPods;
  const authority = each ? `_${endpoint.name}._tcp.${connection.host}` : connection.authority;
  const [scheme = 'http'] = connection.url.split('://');
  return {
    alertmanager_url: `${scheme}://${authority}${path}`,
    enable_alertmanager_discovery: each,
    ...tlsSection('alertmanager_client', connection.tls, s3TlsNames),
  };
}

/** Retention needs an index of each day. */
function index(): object {
  return { prefix: 'index_', period: '24h' };
}

function bucket(chunks: BucketAccess): object {
  return {
    bucket_name: chunks.bucket,
    endpoint: chunks.authority,
    region: chunks.region,
    bucket_lookup_type: chunks.forcePathStyle ? 'path' : 'auto',
    ...expandedCredentials(chunks, 'access_key_id', 'secret_access_key'),
    ...(chunks.tls === undefined && { insecure: true }),
    ...tlsSection('http', chunks.tls, s3TlsNames),
  };
}
