import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { parse, type Type } from 'protobufjs';

/** A span as the shop's services exported it. */
export interface ReceivedSpan {
  readonly service: string;
  readonly resource: Readonly<Record<string, string>>;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the root of a trace. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client' | 'other';
  /** Nanoseconds since 1970. */
  readonly startNs: bigint;
  readonly durationMs: number;
  readonly attributes: Readonly<Record<string, string>>;
  readonly failed: boolean;
  readonly exceptions: readonly string[];
}

/** The part of opentelemetry-proto 1.x that the test looks at. */
const schema: Type = parse(
  `syntax = "proto3";
  message Export { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeSpans { repeated Span spans = 2; }
  message Span {
    bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
    fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9;
    repeated Event events = 11; Status status = 15;
  }
  message Event { string name = 2; repeated KeyValue attributes = 3; }
  message Status { int32 code = 3; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }`,
  { keepCase: false },
).root.lookupType('Export');

interface KeyValue {
  readonly key: string;
  readonly value?: Readonly<Record<string, string | number | boolean>>;
}

interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[];
  }[];
}

interface WireSpan {
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly parentSpanId: Uint8Array;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly KeyValue[];
  readonly events: readonly { readonly name: string; readonly attributes: readonly KeyValue[] }[];
  readonly status?: { readonly code: number };
}

const kinds: readonly ReceivedSpan['kind'][] = ['other', 'internal', 'server', 'client'];
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const record = (attributes: readonly KeyValue[]): Record<string, string> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, String(Object.values(value ?? {})[0])]));

function spansOf(body: Buffer): ReceivedSpan[] {
  const options = { longs: String, arrays: true, defaults: true } as const;
  const { resourceSpans } = schema.toObject(schema.decode(body), options) as Export;
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const attributes = record(resource.attributes);
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => received(attributes, span)));
  });
}

function received(resource: Record<string, string>, span: WireSpan): ReceivedSpan {
  const startNs = BigInt(span.startTimeUnixNano);
  return {
    service: resource['service.name'] ?? '',
    resource,
    traceId: hex(span.traceId),
    spanId: hex(span.spanId),
    parentSpanId: hex(span.parentSpanId),
    name: span.name,
    kind: kinds[span.kind] ?? 'other',
    startNs,
    durationMs: Number(BigInt(span.endTimeUnixNano) - startNs) / 1e6,
    attributes: record(span.attributes),
    failed: span.status?.code === 2,
    exceptions: span.events
      .filter(({ name }) => name === 'exception')
      .map((event) => record(event.attributes)['exception.message'] ?? ''),
  };
}

/** An OTLP/HTTP receiver that keeps what it is sent. */
export class OtlpSink {
  spans: ReceivedSpan[] = [];
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks);
        this.spans.push(...spansOf(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body));
        response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
      });
    });
  }

  /** Listens on a free loopback port and returns the endpoint to give to an SDK. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
