import { encodeVarint } from '../otlp/protobuf-fields';
import type { SpanBody, SpanContext } from './recorded-traces';

/** A span to be sent. */
export interface OutgoingSpan {
  readonly body: SpanBody;
  readonly traceId: Uint8Array;
  /** Nanoseconds since the epoch. */
  readonly startNs: bigint;
  readonly endNs: bigint;
  /** Whether it fails though its status does not say so. */
  readonly fails: boolean;
}

const errorStatus = Uint8Array.of(0x18, 2);

/** ExportTraceServiceRequest of some spans, each with the resource and scope that it came with. */
export function writeRequest(spans: readonly OutgoingSpan[]): Uint8Array {
  const byContext = new Map<SpanContext, Uint8Array[]>();
  for (const span of spans) {
    let list = byContext.get(span.body.context);
    if (list === undefined) byContext.set(span.body.context, (list = []));
    list.push(...message(2, writeSpan(span)));
  }
  const resourceSpans = [...byContext].flatMap(([context, list]) =>
    message(1, [context.resource, ...message(2, [context.scope, ...list])]),
  );
  return Buffer.concat(resourceSpans);
}

function writeSpan({ body, traceId, startNs, endNs, fails }: OutgoingSpan): Uint8Array[] {
  // Of a field that comes twice the last one counts.
  const status = fails ? [body.status, errorStatus] : [body.status];
  return [
    ...message(1, [traceId]),
    body.fields,
    Uint8Array.of((7 << 3) | 1),
    fixed64(startNs),
    Uint8Array.of((8 << 3) | 1),
    fixed64(endNs),
    ...(fails || body.status.length > 0 ? message(15, status) : []),
  ];
}

function message(field: number, chunks: readonly Uint8Array[]): Uint8Array[] {
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  return [Uint8Array.of((field << 3) | 2), encodeVarint(length), ...chunks];
}

function fixed64(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}
