import { defined } from '../core/defined';
import type { LogExport } from '../core/log-destination';
import type { MetricsExport } from '../core/metrics-destination';
import { tlsSettings } from '../core/tls-settings';
import type { TraceExport } from '../core/trace-destination';
import type { AggregatorConfigOptions, TailPolicy } from './aggregator-config';
import { retryFor } from './collector-config';
import type { Signal } from './signal';
import { collectorTlsNames, streamSecurity } from './stream-security';

/** Where queues are kept: an extension of the collector. */
export const storage = 'file_storage/queue';

/** What brings one signal to one destination, behind what is done for all of them. */
export interface Delivery {
  readonly signal: Signal;
  /** What tells the destination from others of the signal. */
  readonly name: string;
  readonly exporterId: string;
  readonly exporter: object;
  readonly processors: readonly (readonly [id: string, config: object])[];
}

/** How traces get to one destination. */
export function deliverTraces(destination: TraceExport, options: AggregatorConfigOptions): Delivery {
  return destination.kind === 'kafka' ? deliverToTopic(destination, options) : deliverToStore(destination, options);
}

function deliverToTopic(
  destination: Extract<TraceExport, { kind: 'kafka' }>,
  options: AggregatorConfigOptions,
): Delivery {
  const { topic, access, maxMessageBytes } = destination;
  return {
    signal: 'traces',
    name: topic,
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
      sending_queue: queue(options, options.batchTimeoutSeconds),
    },
    processors: [
      ['groupbytrace', { wait_duration: `${options.waitSeconds}s`, num_traces: options.numTraces, num_workers: 2 }],
    ],
  };
}

function deliverToStore(
  { name, connection, balanced = false }: Extract<TraceExport, { kind: 'otlp' }>,
  options: AggregatorConfigOptions,
): Delivery {
  const { batchTimeoutSeconds, tail } = options;
  return {
    signal: 'traces',
    name,
    exporterId: `otlp_grpc/${name}`,
    exporter: {
      // A connection of gRPC stays with whom it was made to: one each, and requests go to them by turns.
      ...(balanced
        ? { endpoint: `dns:///${connection.authority}`, balancer_name: 'round_robin' }
        : { endpoint: connection.authority }),
      tls: tlsSettings(connection.tls, collectorTlsNames, { insecure: true }),
      retry_on_failure: retryFor(options.retrySeconds),
      sending_queue: queue(options, batchTimeoutSeconds),
    },
    processors: [tail === undefined ? handover : ['tail_sampling', tailSampling(tail, options)]],
  };
}

/** How log records get to one destination. */
export function deliverLogs(destination: LogExport, options: AggregatorConfigOptions): Delivery {
  return deliverOverHttp('logs', destination, queue(options, 1), options);
}

/** How metrics get to one destination: one request at a time, so that samples of a series come in their order. */
export function deliverMetrics(destination: MetricsExport, options: AggregatorConfigOptions): Delivery {
  return deliverOverHttp('metrics', destination, { ...queue(options, 1), num_consumers: 1 }, options);
}

function deliverOverHttp(
  signal: Signal,
  { name, connection }: LogExport | MetricsExport,
  sendingQueue: object,
  { retrySeconds }: AggregatorConfigOptions,
): Delivery {
  const tls = tlsSettings(connection.tls, collectorTlsNames);
  return {
    signal,
    name,
    exporterId: `otlp_http/${name}`,
    exporter: {
      endpoint: connection.url,
      ...defined({ headers: connection.headers }),
      ...(Object.keys(tls).length > 0 && { tls }),
      retry_on_failure: retryFor(retrySeconds),
      sending_queue: sendingQueue,
    },
    processors: [handover],
  };
}

/**
 * What passes what comes on to a queue at once, and does not say how that ended: who sent would be told that the queue of one destination is full,
 * and send again to those that are not. In its memory things are for a moment only.
 */
const handover: Delivery['processors'][number] = ['batch/handover', { timeout: '0s' }];

/** On the volume. Batches are made of what it has, so that what waits for others of its batch is not lost with the process. */
function queue({ queueBytes, batchSize }: AggregatorConfigOptions, batchTimeoutSeconds: number): object {
  return {
    ...{ enabled: true, storage, sizer: 'bytes', queue_size: queueBytes, num_consumers: 4, block_on_overflow: false },
    batch: { sizer: 'items', min_size: batchSize, max_size: 2 * batchSize, flush_timeout: `${batchTimeoutSeconds}s` },
  };
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
