import { otlpDescriptor } from '@plumbline/wire';
import protobuf from 'protobufjs';

const exportRequest = protobuf.Root.fromJSON(otlpDescriptor).lookupType('ExportTraceServiceRequest');

export interface Load {
  /** ExportTraceServiceRequests, whole traces each, as the aggregator's group-by-trace sends them. */
  readonly messages: readonly Uint8Array[];
  readonly spans: number;
  readonly traces: number;
  readonly bytes: number;
}

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
 * Traces of eight services, twelve spans each (six calls of two spans), eight to ten attributes a span as the stock HTTP and
 * database instrumentations set them: about 400 bytes a span.
 */
export function makeLoad(traces: number, tracesPerMessage: number, seed = 1): Load {
  const random = mulberry32(seed);
  const messages: Uint8Array[] = [];
  let spans = 0;
  let bytes = 0;
  for (let at = 0; at < traces; at += tracesPerMessage) {
    const byService = new Map<string, object[]>();
    for (let t = at; t < Math.min(at + tracesPerMessage, traces); t += 1) {
      for (const { service, span } of makeTrace(random, t)) {
        const list = byService.get(service);
        if (list === undefined) byService.set(service, [span]);
        else list.push(span);
        spans += 1;
      }
    }
    const message = exportRequest
      .encode(
        exportRequest.fromObject({
          resourceSpans: [...byService].map(([service, list]) => resourceSpans(service, list)),
        }),
      )
      .finish();
    messages.push(message);
    bytes += message.length;
  }
  return { messages, spans, traces, bytes };
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

function* makeTrace(random: () => number, index: number): Generator<{ service: string; span: object }> {
  const traceId = id(random, 16);
  let parentSpanId: Buffer | undefined;
  let start = 1_700_000_000_000_000_000n + BigInt(index) * 1_000_000n;
  let duration = 80_000_000n + BigInt(Math.floor(random() * 40_000_000));
  for (let depth = 0; depth < 6; depth += 1) {
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
