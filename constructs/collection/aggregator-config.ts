import { DuplicateNameError } from '../core/errors';
import type { TraceExport } from '../core/trace-destination';
import {
  healthCheck,
  memoryLimiter,
  otlpReceiver,
  ownTelemetry,
  retryFor,
  type CollectorConfig,
  type CollectorPipeline,
} from './collector-config';
import type { ServerTls } from '../core/server-tls';
import { tlsSettings } from '../core/tls-settings';
import type { Redaction } from './redaction';
import { redactionStatements } from './redaction-statements';
import { normalizationStatements } from './semantic-conventions';
import { collectorTlsNames, streamSecurity } from './stream-security';

/** Which traces a trace store gets; the event stream always gets all. */
export interface TailPolicy {
  /** Traces that are kept besides errors and slow ones, percent. */
  readonly percentage: number;
  /** A trace that takes as long or longer is slow, milliseconds. */
  readonly slowMs: number;
}

/** What an {@link aggregatorConfig} depends on. */
export interface AggregatorConfigOptions {
  readonly destinations: readonly TraceExport[];
  /** How long spans of a trace are waited for, seconds. */
  readonly waitSeconds: number;
  /** Traces held meanwhile; the oldest leave early when there are more. */
  readonly numTraces: number;
  /** Spans in a batch. */
  readonly batchSize: number;
  readonly batchTimeoutSeconds: number;
  /** How long a destination may be away before what is held for it is given up, seconds. */
  readonly retrySeconds: number;
  /** Bytes that are held for each destination on the volume. */
  readonly queueBytes: number;
  /** Absent: trace stores get every trace. */
  readonly tail?: TailPolicy;
  /** What is taken out of spans for all destinations. @default - nothing */
  readonly redaction?: Redaction;
  /** How it takes spans. @default - in plain text */
  readonly tls?: ServerTls;
}

/** Where queues are, on the aggregator's volume. */
export const queueFolder = '/var/lib/otelcol/queue';
const storage = 'file_storage/queue';

interface Delivery {
  readonly pipeline: string;
  readonly exporterId: string;
  readonly exporter: object;
  readonly processors: readonly (readonly [id: string, config: object])[];
}

/**
 * Second tier: brings spans to current conventions and delivers them to each destination by a pipeline and a persistent
 * queue of its own, neither of which waits for another: what a full queue cannot take is dropped there and counted.
 *
 * @throws {DuplicateNameError} if two destinations have one name
 */
export function aggregatorConfig(options: AggregatorConfigOptions): CollectorConfig {
  const deliveries = options.destinations.map((destination) => deliver(destination, options));
  for (const [index, { exporterId }] of deliveries.entries()) {
    if (deliveries.findIndex((each) => each.exporterId === exporterId) !== index)
      throw new DuplicateNameError('trace destination', exporterId, 'an aggregator');
  }
  const shared: readonly (readonly [id: string, config: object])[] = [
    ['memory_limiter', memoryLimiter],
    ['transform/normalize', { error_mode: 'ignore', trace_statements: normalizationStatements() }],
    // After it, as it knows attributes by their present names, and before anything that waits, writes or samples.
    ...(options.redaction === undefined ? [] : [redact(options.redaction)]),
  ];
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
    processors: Object.fromEntries([...shared, ...deliveries.flatMap(({ processors }) => processors)]),
    exporters: Object.fromEntries(deliveries.map(({ exporterId, exporter }) => [exporterId, exporter])),
    service: {
      extensions: ['health_check', storage],
      telemetry: ownTelemetry,
      pipelines: Object.fromEntries(
        deliveries.map(({ pipeline, exporterId, processors }): [string, CollectorPipeline] => [
          pipeline,
          {
            receivers: ['otlp'],
            processors: [...shared.map(([id]) => id), ...processors.map(([id]) => id)],
            exporters: [exporterId],
          },
        ]),
      ),
    },
  };
}

function redact(redaction: Redaction): readonly [id: string, config: object] {
  return ['transform/redact', { error_mode: 'ignore', trace_statements: redactionStatements(redaction) }];
}

function deliver(destination: TraceExport, options: AggregatorConfigOptions): Delivery {
  return destination.kind === 'kafka' ? deliverToTopic(destination, options) : deliverToStore(destination, options);
}

function deliverToTopic(
  destination: Extract<TraceExport, { kind: 'kafka' }>,
  options: AggregatorConfigOptions,
): Delivery {
  const { topic, access, maxMessageBytes } = destination;
  return {
    pipeline: `traces/${topic}`,
    exporterId: `kafka/${topic}`,
    exporter: {
      brokers: access.brokers,
      client_id: 'otel-aggregator',
      ...streamSecurity(destination),
      traces: { topic, encoding: 'otlp_proto' },
      partition_traces_by_id: true,
      producer: {
        compression: 'snappy',
        required_acks: -1,
        // The exporter counts before compression and without the batch's own header.
        max_message_bytes: Math.min(1_000_000, maxMessageBytes),
        allow_auto_topic_creation: false,
      },
      retry_on_failure: retryFor(options.retrySeconds),
      sending_queue: queue(options),
    },
    processors: [
      ['groupbytrace', { wait_duration: `${options.waitSeconds}s`, num_traces: options.numTraces, num_workers: 2 }],
      [`batch/${topic}`, { send_batch_size: options.batchSize, timeout: `${options.batchTimeoutSeconds}s` }],
    ],
  };
}

function deliverToStore(
  { name, connection }: Extract<TraceExport, { kind: 'otlp' }>,
  options: AggregatorConfigOptions,
): Delivery {
  const { batchSize, batchTimeoutSeconds, tail } = options;
  return {
    pipeline: `traces/${name}`,
    exporterId: `otlp_grpc/${name}`,
    exporter: {
      endpoint: connection.authority,
      tls: tlsSettings(connection.tls, collectorTlsNames, { insecure: true }),
      retry_on_failure: retryFor(options.retrySeconds),
      sending_queue: queue(options),
    },
    processors: [
      ...(tail === undefined ? [] : [['tail_sampling', tailSampling(tail, options)] as const]),
      [
        `batch/${name}`,
        { send_batch_size: batchSize, send_batch_max_size: batchSize * 2, timeout: `${batchTimeoutSeconds}s` },
      ],
    ],
  };
}

function queue({ queueBytes }: AggregatorConfigOptions): object {
  return { enabled: true, storage, sizer: 'bytes', queue_size: queueBytes, num_consumers: 4, block_on_overflow: false };
}

/** A trace is kept if any policy says so. */
function tailSampling({ percentage, slowMs }: TailPolicy, { waitSeconds, numTraces }: AggregatorConfigOptions): object {
  return {
    decision_wait: `${Math.max(10, waitSeconds)}s`,
    num_traces: numTraces,
    decision_cache: { sampled_cache_size: numTraces * 4, non_sampled_cache_size: numTraces * 4 },
    policies: [
      { name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] } },
      { name: 'slow', type: 'latency', latency: { threshold_ms: slowMs } },
      { name: 'rest', type: 'probabilistic', probabilistic: { sampling_percentage: percentage } },
    ],
  };
}
