import { ports } from '../contracts';
import type { BucketAccess } from '../core/bucket';
import type { Connection } from '../core/connection';
import { defined } from '../core/defined';
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
  const { blocks, retentionHours, ingestBytesPerSecond, liveTraces, tls, metrics, origin = {} } = options;
  const received = defined({ tls: tls && collectorServerTls(tls) });
  return {
    stream_over_http_enabled: true,
    server: {
      http_listen_port: ports.tempoHttp,
      log_level: 'info',
      ...defined({ http_tls_config: tls && { cert_file: tls.certFile, key_file: tls.keyFile } }),
    },
    distributor: {
      receivers: {
        otlp: {
          protocols: {
            grpc: { endpoint: `0.0.0.0:${ports.otlpGrpc}`, ...received },
            http: { endpoint: `0.0.0.0:${ports.otlpHttp}`, ...received },
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
          ...tlsSettings(blocks.tls, s3TlsNames, { insecure: true }),
          forcepathstyle: blocks.forcePathStyle,
          ...expandedCredentials(blocks, 'access_key', 'secret_key'),
        },
        wal: { path: `${tempoDataFolder}/wal` },
        block: { version: 'vParquet4' },
      },
    },
    ...defined({ metrics_generator: metrics && metricsGenerator(metrics, origin) }),
    overrides: {
      defaults: {
        ingestion: {
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

function metricsGenerator({ url, headers, tls }: Connection, origin: Readonly<Record<string, string>>): object {
  return {
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
