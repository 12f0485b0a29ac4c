import type { SpanStore } from '../assembly/span-store';
import { roles, type AttributeKeys } from '../naming/attribute-keys';
import type { Operations } from '../naming/operations';
import type { Peers } from '../naming/peers';
import type { Resources } from '../naming/resources';
import { OtlpReader } from '../otlp/otlp-reader';
import { ValueTexts } from '../otlp/value-text';
import { AttributeWriter, type AttributeLimits } from './attribute-writer';
import type { BatchBuilder } from './batch-builder';
import { hasFailed } from './failure';
import { samplingWeight } from './sampling-weight';

export interface SpanLimits extends AttributeLimits {
  /** Events of a span, and links of a span. */
  readonly maxEvents: number;
  /** Bytes of a span's events as JSON, and of its links. */
  readonly maxEventBytes: number;
}

/** What is known of a span after it was written, beside its columns. */
export interface WrittenSpan {
  failed: boolean;
  /** Has a link to its own parent. */
  linked: boolean;
  truncated: boolean;
  /** Number of what it called, if its attributes say; 0 if not. */
  peer: number;
  operation: number;
  service: number;
  durationNs: number;
}

/** How much of what a span says in words is written: everything, its name, nothing, not even of its resource. */
export type Words = 'all' | 'name' | 'none';

/** What is left of a name where there is room for little. */
const shortNameBytes = 256;
const outgoingKinds: ReadonlySet<number> = new Set([3, 4]);
const statusError = 2;
/** Longer than any span is believed to be, nanoseconds: 7 days. One that says more has a clock that was set meanwhile. */
const maxDurationNs = 7 * 24 * 3600 * 1e9;

/** Writes single spans into a batch, from the bytes they came in. */
export class SpanWriter {
  readonly written: WrittenSpan = {
    failed: false,
    linked: false,
    truncated: false,
    peer: 0,
    operation: 0,
    service: 0,
    durationNs: 0,
  };
  /** Spans whose end is absent, before their start or beyond belief: their duration is taken to be 0. */
  badTimes = 0;
  private readonly reader = new OtlpReader();
  private readonly texts = new ValueTexts(this.reader);
  private readonly attributes: AttributeWriter;

  constructor(
    private readonly resources: Resources,
    private readonly operations: Operations,
    private readonly peers: Peers,
    attributeKeys: AttributeKeys,
    private readonly limits: SpanLimits,
  ) {
    this.attributes = new AttributeWriter(this.reader, attributeKeys, this.texts, limits);
  }

  write(batch: BatchBuilder, row: number, store: SpanStore, slot: number, words: Words): void {
    const { reader, written, attributes } = this;
    const { spans, protobuf } = reader;
    const block = store.block[slot] ?? 0;
    const at = store.at[slot] ?? 0;
    protobuf.open(store.arena.bytesOf(block), store.arena.viewOf(block));
    spans.clear();
    reader.readSpan(at, at + (store.length[slot] ?? 0));
    const { view } = protobuf;
    const kind = spans.kind.get(0);
    attributes.read(kind);
    const resource = this.resources.get(store.resource[slot] ?? 0);

    copyId(batch.spanId, row * 8, view, spans.spanIdAt.get(0));
    copyId(batch.parentSpanId, row * 8, view, spans.parentIdAt.get(0));
    batch.kind[row] = kind;
    const sent = spans.statusCode.get(0);
    const statusCode = sent === 0 && attributes.error ? statusError : sent;
    batch.statusCode[row] = statusCode;
    batch.weight[row] = samplingWeight(view, spans.stateStart.get(0), spans.stateEnd.get(0));
    this.writeTimes(batch, row, store, slot);
    written.truncated = resource.truncated;
    const exception = this.writeWords(batch, row, words);
    batch.attributeOffsets[row + 1] = batch.attributeCount;

    written.failed = hasFailed({
      kind,
      statusCode,
      httpStatus: attributes.number(roles.httpStatus),
      rpcStatus: attributes.rpcStatus(),
      exception,
    });
    written.service = resource.service;
    written.operation = this.operations.number(
      resource.service,
      view,
      { start: spans.nameStart.get(0), end: spans.nameEnd.get(0) },
      attributes.text(roles.httpMethod),
      attributes.has(roles.httpRoute) ? attributes.text(roles.httpRoute) : attributes.text(roles.urlTemplate),
    );
    written.peer = outgoingKinds.has(kind) ? this.peers.number(view, attributes) : 0;
    batch.service[row] = batch.services.index(resource.service);
    batch.operation[row] = batch.operations.index(written.operation);
    batch.resource[row] = batch.resourceIndex(words === 'none' ? undefined : (store.resource[slot] ?? 0));
  }

