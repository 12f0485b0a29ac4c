import { randomFillSync } from 'node:crypto';
import { otlpDescriptor } from '@plumbline/wire';
import protobuf from 'protobufjs';

const exportRequest = protobuf.Root.fromJSON(otlpDescriptor).lookupType('ExportTraceServiceRequest');

/** Namespace of the services that send, so that none is taken for one of yours. */
export const loadNamespace = 'plumbline-test-load';

/** A call as it is planned: who serves it, how long its own work takes, and what it calls, one after the other. */
interface Call {
  readonly service: string;
  readonly name: string;
  readonly ownMs: number;
  readonly calls?: readonly Call[];
}

const stock: Call = { service: 'inventory', name: 'GET /stock/{id}', ownMs: 4 };
const journeys: readonly Call[] = [
  {
    service: 'gateway',
    name: 'GET /products/{id}',
    ownMs: 3,
    calls: [{ service: 'catalog', name: 'GET /products/{id}', ownMs: 6, calls: [stock] }],
  },
  { service: 'gateway', name: 'GET /cart', ownMs: 2, calls: [{ service: 'cart', name: 'GET /cart', ownMs: 5 }] },
  {
    service: 'gateway',
    name: 'POST /checkout',
    ownMs: 4,
    calls: [
      {
        service: 'checkout',
        name: 'POST /checkout',
        ownMs: 8,
        calls: [
          { service: 'payment', name: 'POST /charge', ownMs: 12 },
          { service: 'shipping', name: 'POST /quote', ownMs: 7, calls: [stock] },
        ],
      },
    ],
  },
];

/** The service that a fault makes slow, and by how much its own work takes longer, milliseconds. */
export const fault = { service: 'payment', delayMs: 700 } as const;

/** A span in a template, with the places of what differs from trace to trace. */
interface PlannedSpan {
  readonly service: string;
  readonly ownMs: number;
  /** Index of the parent; none of the root. */
  readonly parent: number | undefined;
  /** Places of ids and times. */
  readonly at: { trace: number; span: number; parent: number; start: number; end: number };
}
interface Template {
  readonly bytes: Buffer;
  readonly spans: readonly PlannedSpan[];
}

/** A trace, ready to be sent; several after one another are one request. */
export interface LoadTrace {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  readonly spans: number;
  readonly bytes: Buffer;
}

/**
 * Makes traces of a shop: a request through some of its services, a span for who serves and one for who calls, with the attributes of
 * the stock HTTP instrumentations. A trace is a copy of bytes that were encoded once, with ids and times of its own, so that making it
 * takes little from what is measured.
 */
export class Traffic {
  private readonly templates = journeys.map(template);
  private next = 0;

  /** Spans of a trace on average. */
  readonly spansPerTrace = this.templates.reduce((sum, { spans }) => sum + spans.length, 0) / this.templates.length;

  /**
   * A trace that ends now.
   *
   * @param isFaulty whether {@link fault} is in it, where its journey passes that service
   */
  trace(nowMs: number, isFaulty: boolean): LoadTrace {
    const chosen = this.templates[this.next % this.templates.length];
    this.next += 1;
    if (chosen === undefined) throw new RangeError('there is no journey');
    return filled(chosen, nowMs, isFaulty);
  }
}

function filled({ bytes: encoded, spans }: Template, nowMs: number, isFaulty: boolean): LoadTrace {
  const bytes = Buffer.from(encoded);
  const ids = randomFillSync(Buffer.allocUnsafe(16 + 8 * spans.length));
  const ownMs = spans.map(
    ({ service, ownMs: planned }) =>
      planned * (0.7 + 0.6 * Math.random()) + (isFaulty && service === fault.service ? fault.delayMs : 0),
  );
  // Children come after their parents, so from behind each knows how long it takes before it is asked.
  const totalMs = [...ownMs];
  for (let index = spans.length - 1; index > 0; index -= 1) {
    const { parent = 0 } = spans[index] ?? {};
    totalMs[parent] = (totalMs[parent] ?? 0) + (totalMs[index] ?? 0);
  }
  const starts: number[] = [];
  const usedMs = spans.map((_, index) => (ownMs[index] ?? 0) / 2);
  spans.forEach(({ parent, at }, index) => {
    const start = parent === undefined ? nowMs - (totalMs[0] ?? 0) : (starts[parent] ?? 0) + (usedMs[parent] ?? 0);
    starts.push(start);
    if (parent !== undefined) usedMs[parent] = (usedMs[parent] ?? 0) + (totalMs[index] ?? 0);
    ids.copy(bytes, at.trace, 0, 16);
    ids.copy(bytes, at.span, 16 + 8 * index, 24 + 8 * index);
    if (parent !== undefined) ids.copy(bytes, at.parent, 16 + 8 * parent, 24 + 8 * parent);
    bytes.writeBigUInt64LE(nanos(start), at.start);
    bytes.writeBigUInt64LE(nanos(start + (totalMs[index] ?? 0)), at.end);
  });
  return { traceId: ids.toString('hex', 0, 16), spans: spans.length, bytes };
}

