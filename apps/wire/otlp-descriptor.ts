type Field = { readonly type: string; readonly id: number; readonly rule?: 'repeated' };
type Message = {
  readonly fields: Readonly<Record<string, Field>>;
  readonly oneofs?: Readonly<Record<string, { readonly oneof: string[] }>>;
};

const repeated = (type: string, id: number): Field => ({ type, id, rule: 'repeated' });
const one = (type: string, id: number): Field => ({ type, id });

const messages: Record<string, Message> = {
  ExportTraceServiceRequest: { fields: { resourceSpans: repeated('ResourceSpans', 1) } },
  ExportTraceServiceResponse: { fields: { partialSuccess: one('ExportTracePartialSuccess', 1) } },
  ExportTracePartialSuccess: { fields: { rejectedSpans: one('int64', 1), errorMessage: one('string', 2) } },
  /** google.rpc.Status, the body of an OTLP/HTTP error. */
  Status: { fields: { code: one('int32', 1), message: one('string', 2) } },
  ResourceSpans: {
    fields: { resource: one('Resource', 1), scopeSpans: repeated('ScopeSpans', 2), schemaUrl: one('string', 3) },
  },
  Resource: { fields: { attributes: repeated('KeyValue', 1), droppedAttributesCount: one('uint32', 2) } },
  ScopeSpans: { fields: { scope: one('Scope', 1), spans: repeated('Span', 2), schemaUrl: one('string', 3) } },
  Scope: {
    fields: {
      name: one('string', 1),
      version: one('string', 2),
      attributes: repeated('KeyValue', 3),
      droppedAttributesCount: one('uint32', 4),
    },
  },
  Span: {
    fields: {
      traceId: one('bytes', 1),
      spanId: one('bytes', 2),
      traceState: one('string', 3),
      parentSpanId: one('bytes', 4),
      name: one('string', 5),
      kind: one('SpanKind', 6),
      startTimeUnixNano: one('fixed64', 7),
      endTimeUnixNano: one('fixed64', 8),
      attributes: repeated('KeyValue', 9),
      droppedAttributesCount: one('uint32', 10),
      events: repeated('Event', 11),
      droppedEventsCount: one('uint32', 12),
      links: repeated('Link', 13),
      droppedLinksCount: one('uint32', 14),
      status: one('SpanStatus', 15),
      flags: one('fixed32', 16),
    },
  },
  Event: {
    fields: {
      timeUnixNano: one('fixed64', 1),
      name: one('string', 2),
      attributes: repeated('KeyValue', 3),
      droppedAttributesCount: one('uint32', 4),
    },
  },
  Link: {
    fields: {
      traceId: one('bytes', 1),
      spanId: one('bytes', 2),
      traceState: one('string', 3),
      attributes: repeated('KeyValue', 4),
      droppedAttributesCount: one('uint32', 5),
      flags: one('fixed32', 6),
    },
  },
  SpanStatus: { fields: { message: one('string', 2), code: one('StatusCode', 3) } },
  KeyValue: { fields: { key: one('string', 1), value: one('AnyValue', 2) } },
  AnyValue: {
    oneofs: {
      value: {
        oneof: ['stringValue', 'boolValue', 'intValue', 'doubleValue', 'arrayValue', 'kvlistValue', 'bytesValue'],
      },
    },
    fields: {
      stringValue: one('string', 1),
      boolValue: one('bool', 2),
      intValue: one('int64', 3),
      doubleValue: one('double', 4),
      arrayValue: one('ArrayValue', 5),
      kvlistValue: one('KeyValueList', 6),
      bytesValue: one('bytes', 7),
    },
  },
  ArrayValue: { fields: { values: repeated('AnyValue', 1) } },
  KeyValueList: { fields: { values: repeated('KeyValue', 1) } },
};

const enums: Record<string, readonly string[]> = {
  SpanKind: [
    'SPAN_KIND_UNSPECIFIED',
    'SPAN_KIND_INTERNAL',
    'SPAN_KIND_SERVER',
    'SPAN_KIND_CLIENT',
    'SPAN_KIND_PRODUCER',
    'SPAN_KIND_CONSUMER',
  ],
  StatusCode: ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR'],
};

/**
 * OTLP's trace messages (opentelemetry-proto 1.x, stable field numbers) as a protobufjs JSON descriptor, for what is not
 * on the hot path: JSON requests, and references to test against.
 */
export const otlpDescriptor = {
  nested: {
    ...messages,
    ...Object.fromEntries(
      Object.entries(enums).map(([name, values]) => [
        name,
        { values: Object.fromEntries(values.map((value, index) => [value, index])) },
      ]),
    ),
  },
};
