import { otlpDescriptor } from '@plumbline/wire';
import { Root } from 'protobufjs';

const exportRequest = Root.fromJSON(otlpDescriptor).lookupType('ExportTraceServiceRequest');

export interface LoadShape {
  readonly traces: number;
  /** @default 1, as the collector's Kafka exporter sends with `partition_traces_by_id` */
  readonly tracesPerMessage?: number;
  /** @default 4 */
  readonly partitions?: number;
  /** @default 1 */
  readonly seed?: number;
  /** When the first trace begins, milliseconds of Unix time. @default - a day of 2023, so that the bytes are the same */
  readonly startMs?: number;
}

/** A record of `traces`. */
export interface LoadMessage {
  /** ExportTraceServiceRequest of whole traces, as the aggregator's group-by-trace makes them. */
  readonly value: Uint8Array;
  readonly partition: number;
  /** Record time: when the newest trace of it was over. */
  readonly timestampMs: number;
  /** How many it has. */
  readonly spans: number;
}

/** Six calls of two spans. */
export const spansPerTrace = 12;
/** Traces begin one a millisecond: twelve thousand spans a second, of which the default limits hold all that is mergeable. */
const epochMs = 1_700_000_000_000;
/** Traces take at most 120 ms. */
const longestTraceMs = 120;

const services = ['gateway', 'catalog', 'inventory', 'cart', 'checkout', 'payment', 'shipping', 'recommendation'];
const routes = [
  '/products/{id}',
  '/cart',
  '/checkout',
  '/charge',
  '/quote',
  '/stock/{id}',
  '/recommend',
  '/orders/{id}',
];

/**
 * Traces of eight services, twelve spans each, nine attributes a span as the stock HTTP instrumentations set them, and five a
 * resource. The same bytes for the same shape.
 */
export function* makeLoad(shape: LoadShape): Generator<LoadMessage> {
  const { traces, tracesPerMessage = 1, partitions = 4, seed = 1, startMs = epochMs } = shape;
  const random = mulberry32(seed);
  for (let at = 0; at < traces; at += tracesPerMessage) {
    const end = Math.min(at + tracesPerMessage, traces);
    const byService = new Map<string, object[]>();
    for (let index = at; index < end; index += 1) {
      for (const { service, span } of makeTrace(random, index, startMs)) {
        const list = byService.get(service);
        if (list === undefined) byService.set(service, [span]);
        else list.push(span);
      }
    }
    const request = { resourceSpans: [...byService].map(([service, list]) => resourceSpans(service, list)) };
    yield {
      value: exportRequest.encode(exportRequest.fromObject(request)).finish(),
      partition: (at / tracesPerMessage) % partitions,
      timestampMs: startMs + end - 1 + longestTraceMs,
      spans: (end - at) * spansPerTrace,
    };
  }
}

function resourceSpans(service: string, spans: readonly object[]): object {
  return {
    resource: {
      attributes: [
        text('service.name', service),
        text('service.version', '1.4.2'),
        text('deployment.environment.name', 'production'),
        text('telemetry.sdk.language', 'nodejs'),
        text('host.name', `${service}-7d9c5b6f4-x2x9p`),
      ],
    },
    scopeSpans: [{ scope: { name: '@opentelemetry/instrumentation-http', version: '0.223.0' }, spans }],
  };
}

function* makeTrace(
  random: () => number,
  index: number,
  startMs: number,
): Generator<{ service: string; span: object }> {
  const traceId = id(random, 16);
  let parentSpanId: Buffer | undefined;
  let start = BigInt(startMs + index) * 1_000_000n;
  let duration = 80_000_000n + BigInt(Math.floor(random() * 40_000_000));
  for (let depth = 0; depth < spansPerTrace / 2; depth += 1) {
    const service = services[(index + depth) % services.length] ?? 'gateway';
    const route = routes[(index + depth) % routes.length] ?? '/';
    for (const kind of [2, 3]) {
      const spanId = id(random, 8);
      const span = {
        traceId,
        spanId,
        ...(parentSpanId === undefined ? {} : { parentSpanId }),
        name: kind === 2 ? `GET ${route}` : 'GET',
        kind,
        startTimeUnixNano: start.toString(),
        endTimeUnixNano: (start + duration).toString(),
        attributes: [
          text('http.request.method', 'GET'),
          text('url.path', route.replace('{id}', String(Math.floor(random() * 10_000)))),
          text('http.route', route),
          text('url.scheme', 'http'),
          text('server.address', `${service}.shop.svc`),
          int('server.port', 8080),
          int('http.response.status_code', 200),
          text('network.protocol.version', '1.1'),
          text('user_id', String(Math.floor(random() * 100_000))),
        ],
        status: {},
      };
      yield { service, span };
      parentSpanId = spanId;
      start += 1_000_000n;
      duration -= 3_000_000n;
    }
  }
}

function text(key: string, stringValue: string): object {
  return { key, value: { stringValue } };
}

function int(key: string, intValue: number): object {
  return { key, value: { intValue } };
}

function id(random: () => number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; at += 4) buffer.writeUInt32LE(Math.floor(random() * 2 ** 32) >>> 0, at);
  return buffer;
}

/** Small seeded generator, so that every run measures the same bytes. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
