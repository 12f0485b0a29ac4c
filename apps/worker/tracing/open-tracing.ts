import { diag } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Logger } from 'pino';
import type { Environment } from '../config';
import type { Stage } from '../stage';
import { OtelTracer } from './otel-tracer';
import type { StageTracer } from './stage-tracer';

/** Where the spans of a process go. */
export interface Tracing {
  of(stage: Stage): StageTracer;
  /** Sends what is held, as far as somebody takes it. */
  close(): Promise<void>;
}

/**
 * Sends spans by OTLP over gRPC, in the background and from a bounded queue: a receiver that is away costs spans and nothing else.
 * Endpoint, certificates, sampler, limits and further attributes of its resource are the SDK's own variables, `OTEL_*`.
 *
 * @param name of the worker; the service is called `plumbline-<name>` unless `OTEL_SERVICE_NAME` says otherwise
 */
export function openTracing(name: string, environment: Environment, logger: Logger): Tracing {
  const warn = (message: string): void => logger.warn({ message }, 'spans are not sent');
  const nothing = (): void => undefined;
  diag.setLogger({ error: warn, warn, info: nothing, debug: nothing, verbose: nothing });
  const around = detectResources({ detectors: [envDetector] });
  const resource = defaultResource()
    .merge(around)
    .merge(
      resourceFromAttributes({
        'service.name': environment.OTEL_SERVICE_NAME ?? `plumbline-${name}`,
        'service.namespace': 'plumbline',
        'service.version': process.env.PLUMBLINE_VERSION ?? 'source',
      }),
    );
  const provider = new BasicTracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  const tracer = provider.getTracer('plumbline-worker');
  return {
    of: (stage) => new OtelTracer(stage, tracer),
    close: () => provider.shutdown(),
  };
}
