import { otlpDescriptor } from '@plumbline/wire';
import { Root } from 'protobufjs';

const exportRequest = Root.fromJSON(otlpDescriptor).lookupType('ExportTraceServiceRequest');

interface KeyValue {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface PlainSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: readonly KeyValue[];
}

interface PlainRequest {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: readonly KeyValue[] };
    readonly scopeSpans?: readonly { readonly spans?: readonly PlainSpan[] }[];
  }[];
}

/** A trace as the naive implementation hands it on, as JSON. */
export interface NaiveTrace {
  readonly traceId: string;
  readonly spans: readonly NaiveSpan[];
}

export interface NaiveSpan extends Omit<PlainSpan, 'attributes'> {
  readonly service: string;
  /** Those of the resource, too. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly durationMs: number;
  readonly selfMs: number;
}

/** Decodes with protobufjs, its own message objects and nothing more. */
export function decodeNaively(message: Uint8Array): unknown {
  return exportRequest.decode(message);
}

/**
 * The same job as preprocessing the obvious way: plain objects, a Map by trace id, self time from children. It holds no trace
 * over from one message to the next, knows no late spans, limits or semantic conventions, all of which spares it work.
 */
export function preprocessNaively(message: Uint8Array): NaiveTrace[] {
  const decoded = exportRequest.decode(message);
  const request: PlainRequest = exportRequest.toObject(decoded, { longs: String, bytes: String, defaults: false });
  const traces = new Map<string, { service: string; span: PlainSpan; attributes: Record<string, unknown> }[]>();
  for (const { resource, scopeSpans } of request.resourceSpans ?? []) {
    const resourceAttributes = toRecord(resource?.attributes);
    const name = resourceAttributes['service.name'];
    const service = typeof name === 'string' ? name : 'unknown_service';
    for (const { spans } of scopeSpans ?? []) {
      for (const span of spans ?? []) {
        const list = traces.get(span.traceId) ?? [];
        list.push({ service, span, attributes: { ...resourceAttributes, ...toRecord(span.attributes) } });
        traces.set(span.traceId, list);
      }
    }
  }
  return [...traces].map(([traceId, spans]) => {
    const childTime = new Map<string, number>();
    for (const { span } of spans) {
      const parent = span.parentSpanId;
      if (parent !== undefined) childTime.set(parent, (childTime.get(parent) ?? 0) + duration(span));
    }
    return {
      traceId,
      spans: spans.map(({ service, span, attributes }) => ({
        ...span,
        service,
        attributes,
        durationMs: duration(span),
        selfMs: Math.max(0, duration(span) - (childTime.get(span.spanId) ?? 0)),
      })),
    };
  });
}

function duration(span: PlainSpan): number {
  return Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6;
}

function toRecord(attributes: readonly KeyValue[] | undefined): Record<string, unknown> {
  return Object.fromEntries((attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]]));
}
