import { ports } from '../contracts';
import type { BucketAccess } from '../core/bucket';
import { environmentKeys } from '../contracts';

/** What a {@link tempoConfig} depends on. */
export interface TempoConfigOptions {
  /** Where blocks are kept; credentials are read from the environment. */
  readonly blocks: BucketAccess;
  /** How long a block is kept, hours. */
  readonly retentionHours: number;
  /** Bytes of spans a second that are taken; what is more is refused, and the collector retries it. */
  readonly ingestBytesPerSecond: number;
  /** Remote-write URL of span metrics and the service graph; absent: none are made. */
  readonly remoteWriteUrl?: string;
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
  const { blocks, retentionHours, ingestBytesPerSecond, remoteWriteUrl } = options;
  return {
    stream_over_http_enabled: true,
    server: { http_listen_port: ports.tempoHttp, log_level: 'info' },
    distributor: {
      receivers: {
        otlp: {
          protocols: {
            grpc: { endpoint: `0.0.0.0:${ports.otlpGrpc}` },
            http: { endpoint: `0.0.0.0:${ports.otlpHttp}` },
          },
        },
      },
    },
    ingester: { trace_idle_period: '10s', max_block_duration: '30m' },
    compactor: { compaction: { block_retention: `${retentionHours}h` } },
    storage: {
      trace: {
        backend: 's3',
        s3: {
          bucket: blocks.bucket,
          endpoint: blocks.authority,
          region: blocks.region,
          insecure: blocks.insecure,
          forcepathstyle: blocks.forcePathStyle,
          access_key: `\${${environmentKeys.s3AccessKeyId}}`,
          secret_key: `\${${environmentKeys.s3SecretAccessKey}}`,
        },
        wal: { path: `${tempoDataFolder}/wal` },
        block: { version: 'vParquet4' },
      },
    },
    ...(remoteWriteUrl !== undefined && { metrics_generator: metricsGenerator(remoteWriteUrl) }),
    overrides: {
      defaults: {
        ingestion: { rate_limit_bytes: ingestBytesPerSecond, burst_size_bytes: ingestBytesPerSecond * 2 },
        ...(remoteWriteUrl !== undefined && {
          metrics_generator: {
            processors: ['service-graphs', 'span-metrics'],
            // Its own default is `traceID`; client libraries write this one.
            trace_id_label_name: 'trace_id',
          },
        }),
      },
    },
    usage_report: { reporting_enabled: false },
  };
}

function metricsGenerator(remoteWriteUrl: string): object {
  return {
    registry: { external_labels: { source: 'tempo' } },
    storage: {
      path: `${tempoDataFolder}/generator/wal`,
      remote_write: [{ url: remoteWriteUrl, send_exemplars: true }],
    },
    traces_storage: { path: `${tempoDataFolder}/generator/traces` },
  };
}
