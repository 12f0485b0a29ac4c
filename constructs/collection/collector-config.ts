import { ports } from '../contracts';
import { defined } from '../core/defined';
import { collectorServerTls, type ServerTls } from '../core/server-tls';

/** Configuration of a collector, as far as its two tiers use it. */
export interface CollectorConfig {
  readonly receivers: Readonly<Record<string, object>>;
  readonly processors: Readonly<Record<string, object>>;
  readonly exporters: Readonly<Record<string, object>>;
  /** What pipelines hand to each other. @default - nothing */
  readonly connectors?: Readonly<Record<string, object>>;
  readonly extensions: Readonly<Record<string, object>>;
  readonly service: {
    readonly extensions: readonly string[];
    readonly telemetry: object;
    readonly pipelines: Readonly<Record<string, CollectorPipeline>>;
  };
}

/** Ids of what a signal passes through, in order. */
export interface CollectorPipeline {
  readonly receivers: readonly string[];
  readonly processors: readonly string[];
  readonly exporters: readonly string[];
}

/** How a failed export is repeated. Every field is given: at the load balancer's level nothing has a default. */
export function retryFor(seconds: number): object {
  return {
    enabled: true,
    initial_interval: '1s',
    randomization_factor: 0.5,
    multiplier: 1.5,
    max_interval: '30s',
    max_elapsed_time: `${seconds}s`,
  };
}

/** Refuses data rather than running out of memory; always the first processor. */
export const memoryLimiter = { check_interval: '1s', limit_percentage: 80, spike_limit_percentage: 20 };

/** OTLP from anywhere; connections end from time to time, so that clients spread over new pods. */
export function otlpReceiver(protocols: { readonly http: boolean }, tls: ServerTls | undefined): object {
  const served = defined({ tls: tls && collectorServerTls(tls) });
  return {
    protocols: {
      grpc: {
        endpoint: `0.0.0.0:${ports.otlpGrpc}`,
        ...served,
        keepalive: { server_parameters: { max_connection_age: '60s', max_connection_age_grace: '10s' } },
      },
      ...(protocols.http && { http: { endpoint: `0.0.0.0:${ports.otlpHttp}`, ...served } }),
    },
  };
}

export const healthCheck = { endpoint: `0.0.0.0:${ports.collectorHealth}` };

/** The collector's own metrics, for Prometheus to read. */
export const ownTelemetry = {
  metrics: {
    level: 'normal',
    readers: [{ pull: { exporter: { prometheus: { host: '0.0.0.0', port: ports.collectorMetrics } } } }],
  },
};