function nanos(ms: number): bigint {
  return BigInt(Math.round(ms * 1000)) * 1000n;
}

/** Encodes a journey once, each span with markers where ids and times belong. */
function template(journey: Call): Template {
  const planned: { readonly call: Call; readonly kind: 2 | 3; readonly parent: number | undefined }[] = [];
  const plan = (call: Call, parent: number | undefined) => {
    planned.push({ call, kind: 2, parent });
    const own = planned.length - 1;
    for (const each of call.calls ?? []) {
      planned.push({ call: { ...call, name: each.name, ownMs: 1 }, kind: 3, parent: own });
      plan(each, planned.length - 1);
    }
  };
  plan(journey, undefined);
  const marks = planned.map(() => ({
    trace: marker(16),
    span: marker(8),
    parent: marker(8),
    start: marker(8),
    end: marker(8),
  }));
  const request = {
    resourceSpans: [...new Set(planned.map(({ call }) => call.service))].map((service) => ({
      resource: { attributes: resourceAttributes(service) },
      scopeSpans: [
        {
          scope: { name: loadNamespace },
          spans: planned.flatMap(({ call, kind, parent }, index) => {
            const mark = marks[index];
            return call.service === service && mark !== undefined ? [span(call.name, kind, parent, mark)] : [];
          }),
        },
      ],
    })),
  };
  const encoded = exportRequest.encode(exportRequest.fromObject(request)).finish();
  const bytes = Buffer.from(encoded);
  const spans = planned.map(({ call, parent }, index) => {
    const mark = marks[index];
    if (mark === undefined) throw new RangeError(`no mark of span ${index}`);
    const place = (name: keyof typeof mark) =>
      name === 'parent' && parent === undefined ? -1 : placeOf(bytes, mark[name]);
    const at = {
      trace: place('trace'),
      span: place('span'),
      parent: place('parent'),
      start: place('start'),
      end: place('end'),
    };
    return { service: call.service, ownMs: call.ownMs, parent, at };
  });
  return { bytes, spans };
}

function span(
  name: string,
  kind: 2 | 3,
  parent: number | undefined,
  mark: Readonly<Record<'trace' | 'span' | 'parent' | 'start' | 'end', Buffer>>,
): object {
  const [method = '', path = ''] = name.split(' ');
  return {
    traceId: mark.trace,
    spanId: mark.span,
    ...(parent !== undefined && { parentSpanId: mark.parent }),
    name: kind === 2 ? name : method,
    kind,
    startTimeUnixNano: mark.start.readBigUInt64LE().toString(),
    endTimeUnixNano: mark.end.readBigUInt64LE().toString(),
    attributes: [
      text('http.request.method', method),
      text('url.path', path.replace('{id}', '42')),
      ...(kind === 2 ? [text('http.route', path)] : []),
      text('url.scheme', 'http'),
      text('network.protocol.version', '1.1'),
      { key: 'http.response.status_code', value: { intValue: 200 } },
    ],
    status: {},
  };
}

function resourceAttributes(service: string): readonly object[] {
  return [
    text('service.name', service),
    text('service.namespace', loadNamespace),
    text('service.version', '1.0.0'),
    text('telemetry.sdk.language', 'nodejs'),
  ];
}

function text(key: string, stringValue: string): object {
  return { key, value: { stringValue } };
}

/** Bytes that are nowhere else: random, and no small number. */
function marker(bytes: number): Buffer {
  return randomFillSync(Buffer.alloc(bytes));
}

function placeOf(bytes: Buffer, mark: Buffer): number {
  const at = bytes.indexOf(mark);
  if (at < 0) throw new RangeError('a mark is not where it was written');
  return at;
}
