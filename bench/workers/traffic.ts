import { encodeRequest, type SentSpan } from '../../apps/end-to-end/traces';

/** Requests on `traces`, with the places of the ids in them, so that each can be sent many times as other traces. */
interface Template {
  readonly partition: number;
  readonly value: Uint8Array;
  readonly idAt: readonly number[];
  readonly spans: number;
}

/** A request to be sent. */
export interface Request {
  readonly partition: number;
  readonly value: Uint8Array;
  readonly spans: number;
}

const tracesPerRequest = 40;
const requestsPerPartition = 8;
/** Of a request with a part of a giant trace, and of one of its spans without texts. */
const requestBytes = 500_000;
const spanBytes = 500;
const services = ['gateway', 'catalog', 'inventory', 'cart', 'checkout', 'payment', 'shipping', 'search'];
const routes = ['/products/{id}', '/cart', '/checkout', '/charge', '/quote', '/stock/{id}', '/orders/{id}', '/find'];

/**
 * Traffic as it is: many traces a request, of one span to thirty and now and then two thousand, that last from a millisecond to three
 * minutes; a fifth of them come in two requests. On request, giants: traces of 100,000 spans, and of 5 MiB of texts.
 */
export class Traffic {
  private templates: readonly Template[] = [];
  private round = 0;

  constructor(
    private readonly partitions: number,
    private readonly random: () => number,
  ) {}

  /** Makes everything anew with times about the present one. */
  refresh(nowMs: number): void {
    const templates: Template[] = [];
    for (let partition = 0; partition < this.partitions; partition += 1) {
      let waiting: SentSpan[] = [];
      for (let i = 0; i < requestsPerPartition; i += 1) {
        const spans = waiting;
        waiting = [];
        for (let n = 0; n < tracesPerRequest; n += 1) {
          const trace = this.trace(this.size(), nowMs);
          const cut = this.random() < 0.2 && i + 1 < requestsPerPartition ? Math.ceil(trace.length / 2) : trace.length;
          spans.push(...trace.slice(0, cut));
          waiting.push(...trace.slice(cut));
        }
        templates.push(template(partition, spans));
      }
    }
    this.templates = templates;
  }

  /** Every request once, as traces that were not sent before. */
  *next(): Generator<Request> {
    this.round += 1;
    for (const { partition, value, idAt, spans } of this.templates) {
      const copy = Buffer.from(value);
      for (const at of idAt) copy.writeUInt32LE((copy.readUInt32LE(at) ^ Math.imul(this.round, 0x9e3779b1)) >>> 0, at);
      yield { partition, value: copy, spans };
    }
  }

  /** One trace of so many spans, each with so many bytes of text, in as many requests as it needs. */
  *giant(spans: number, bytesPerSpan: number, nowMs: number): Generator<Request> {
    const partition = Math.floor(this.random() * this.partitions);
    const trace = this.trace(spans, nowMs, bytesPerSpan);
    const spansPerRequest = Math.floor(requestBytes / (spanBytes + bytesPerSpan));
    for (let at = 0; at < trace.length; at += spansPerRequest) {
      const part = trace.slice(at, at + spansPerRequest);
      yield { partition, value: encodeRequest(part), spans: part.length };
    }
  }

  private size(): number {
    const draw = this.random();
    if (draw < 0.0005) return 2000;
    return draw < 0.2 ? 1 : 1 + Math.floor(30 * this.random() ** 2);
  }

  /** Each span is a child of one of those before it. */
  private trace(count: number, nowMs: number, bytesPerSpan = 0): SentSpan[] {
    const traceId = this.id(16);
    const lastsMs = Math.exp(this.random() * Math.log(this.random() < 0.01 ? 180_000 : 1000));
    const spans: SentSpan[] = [];
    for (let i = 0; i < count; i += 1) {
      const parent = spans[Math.floor(this.random() * Math.min(i, 20))];
      const service = Math.floor(this.random() * services.length);
      spans.push({
        service: services[service] ?? 'gateway',
        traceId,
        spanId: this.id(8),
        parentSpanId: parent?.spanId ?? '',
        name: `GET ${routes[service] ?? '/'}`,
        kind: i % 2 === 0 ? 2 : 3,
        startMs: nowMs - lastsMs,
        durationMs: lastsMs * (parent === undefined ? 1 : 0.9 * this.random()),
        failed: this.random() < 0.01,
        attributes: this.attributes(service, bytesPerSpan),
      });
    }
    return spans;
  }

  private attributes(service: number, bytes: number): Record<string, string> {
    const route = routes[service] ?? '/';
    return {
      'http.request.method': 'GET',
      'url.path': route.replace('{id}', String(Math.floor(this.random() * 10_000))),
      'http.route': route,
      'url.scheme': 'http',
      'server.address': `${services[service] ?? ''}.shop.svc`,
      'network.protocol.version': '1.1',
      user_id: String(Math.floor(this.random() * 100_000)),
      ...(bytes === 0 ? {} : { 'db.query.text': this.id(bytes / 2) }),
    };
  }

  private id(bytes: number): string {
    const buffer = Buffer.alloc(bytes);
    for (let at = 0; at + 4 <= bytes; at += 4) buffer.writeUInt32LE(Math.floor(this.random() * 2 ** 32), at);
    return buffer.toString('hex');
  }
}

function template(partition: number, spans: readonly SentSpan[]): Template {
  const value = encodeRequest(spans);
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const idAt: number[] = [];
  for (const traceId of new Set(spans.map((span) => span.traceId))) {
    const id = Buffer.from(traceId, 'hex');
    for (let at = bytes.indexOf(id); at >= 0; at = bytes.indexOf(id, at + 16)) idAt.push(at);
  }
  return { partition, value, idAt, spans: spans.length };
}
