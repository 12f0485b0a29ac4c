import { otlpDescriptor } from '@plumbline/wire';
import protobuf from 'protobufjs';
import type { Random } from './random';

const exportRequest = protobuf.Root.fromJSON(otlpDescriptor).lookupType('ExportTraceServiceRequest');

/** A span as it is going to be sent. */
export interface SentSpan {
  readonly service: string;
  /** Hexadecimal. */
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root. */
  readonly parentSpanId: string;
  readonly name: string;
  /** OTLP's numbers: 1 internal, 2 server, 3 client. */
  readonly kind: number;
  readonly startMs: number;
  readonly durationMs: number;
  readonly failed?: boolean;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** A trace as its services see it; the first span is the root. */
export type SentTrace = readonly [SentSpan, ...SentSpan[]];

const nanos = (ms: number) => String(BigInt(Math.round(ms * 1000)) * 1000n);
const stringAttributes = (attributes: Readonly<Record<string, string>>) =>
  Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } }));

/** The spans as an OTLP request, as JSON with ids as bytes. */
export function requestObject(spans: readonly SentSpan[]) {
  const services = [...new Set(spans.map(({ service }) => service))];
  return {
    resourceSpans: services.map((service) => ({
      resource: { attributes: stringAttributes({ 'service.name': service }) },
      scopeSpans: [{ spans: spans.filter((span) => span.service === service).map(toOtlp) }],
    })),
  };
}

/** The spans as an ExportTraceServiceRequest. */
export function encodeRequest(spans: readonly SentSpan[]): Uint8Array {
  return exportRequest.encode(exportRequest.fromObject(requestObject(spans))).finish();
}

/** Ids of the spans in a request, hexadecimal. */
export function spanIdsOf(request: Uint8Array): string[] {
  const { resourceSpans = [] } = exportRequest.toObject(exportRequest.decode(request)) as {
    readonly resourceSpans?: readonly {
      readonly scopeSpans: readonly { readonly spans: readonly { readonly spanId: Uint8Array }[] }[];
    }[];
  };
  const spans = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
  return spans.map(({ spanId }) => Buffer.from(spanId).toString('hex'));
}

/** Ids of the traces in a request that have spans of a service, hexadecimal. */
export function tracesOf(request: Uint8Array, service: string): string[] {
  const { resourceSpans = [] } = exportRequest.toObject(exportRequest.decode(request)) as {
    readonly resourceSpans?: readonly {
      readonly resource: {
        readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[];
      };
      readonly scopeSpans: readonly { readonly spans: readonly { readonly traceId: Uint8Array }[] }[];
    }[];
  };
  const ofService = resourceSpans.filter(({ resource }) =>
    resource.attributes.some(({ key, value }) => key === 'service.name' && value.stringValue === service),
  );
  const spans = ofService.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
  return spans.map(({ traceId }) => Buffer.from(traceId).toString('hex'));
}

function toOtlp(span: SentSpan) {
  return {
    traceId: Buffer.from(span.traceId, 'hex'),
    spanId: Buffer.from(span.spanId, 'hex'),
    parentSpanId: Buffer.from(span.parentSpanId, 'hex'),
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: nanos(span.startMs),
    endTimeUnixNano: nanos(span.startMs + span.durationMs),
    attributes: stringAttributes(span.attributes ?? {}),
    ...(span.failed === true ? { status: { code: 2 } } : {}),
  };
}

export interface OrderOptions {
  readonly startMs: number;
  /** What payment takes longer than its few milliseconds. @default 0 */
  readonly slowPaymentMs?: number;
}

/** An order: gateway calls orders, which asks its database and has payment charge it. Six spans of three services. */
export function orderTrace(random: Random, { startMs, slowPaymentMs = 0 }: OrderOptions): SentTrace {
  const traceId = random.bytes(16).toString('hex');
  const jitter = (ms: number) => ms * random.between(0.8, 1.25);
  const query = jitter(4);
  const charge = jitter(6) + slowPaymentMs;
  const orders = query + charge + jitter(3);
  const span = (service: string, name: string, kind: number, parent: SentSpan | undefined, at: number, ms: number) => ({
    service,
    name,
    kind,
    traceId,
    spanId: random.bytes(8).toString('hex'),
    parentSpanId: parent?.spanId ?? '',
    startMs: startMs + at,
    durationMs: ms,
  });
  const root = span('gateway', 'POST /orders', 2, undefined, 0, orders + jitter(4));
  const call = span('gateway', 'POST', 3, root, 1, orders + 0.6);
  const server = span('orders', 'POST /orders', 2, call, 1.3, orders);
  const select = {
    ...span('orders', 'SELECT orders', 3, server, 2, query),
    attributes: { 'db.system.name': 'postgresql', 'db.namespace': 'orders', 'db.operation.name': 'SELECT' },
  };
  const pay = span('orders', 'POST', 3, server, 2.5 + query, charge + 0.4);
  const paid = span('payment', 'POST /charges', 2, pay, 2.7 + query, charge);
  return [root, call, server, select, pay, paid];
}
