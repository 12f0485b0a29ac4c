import { otlpDescriptor } from '@plumbline/wire';
import { Root, type Type } from 'protobufjs';

/** The request message by protobufjs, the reference that tests compare with. */
export const exportTraceServiceRequest: Type = Root.fromJSON(otlpDescriptor).lookupType('ExportTraceServiceRequest');

/** A value as tests write it; `Uint8Array` for bytes, `bigint` for integers beyond 2⁵³. */
export type PlainValue =
  string | number | boolean | bigint | null | Uint8Array | readonly PlainValue[] | PlainAttributes;
export interface PlainAttributes {
  readonly [key: string]: PlainValue;
}

/** A span as tests write it. */
export interface SpanToSend {
  /** Hexadecimal, padded with zeros on the left. @default '1' */
  readonly trace?: string;
  readonly id: string;
  readonly parent?: string;
  readonly name?: string;
  /** OTLP span kind. @default 1, internal */
  readonly kind?: number;
  readonly service?: string;
  /** Milliseconds since the epoch. @default {@link testEpochMs} */
  readonly startMs?: number;
  /** @default 10 */
  readonly durationMs?: number;
  readonly attributes?: PlainAttributes;
  readonly resource?: PlainAttributes;
  readonly statusCode?: number;
  readonly statusMessage?: string;
  readonly traceState?: string;
  readonly events?: readonly { readonly name: string; readonly attributes?: PlainAttributes }[];
  readonly links?: readonly { readonly trace: string; readonly id: string }[];
}

/** When test spans start if they do not say. */
export const testEpochMs = 1_700_000_000_000;

/** Bytes of a request with these spans, in this order, each with a resource of its own. */
export function otlpRequest(spans: readonly SpanToSend[]): Uint8Array {
  const resourceSpans = spans.map((span) => ({
    resource: { attributes: keyValues({ 'service.name': span.service ?? 'shop', ...span.resource }) },
    scopeSpans: [{ spans: [otlpSpan(span)] }],
  }));
  return encodeRequest({ resourceSpans });
}

/** Bytes of a request as protobufjs writes it. */
export function encodeRequest(request: object): Uint8Array {
  return exportTraceServiceRequest.encode(exportTraceServiceRequest.fromObject(request)).finish();
}

/** Span in the form that protobufjs takes. */
export function otlpSpan(span: SpanToSend): Record<string, unknown> {
  const startMs = span.startMs ?? testEpochMs;
  return {
    traceId: idBytes(span.trace ?? '1', 16),
    spanId: idBytes(span.id, 8),
    ...(span.parent === undefined ? {} : { parentSpanId: idBytes(span.parent, 8) }),
    name: span.name ?? 'work',
    kind: span.kind ?? 1,
    startTimeUnixNano: nanoseconds(startMs),
    endTimeUnixNano: (BigInt(nanoseconds(startMs)) + BigInt(nanoseconds(span.durationMs ?? 10))).toString(),
    attributes: keyValues(span.attributes ?? {}),
    ...(span.traceState === undefined ? {} : { traceState: span.traceState }),
    events: (span.events ?? []).map(({ name, attributes }) => ({
      name,
      timeUnixNano: nanoseconds(startMs),
      attributes: keyValues(attributes ?? {}),
    })),
    links: (span.links ?? []).map(({ trace, id }) => ({ traceId: idBytes(trace, 16), spanId: idBytes(id, 8) })),
    status: { code: span.statusCode ?? 0, message: span.statusMessage ?? '' },
  };
}

/** Id of `size` bytes from hexadecimal. */
export function idBytes(hex: string, size: number): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.padStart(size * 2, '0'), 'hex'));
}

/** Attributes in the form that protobufjs takes. */
export function keyValues(attributes: PlainAttributes): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: PlainValue): object {
  if (value === null) return {};
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'bigint') return { intValue: value.toString() };
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: value } : { doubleValue: value };
  if (value instanceof Uint8Array) return { bytesValue: value };
  if (isList(value)) return { arrayValue: { values: value.map(anyValue) } };
  return { kvlistValue: { values: keyValues(value) } };
}

function isList(value: PlainAttributes | readonly PlainValue[]): value is readonly PlainValue[] {
  return Array.isArray(value);
}

/** A number of milliseconds since the epoch has no room for nanoseconds: the whole part and the rest are converted apart. */
function nanoseconds(ms: number): string {
  const whole = Math.floor(ms);
  return (BigInt(whole) * 1_000_000n + BigInt(Math.round((ms - whole) * 1e6))).toString();
}
