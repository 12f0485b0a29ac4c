import type { Connection } from '../core/connection';
import type { ServerTls } from '../core/server-tls';
import { tlsSettings } from '../core/tls-settings';
import {
  healthCheck,
  memoryLimiter,
  otlpReceiver,
  ownTelemetry,
  retryFor,
  type CollectorConfig,
} from './collector-config';
import { collectorTlsNames } from './stream-security';

/** What an {@link ingestorConfig} depends on. */
export interface IngestorConfigOptions {
  /** Its host is a name that resolves to every aggregator pod. */
  readonly aggregator: Connection;
  /** How long a request is offered to aggregators before it is given up, seconds. */
  readonly retrySeconds: number;
  /** Requests held in memory meanwhile. */
  readonly queueSize: number;
  /** How it takes spans. @default - in plain text */
  readonly tls?: ServerTls;
}

/**
 * First tier: takes OTLP and sends all spans of a trace to one aggregator.
 *
 * Queue and retry are the load balancer's own, so that what one aggregator does not take goes to another. A retry sends
 * the whole request again, also what had arrived: whoever reads the spans drops repetitions by span id.
 */
export function ingestorConfig(options: IngestorConfigOptions): CollectorConfig {
  const { aggregator, retrySeconds, queueSize, tls } = options;
  return {
    extensions: { health_check: healthCheck },
    receivers: { otlp: otlpReceiver({ http: true }, tls) },
    processors: { memory_limiter: memoryLimiter },
    exporters: {
      load_balancing: {
        routing_key: 'traceID',
        protocol: {
          otlp: {
            tls: tlsSettings(aggregator.tls, collectorTlsNames, { insecure: true }),
            timeout: '5s',
            sending_queue: { enabled: false },
            retry_on_failure: { enabled: false },
          },
        },
        resolver: { dns: { hostname: aggregator.host, port: String(aggregator.port), interval: '5s', timeout: '1s' } },
        retry_on_failure: retryFor(retrySeconds),
        sending_queue: { enabled: true, num_consumers: 10, queue_size: queueSize, block_on_overflow: false },
      },
    },
    service: {
      extensions: ['health_check'],
      telemetry: ownTelemetry,
      pipelines: {
        traces: { receivers: ['otlp'], processors: ['memory_limiter'], exporters: ['load_balancing'] },
      },
    },
  };
}
