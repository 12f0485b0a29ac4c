import { ports } from '../contracts';
import type { BucketAccess } from '../core/bucket';
import type { Connection } from '../core/connection';
import { memcachedServers, type ConnectedCache } from '../core/connected-cache';
import { defined, whereGiven } from '../core/defined';
import { memberlist, ringClient, ringCopies, ringMember, type Ring } from '../core/ring';
import { collectorServerTls, type ServerTls } from '../core/server-tls';
import { tlsSection, tlsSettings } from '../core/tls-settings';
import { prometheusTlsNames } from '../metrics/prometheus-config';
import { expandedCredentials, s3TlsNames } from '../storage/expanded-credentials';

/** What a {@link tempoConfig} depends on. */
export interface TempoConfigOptions {
  /** Where blocks are kept; credentials are `credentialVariables`, or a role's. */
  readonly blocks: BucketAccess;
  /** How long a block is kept, hours. */
  readonly retentionHours: number;
  /** Bytes of spans a second that are taken; what is more is refused, and the collector retries it. */
  readonly ingestBytesPerSecond: number;
  /** Traces that may be open at once; spans of further ones are dropped, and counted. */
  readonly liveTraces: number;
  /** Labels of the series that it writes. @default - none in common */
  readonly origin?: Readonly<Record<string, string>>;
  /** How it serves its API and takes spans. @default - in plain text */
  readonly tls?: ServerTls;
  /** Where span metrics and the service graph are written; absent: none are made. */
  readonly metrics?: Connection;
  /** How it and others are one. @default - it is alone */
  readonly ring?: Ring;
  /** @default - blocks are read, and parts of queries computed, anew each time */
  readonly cache?: ConnectedCache;
}

/** Where the write-ahead logs are, below one volume. */
export const tempoDataFolder = '/var/tempo';

/**
 * Configuration of Tempo 2.8 in one process. It is read with `-config.expand-env=true`, so a dollar sign would have to be
 * written twice.
 *
 * @see https://grafana.com/docs/tempo/v2.8.x/configuration/
 */
export function tempoConfig(options: TempoConfigOptions): object {
  const { blocks, retentionHours, ingestBytesPerSecond, liveTraces, tls, metrics, ring, cache } = options;
  const served = tls && { cert_file: tls.certFile, key_file: tls.keyFile };
  const received = defined({ tls: tls && collectorServerTls(tls) });
  return {
    stream_over_http_enabled: true,
    server: {
      http_listen_port: ports.tempoHttp,
      log_level: 'info',
      ...defined({ http_tls_config: served, grpc_tls_config: ring && served }),
    },
    ...whereGiven(ring, ringSections),
    ...whereGiven(cache, (kept) => ({ cache: { caches: [{ roles: cached, ...serversOf(kept) }] } })),
    distributor: {
      ...whereGiven(ring, () => ({ ring: memberOf }) as const),
      receivers: {
        otlp: {
          protocols: {
            grpc: { endpoint: `0.0.0.0:${ports.otlpGrpc}`, ...received },
            http: { endpoint: `0.0.0.0:${ports.otlpHttp}`, ...received },
          },
        },
      },
    },
    ingester: { trace_idle_period: '10s', max_block_duration: '30m', ...whereGiven(ring, () => copies) },
    compactor: {
      compaction: { block_retention: `${retentionHours}h` },
      ...whereGiven(ring, () => compacting),
    },
    storage: {
      trace: {
        backend: 's3',
        s3: {
          bucket: blocks.bucket,
          endpoint: blocks.authority,
          region: blocks.region,
          ...tlsSettings(blocks.tls, s3TlsNames, { insecure: true }),
          forcepathstyle: blocks.forcePathStyle,
          ...expandedCredentials(blocks, 'access_key', 'secret_key'),
        },
        wal: { path: `${tempoDataFolder}/wal` },
        block: { version: 'vParquet4' },
      },
    },
    ...defined({ metrics_generator: metrics && metricsGenerator(metrics, options) }),
    overrides: {
      defaults: {
        ingestion: {
          ...whereGiven(ring, () => taking),
          rate_limit_bytes: ingestBytesPerSecond,
          burst_size_bytes: ingestBytesPerSecond * 2,
          max_traces_per_user: liveTraces,
        },
        ...defined({ metrics_generator: metrics && madeMetrics }),
      },
    },
    usage_report: { reporting_enabled: false },
  };
}

const madeMetrics = {
  processors: ['service-graphs', 'span-metrics'],
  // Its own default is `traceID`; client libraries write this one.
  trace_id_label_name: 'trace_id',
} as const;

const taking = {
  // What one takes is what all do, divided by who is there.
  rate_strategy: 'global',
  // As soon as two have a span the sender is answered, which ends the request of the third: a third of all copies were missing. So the answer
  // waits for as long as the third takes.
  artificial_delay: '250ms',
} as const;

// Members have a span for 45 minutes. By default they are not asked for those of more than 30, of which the block may be in the bucket and not
// known to be there: lists of blocks are made every five minutes by some, and read every five by others.
const searching = { search: { query_ingesters_until: '45m' } } as const;

const inRing = { kvstore: { store: 'memberlist' } } as const;
const memberOf = { ...inRing, instance_id: ringMember.id, instance_addr: ringMember.address } as const;

const compacting = {
  ring: {
    ...memberOf,
    // It is not ready meanwhile, by default for a minute to five; two who compact the same blocks for a moment lose nothing.
    wait_stability_min_duration: '5s',
    wait_stability_max_duration: '30s',
  },
} as const;

const copies = {
  lifecycler: {
    id: ringMember.id,
    address: ringMember.address,
    ring: { ...inRing, replication_factor: ringCopies },
  },
  // Whoever leaves may be one that does not come back.
  flush_all_on_shutdown: true,
} as const;

/**
 * What is small and asked for with each query: by what blocks are passed over, where their columns are, and answers of parts of a search. Pages of
 * blocks themselves would push all of it out.
 *
 * @see https://grafana.com/docs/tempo/v2.8.x/operations/caching/
 */
const cached = [
  'bloom',
  'trace-id-index',
  'parquet-footer',
  'parquet-column-idx',
  'parquet-offset-idx',
  'frontend-search',
] as const;

function serversOf({ kind, connection }: ConnectedCache): object {
  return kind === 'redis'
    ? { redis: { endpoint: connection.authority } }
    : { memcached: { ...memcachedServers(connection), consistent_hash: true } };
}

/** What members of a ring say to each other. Each query is divided among the queriers of all, who ask every frontend for a part. */
function ringSections(ring: Ring): object {
  const client = ringClient(ring);
  const asked = Object.keys(client).length > 0 && { grpc_client_config: client };
  return {
    memberlist: memberlist(ring),
    query_frontend: searching,
    querier: { frontend_worker: { frontend_address: ring.grpc.authority, ...asked } },
    ...(asked !== false && { ingester_client: asked, metrics_generator_client: asked }),
  };
}

function metricsGenerator(
  { url, headers, tls }: Connection,
  { origin = {}, ring }: Pick<TempoConfigOptions, 'origin' | 'ring'>,
): object {
  return {
    ...whereGiven(ring, () => ({ ring: memberOf })),
    registry: { external_labels: { source: 'tempo', ...origin } },
    storage: {
      path: `${tempoDataFolder}/generator/wal`,
      remote_write: [
        {
          url,
          send_exemplars: true,
          ...defined({ headers }),
          ...tlsSection('tls_config', tls, prometheusTlsNames),
        },
      ],
    },
    traces_storage: { path: `${tempoDataFolder}/generator/traces` },
  };
}
