import { DuplicateNameError } from '../core/errors';
import type { LogExport } from '../core/log-destination';
import type { MetricsExport } from '../core/metrics-destination';
import type { ServerTls } from '../core/server-tls';
import type { TraceExport } from '../core/trace-destination';
import {
  healthCheck,
  memoryLimiter,
  otlpReceiver,
  ownTelemetry,
  type CollectorConfig,
  type CollectorPipeline,
} from './collector-config';
import { deliverLogs, deliverMetrics, deliverTraces, storage, type Delivery } from './deliveries';
import type { Redaction } from './redaction';
import { redactionStatements } from './redaction-statements';
import { normalizationStatements } from './semantic-conventions';
import { signals, type Signal } from './signal';

/** Which traces a trace store gets; the event stream always gets all. */
export interface TailPolicy {
  /** Traces that are kept besides errors and slow ones, percent. */
  readonly percentage: number;
  /** A trace that takes as long or longer is slow, milliseconds. */
  readonly slowMs: number;
}

/** What an {@link aggregatorConfig} depends on. */
export interface AggregatorConfigOptions {
  readonly traces: readonly TraceExport[];
  /** @default - log records are not taken */
  readonly logs?: readonly LogExport[];
  /** @default - metrics are not taken */
  readonly metrics?: readonly MetricsExport[];
  /** How long spans of a trace are waited for, seconds. */
  readonly waitSeconds: number;
  /** Traces held meanwhile; the oldest leave early when there are more. */
  readonly numTraces: number;
  /** Spans, log records or data points in a batch. */
  readonly batchSize: number;
  /** How long a batch of spans may take to fill, seconds. */
  readonly batchTimeoutSeconds: number;
  /** How long a destination may be away before what is held for it is given up, seconds. */
  readonly retrySeconds: number;
  /** Bytes that are held for each destination on the volume. */
  readonly queueBytes: number;
  /** Absent: trace stores get every trace. */
  readonly tail?: TailPolicy;
  /** What is taken out of every signal for all destinations. @default - nothing */
  readonly redaction?: Redaction;
  /** Resource attributes of whatever does not have them already. @default - none */
  readonly origin?: Readonly<Record<string, string>>;
  /** How it takes what ingestors send. @default - in plain text */
  readonly tls?: ServerTls;
}

/** Where queues are, on the aggregator's volume. */
export const queueFolder = '/var/lib/otelcol/queue';

/** Hands on what was made ready to every destination. */
const connector = 'forward';

/** Series of delta temporality that are summed up at a time: about a kilobyte each. */
const deltaStreams = 100_000;

type Processor = readonly [id: string, config: object];

/**
 * Second tier: brings each signal to current conventions and takes out what nobody is to read, once; then delivers it to each
 * destination by a pipeline and a persistent queue of its own, neither of which waits for another: what a full queue cannot
 * take is dropped there and counted.
 *
 * @throws {DuplicateNameError} if two destinations of a signal have one name
 */
export function aggregatorConfig(options: AggregatorConfigOptions): CollectorConfig {
  const deliveries = [
    ...options.traces.map((destination) => deliverTraces(destination, options)),
    ...(options.logs ?? []).map((destination) => deliverLogs(destination, options)),
    ...(options.metrics ?? []).map((destination) => deliverMetrics(destination, options)),
  ];
  requireNames(deliveries);
  const taken = signals.filter((signal) => deliveries.some((delivery) => delivery.signal === signal));
  const shared = sharedProcessors(taken, options);
  return {
    extensions: {
      health_check: healthCheck,
      [storage]: {
        directory: queueFolder,
        create_directory: true,
        timeout: '5s',
        compaction: { directory: queueFolder, on_start: true, on_rebound: true, cleanup_on_start: true },
      },
    },
    receivers: { otlp: otlpReceiver({ http: false }, options.tls) },
    processors: Object.fromEntries([
      ...shared,
      ...(taken.includes('metrics') ? [cumulative] : []),
      ...deliveries.flatMap(({ processors }) => processors),
    ]),
    connectors: { [connector]: {} },
    exporters: Object.fromEntries(deliveries.map(({ exporterId, exporter }) => [exporterId, exporter])),
    service: {
      extensions: ['health_check', storage],
      telemetry: ownTelemetry,
      pipelines: Object.fromEntries([
        ...taken.map((signal) => [signal, intake(signal, shared)] as const),
        ...deliveries.map((delivery) => [`${delivery.signal}/${delivery.name}`, outlet(delivery)] as const),
      ]),
    },
  };
}

function intake(signal: Signal, shared: readonly Processor[]): CollectorPipeline {
  const processors = [...shared, ...(signal === 'metrics' ? [cumulative] : [])];
  return { receivers: ['otlp'], processors: processors.map(([id]) => id), exporters: [connector] };
}

function outlet({ processors, exporterId }: Delivery): CollectorPipeline {
  return { receivers: [connector], processors: processors.map(([id]) => id), exporters: [exporterId] };
}

/** In order: redaction knows attributes by their present names, and is before anything that waits, writes or samples. */
function sharedProcessors(
  taken: readonly Signal[],
  { redaction, origin = {} }: AggregatorConfigOptions,
): readonly Processor[] {
  const inserted = Object.entries(origin).map(([key, value]) => ({ key, value, action: 'insert' }));
  return [
    ['memory_limiter', memoryLimiter],
    ['transform/normalize', transform(taken, normalizationStatements)],
    // What collectors of other clusters send on keeps theirs.
    ...(inserted.length === 0 ? [] : [['resource/origin', { attributes: inserted }] as const]),
    ...(redaction === undefined
      ? []
      : [['transform/redact', transform(taken, (signal) => redactionStatements(redaction, signal))] as const]),
  ];
}

function transform(taken: readonly Signal[], statements: (signal: Signal) => readonly object[]): object {
  const field = { traces: 'trace_statements', logs: 'log_statements', metrics: 'metric_statements' } as const;
  return {
    error_mode: 'ignore',
    ...Object.fromEntries(taken.map((signal) => [field[signal], statements(signal)])),
  };
}

/** What applications send as differences is summed up, as Prometheus takes totals only. All of a series come to one aggregator. */
const cumulative: Processor = ['deltatocumulative', { max_stale: '1h', max_streams: deltaStreams }];

function requireNames(deliveries: readonly Delivery[]): void {
  for (const [index, { exporterId, signal }] of deliveries.entries()) {
    if (deliveries.findIndex((each) => each.exporterId === exporterId) !== index)
      throw new DuplicateNameError(`destination of ${signal}`, exporterId, 'an aggregator');
  }
}