  /** Returns whether the span tells of an exception. */
  private writeWords(batch: BatchBuilder, row: number, words: Words): boolean {
    const { attributes, written } = this;
    const { spans, protobuf } = this.reader;
    const exception = attributes.has(roles.exceptionType);
    const nameStart = spans.nameStart.get(0);
    const nameBytes = words === 'all' ? this.limits.maxValueBytes : words === 'name' ? shortNameBytes : 0;
    batch.name.copy(protobuf.view, nameStart, Math.min(spans.nameEnd.get(0), nameStart + nameBytes));
    written.linked = false;
    if (words !== 'all') {
      for (const column of [batch.statusMessage, batch.events, batch.links]) column.write('');
      written.truncated ||= words === 'none' || spans.attributes.count + spans.events.count + spans.links.count > 0;
      return exception;
    }
    const messageStart = spans.messageStart.get(0);
    const messageEnd = Math.min(spans.messageEnd.get(0), messageStart + this.limits.maxValueBytes);
    batch.statusMessage.copy(protobuf.view, messageStart, messageEnd);
    attributes.write(batch);
    const told = this.writeEvents(batch);
    this.writeLinks(batch, row);
    written.truncated ||= attributes.truncated;
    return told || exception;
  }

  private writeTimes(batch: BatchBuilder, row: number, store: SpanStore, slot: number): void {
    const startHigh = store.startHigh[slot] ?? 0;
    const startLow = store.startLow[slot] ?? 0;
    const endHigh = store.endHigh[slot] ?? 0;
    const endLow = store.endLow[slot] ?? 0;
    const started = startHigh !== 0 || startLow !== 0;
    let duration = (endHigh - startHigh) * 4294967296 + (endLow - startLow);
    if (!started || duration < 0 || duration > maxDurationNs) {
      const { responseTimeMs } = this.attributes;
      const stated = responseTimeMs >= 0 && responseTimeMs * 1e6 <= maxDurationNs;
      duration = stated ? Math.round(responseTimeMs * 1e6) : 0;
      this.badTimes += 1;
    }
    this.written.durationNs = duration;
    // Arrow's times are signed; what does not fit is after the year 2262 and no time.
    const fits = startHigh < 0x80000000;
    batch.startHalves[row * 2] = fits ? startLow : 0xffffffff;
    batch.startHalves[row * 2 + 1] = fits ? startHigh : 0x7fffffff;
    batch.durationHalves[row * 2] = duration % 4294967296;
    batch.durationHalves[row * 2 + 1] = Math.floor(duration / 4294967296);
    batch.durationMs[row] = duration / 1e6;
  }

  /** Returns whether one of them is an exception. */
  private writeEvents(batch: BatchBuilder): boolean {
    const { events } = this.reader.spans;
    if (events.count === 0) {
      batch.events.write('');
      return false;
    }
    let exception = false;
    const json = this.list(events.count, (i) => {
      const event = this.texts.event(events.start.get(i), events.end.get(i));
      if (event.name === 'exception') exception = true;
      return event;
    });
    batch.events.write(json);
    return exception;
  }

  private writeLinks(batch: BatchBuilder, row: number): void {
    const { links } = this.reader.spans;
    if (links.count === 0) {
      batch.links.write('');
      return;
    }
    const parent = Buffer.from(batch.parentSpanId.subarray(row * 8, row * 8 + 8)).toString('hex');
    const json = this.list(links.count, (i) => {
      const link = this.texts.link(links.start.get(i), links.end.get(i));
      if (link.spanId === parent) this.written.linked = true;
      return link;
    });
    batch.links.write(json);
  }

  /** JSON array of as many as the limits allow. */
  private list(count: number, item: (i: number) => unknown): string {
    const parts: string[] = [];
    let length = 2;
    for (let i = 0; i < count; i += 1) {
      const text = i < this.limits.maxEvents ? JSON.stringify(item(i)) : undefined;
      if (text === undefined || length + text.length > this.limits.maxEventBytes) {
        this.written.truncated = true;
        break;
      }
      length += text.length + 1;
      parts.push(text);
    }
    if (this.texts.takeCutOff()) this.written.truncated = true;
    return `[${parts.join(',')}]`;
  }
}

function copyId(target: Uint8Array, to: number, view: DataView, from: number): void {
  for (let i = 0; i < 8; i += 1) target[to + i] = from < 0 ? 0 : view.getUint8(from + i);
}
