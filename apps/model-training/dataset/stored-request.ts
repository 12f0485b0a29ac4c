import { otlpDescriptor, type StoredSpan } from '@plumbline/wire';
import protobuf from 'protobufjs';

const requestType = protobuf.Root.fromJSON(otlpDescriptor).lookupType('ExportTraceServiceRequest');

const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const statuses = ['unset', 'ok', 'error'];
/** Parts of a service's key are resource attributes where spans are sent. */
const serviceAttributes = {
  service: 'service.name',
  namespace: 'service.namespace',
  environment: 'deployment.environment.name',
  tenant: 'tenant.id',
} as const;

type AnyValue = Readonly<Record<string, unknown>>;
interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

/**
 * ExportTraceServiceRequest of stored spans, so that what was stored goes through the same code as what is sent: names, times between
 * spans and failures are found out anew. Integers that JSON wrote as numbers stay integers.
 */
export function requestOf(spans: readonly StoredSpan[]): Uint8Array {
  const byResource = new Map<string, StoredSpan[]>();
  for (const span of spans) {
    const { tenant, environment, namespace, service, resourceAttributes } = span;
    const key = [tenant, environment, namespace, service, resourceAttributes].join('\0');
    const list = byResource.get(key);
    if (list === undefined) byResource.set(key, [span]);
    else list.push(span);
  }
  const resourceSpans = [...byResource.values()].map((list) => ({
    resource: { attributes: resourceOf(list[0]) },
    scopeSpans: [{ spans: list.map(spanOf) }],
  }));
  return requestType.encode(requestType.fromObject({ resourceSpans })).finish();
}

function resourceOf(span: StoredSpan | undefined): KeyValue[] {
  if (span === undefined) return [];
  const named = Object.entries(serviceAttributes).flatMap(([part, key]) => {
    const value = span[part as keyof typeof serviceAttributes];
    return value === '' ? [] : [{ key, value: { stringValue: value } }];
  });
  return [...named, ...keyValues(jsonOf(span.resourceAttributes))];
}

function spanOf(span: StoredSpan): object {
  const end = span.startUnixNano + span.durationNano;
  return {
    traceId: Buffer.from(span.traceId, 'hex'),
    spanId: Buffer.from(span.spanId, 'hex'),
    ...(span.parentSpanId === '' ? {} : { parentSpanId: Buffer.from(span.parentSpanId, 'hex') }),
    name: span.name,
    kind: Math.max(0, kinds.indexOf(span.kind)),
    startTimeUnixNano: String(span.startUnixNano),
    endTimeUnixNano: String(end),
    attributes: keyValues(jsonOf(span.attributes)),
    events: listOf(jsonOf(span.events)).map(({ name, timeUnixNano, attributes }) => ({
      name: textOf(name),
      timeUnixNano: textOf(timeUnixNano) || '0',
      attributes: keyValues(attributes),
    })),
    links: listOf(jsonOf(span.links)).map(({ traceId, spanId, attributes }) => ({
      traceId: Buffer.from(textOf(traceId), 'hex'),
      spanId: Buffer.from(textOf(spanId), 'hex'),
      attributes: keyValues(attributes),
    })),
    status: { code: Math.max(0, statuses.indexOf(span.statusCode)), message: span.statusMessage },
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function keyValues(attributes: unknown): KeyValue[] {
  if (!isRecord(attributes)) return [];
  return Object.entries(attributes).map(([key, value]) => ({ key, value: valueOf(value) }));
}

function valueOf(value: unknown): AnyValue {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(valueOf) } };
  return isRecord(value) ? { kvlistValue: { values: keyValues(value) } } : {};
}
