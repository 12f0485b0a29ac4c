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
import { signals, type Signal } from './signal';
import { collectorTlsNames } from './stream-security';
import { traceReceivers, type TraceProtocol } from './trace-protocols';

/** What an {@link ingestorConfig} depends on. */
export interface IngestorConfigOptions {
  /** Its host is a name that resolves to every aggregator pod. */
  readonly aggregator: Connection;
  /** What is taken. @default - traces */
  readonly signals?: readonly Signal[];
  /** How long a request is offered to aggregators before it is given up, seconds. */
  readonly retrySeconds: number;
  /** Requests of each signal that are held in memory meanwhile. */
  readonly queueSize: number;
  /** By which traces are taken besides OTLP. @default - none */
  readonly traceProtocols?: readonly TraceProtocol[];
  /** How it takes what applications send. @default - in plain text */
  readonly tls?: ServerTls;
}

/**
 * First tier: takes OTLP, and traces by what else is said, and sends all spans of a trace to one aggregator, all metrics of a resource to one, so that each series
 * has one writer, and log records, which nothing holds together, to each in turn.
 *
 * Queues and retries are outside of what chooses the aggregator, so that what one does not take goes to another. A retry sends
 * the whole request again, also what had arrived: whoever reads the spans drops repetitions by span id.
 */
export function ingestorConfig(options: IngestorConfigOptions): CollectorConfig {
  const { tls, traceProtocols = [] } = options;
  const others = traceReceivers(traceProtocols, tls);
  const taken = signals.filter((signal) => (options.signals ?? ['traces']).includes(signal));
  const exporters: Readonly<Record<Signal, readonly [id: string, config: object]>> = {
    traces: ['load_balancing', loadBalancing('traceID', options)],
    logs: ['otlp_grpc/logs', inTurn(options)],
    metrics: ['load_balancing/metrics', loadBalancing('resource', options)],
  };
  return {
    extensions: { health_check: healthCheck },
    receivers: { otlp: otlpReceiver({ http: true }, tls), ...others },
    processors: { memory_limiter: memoryLimiter },
    exporters: Object.fromEntries(taken.map((signal) => exporters[signal])),
    service: {
      extensions: ['health_check'],
      telemetry: ownTelemetry,
      pipelines: Object.fromEntries(
        taken.map((signal) => [
          signal,
          {
            receivers: ['otlp', ...(signal === 'traces' ? Object.keys(others) : [])],
            processors: ['memory_limiter'],
            exporters: [exporters[signal][0]],
          },
        ]),
      ),
    },
  };
}

/** Requests under way at once. An answer takes milliseconds, and seconds from an aggregator that is away: others have to get past them. */
const consumers = 64;

/** What has the same key goes to the same aggregator, as long as there are as many. */
function loadBalancing(routingKey: 'traceID' | 'resource', options: IngestorConfigOptions): object {
  const { host, port } = options.aggregator;
  return {
    routing_key: routingKey,
    protocol: {
      otlp: {
        tls: clientTls(options),
        timeout: '5s',
        sending_queue: { enabled: false },
        retry_on_failure: { enabled: false },
      },
    },
    resolver: { dns: { hostname: host, port: String(port), interval: '5s', timeout: '1s' } },
    ...patience(options),
  };
}

/** The client's own balancer: it asks for addresses again when an aggregator ends a connection, which each does once a minute. */
function inTurn(options: IngestorConfigOptions): object {
  return {
    endpoint: `dns:///${options.aggregator.authority}`,
    balancer_name: 'round_robin',
    tls: clientTls(options),
    timeout: '5s',
    ...patience(options),
  };
}

function clientTls({ aggregator }: IngestorConfigOptions): object {
  return tlsSettings(aggregator.tls, collectorTlsNames, { insecure: true });
}

function patience({ retrySeconds, queueSize }: IngestorConfigOptions): object {
  return {
    retry_on_failure: retryFor(retrySeconds),
    // Who sent is told that it is taken when an aggregator has it: until then it is in nobody's memory but this one's.
    sending_queue: {
      ...{ enabled: true, wait_for_result: true, num_consumers: consumers, queue_size: queueSize },
      block_on_overflow: false,
    },
  };
}
