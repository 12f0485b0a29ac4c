import { eventTags, linkTags, resourceTags, tagOf } from './otlp-tags';
import { MalformedError, ProtobufReader, wireTypes } from './protobuf-reader';
import { SpanTable } from './span-table';
import { ValueReader, type ValuePosition } from './value-reader';

const { varint, fixed64, lengthDelimited } = wireTypes;

const requestTags = { resourceSpans: tagOf(1, lengthDelimited) };
const resourceSpansTags = { resource: tagOf(1, lengthDelimited), scopeSpans: tagOf(2, lengthDelimited) };
const scopeSpansTags = { scope: tagOf(1, lengthDelimited), spans: tagOf(2, lengthDelimited) };
const scopeTags = { attributes: tagOf(3, lengthDelimited) };
/** Tags of `Span`, as constants of this module: a switch over them is on the hot path. */
const spanTraceId = tagOf(1, lengthDelimited);
const spanSpanId = tagOf(2, lengthDelimited);
const spanTraceState = tagOf(3, lengthDelimited);
const spanParentSpanId = tagOf(4, lengthDelimited);
const spanName = tagOf(5, lengthDelimited);
const spanKind = tagOf(6, varint);
const spanStartTime = tagOf(7, fixed64);
const spanEndTime = tagOf(8, fixed64);
const spanAttributes = tagOf(9, lengthDelimited);
const spanEvents = tagOf(11, lengthDelimited);
const spanLinks = tagOf(13, lengthDelimited);
const spanStatus = tagOf(15, lengthDelimited);
const statusTags = { message: tagOf(2, lengthDelimited), code: tagOf(3, varint) };

/** Attributes, events and links of a span that are recorded; what is beyond is only checked. No setting allows as many. */
export const maxListed = 8192;

/** Spans of a request that were left out, by reason. */
export type Malformed = ReadonlyMap<string, number>;

/**
 * Reads `ExportTraceServiceRequest` into columns of positions; nothing is copied and no object made for a span. Fields that are
 * not known, or of another wire type than they should have, are skipped as protobuf wants it.
 */
export class OtlpReader {
  readonly spans = new SpanTable();
  /** Positions of each `Resource` of the request, by {@link SpanTable.resource}; more than one piece is merged by protobuf's rule. */
  readonly resources: { start: number; end: number }[][] = [];
  readonly protobuf = new ProtobufReader();
  readonly values = new ValueReader(this.protobuf);
  private readonly malformedSpans = new Map<string, number>();
  private readonly value: ValuePosition = { keyStart: 0, keyEnd: 0, type: 0, start: 0, end: 0 };

  get malformed(): Malformed {
    return this.malformedSpans;
  }

  /**
   * Reads a whole request. A span that cannot be read, or has no valid ids, is left out and counted in {@link malformed}.
   *
   * @throws {MalformedError} when what is around the spans cannot be read
   */
  readRequest(bytes: Uint8Array): void {
    const { protobuf } = this;
    protobuf.open(bytes);
    this.spans.clear();
    this.resources.length = 0;
    this.malformedSpans.clear();
    const end = bytes.length;
    while (protobuf.at < end) {
      const tag = protobuf.tag(end);
      if (tag === requestTags.resourceSpans) this.readResourceSpans(protobuf.lengthDelimited(end));
      else protobuf.skip(tag, end);
    }
  }

  /**
   * Appends one span, from the content of its message between two positions of the bytes opened last.
   *
   * @throws {MalformedError} when it cannot be read
   */
  readSpan(start: number, end: number): void {
    const { protobuf, spans } = this;
    const row = spans.count;
    const firstAttribute = spans.attributes.count;
    const firstEvent = spans.events.count;
    const firstLink = spans.links.count;
    let traceIdAt = -1;
    let spanIdAt = -1;
    let parentIdAt = -1;
    let kind = 0;
    let startTimeAt = -1;
    let endTimeAt = -1;
    let nameStart = 0;
    let nameEnd = 0;
    let stateStart = 0;
    let stateEnd = 0;
    spans.statusCode.set(row, 0);
    spans.messageStart.set(row, 0);
    spans.messageEnd.set(row, 0);
    protobuf.at = start;
    while (protobuf.at < end) {
      const tag = protobuf.tag(end);
      switch (tag) {
        case spanTraceId:
          traceIdAt = this.id(16, 'trace id', end);
          break;
        case spanSpanId:
          spanIdAt = this.id(8, 'span id', end);
          break;
        case spanTraceState:
          stateEnd = protobuf.lengthDelimited(end);
          stateStart = protobuf.at;
          protobuf.at = stateEnd;
          break;
        case spanParentSpanId:
          parentIdAt = this.parentId(end);
          break;
        case spanName:
          nameEnd = protobuf.lengthDelimited(end);
          nameStart = protobuf.at;
          protobuf.at = nameEnd;
          break;
        case spanKind:
          kind = protobuf.int32(end);
          break;
        case spanStartTime:
          startTimeAt = protobuf.fixed(8, end);
          break;
        case spanEndTime:
          endTimeAt = protobuf.fixed(8, end);
          break;
        case spanAttributes:
          this.addAttribute(protobuf.lengthDelimited(end), firstAttribute);
          break;
        case spanEvents: {
          const to = protobuf.lengthDelimited(end);
          if (spans.events.count - firstEvent < maxListed) spans.events.add(protobuf.at, to);
          this.values.checkParts(to, eventTags.attributes);
          break;
        }
        case spanLinks: {
          const to = protobuf.lengthDelimited(end);
          if (spans.links.count - firstLink < maxListed) spans.links.add(protobuf.at, to);
          this.values.checkParts(to, linkTags.attributes);
          break;
        }
        case spanStatus:
          this.readStatus(row, protobuf.lengthDelimited(end));
          break;
        default:
          protobuf.skip(tag, end);
      }
    }
    if (traceIdAt < 0) throw new MalformedError('no trace id');
    if (spanIdAt < 0) throw new MalformedError('no span id');
    spans.start.set(row, start);
    spans.end.set(row, end);
    spans.traceIdAt.set(row, traceIdAt);
    spans.spanIdAt.set(row, spanIdAt);
    spans.parentIdAt.set(row, parentIdAt);
    spans.kind.set(row, kind >= 0 && kind <= 5 ? kind : 0);
    spans.startTimeAt.set(row, startTimeAt);
    spans.endTimeAt.set(row, endTimeAt);
    spans.nameStart.set(row, nameStart);
    spans.nameEnd.set(row, nameEnd);
    spans.stateStart.set(row, stateStart);
    spans.stateEnd.set(row, stateEnd);
    spans.count = row + 1;
    spans.attributeOffsets.set(row + 1, spans.attributes.count);
    spans.eventOffsets.set(row + 1, spans.events.count);
    spans.linkOffsets.set(row + 1, spans.links.count);
  }

  private readResourceSpans(end: number): void {
    const { protobuf } = this;
    const ordinal = this.resources.length;
    const before = this.spans.count;
    const pieces: { start: number; end: number }[] = [];
    this.resources.push(pieces);
    while (protobuf.at < end) {
      const tag = protobuf.tag(end);
      if (tag === resourceSpansTags.scopeSpans) this.readScopeSpans(protobuf.lengthDelimited(end), ordinal);
      else if (tag === resourceSpansTags.resource) {
        const to = protobuf.lengthDelimited(end);
        pieces.push({ start: protobuf.at, end: to });
        this.values.checkParts(to, resourceTags.attributes);
      } else protobuf.skip(tag, end);
    }
    // Millions of resources without spans fit into a message; nobody asks for them.
    if (this.spans.count === before) this.resources.length = ordinal;
  }

  private readScopeSpans(end: number, resource: number): void {
    const { protobuf, spans } = this;
    while (protobuf.at < end) {
      const tag = protobuf.tag(end);
      if (tag === scopeSpansTags.spans) {
        const to = protobuf.lengthDelimited(end);
        const row = spans.count;
        spans.resource.set(row, resource);
        try {
          this.readSpan(protobuf.at, to);
        } catch (error) {
          if (!(error instanceof MalformedError)) throw error;
          spans.truncate(row);
          this.malformedSpans.set(error.message, (this.malformedSpans.get(error.message) ?? 0) + 1);
        }
        protobuf.at = to;
      } else if (tag === scopeSpansTags.scope)
        this.values.checkParts(protobuf.lengthDelimited(end), scopeTags.attributes);
      else protobuf.skip(tag, end);
    }
  }

  private readStatus(row: number, end: number): void {
    const { protobuf, spans } = this;
    while (protobuf.at < end) {
      const tag = protobuf.tag(end);
      if (tag === statusTags.code) {
        const code = protobuf.int32(end);
        spans.statusCode.set(row, code >= 0 && code <= 2 ? code : 0);
      } else if (tag === statusTags.message) {
        const to = protobuf.lengthDelimited(end);
        spans.messageStart.set(row, protobuf.at);
        spans.messageEnd.set(row, to);
        protobuf.at = to;
      } else protobuf.skip(tag, end);
    }
  }

  private addAttribute(end: number, first: number): void {
    const { attributes } = this.spans;
    const { value } = this;
    this.values.readKeyValue(end, value, 1);
    const row = attributes.count;
    if (row - first >= maxListed) return;
    attributes.keyStart.set(row, value.keyStart);
    attributes.keyEnd.set(row, value.keyEnd);
    attributes.type.set(row, value.type);
    attributes.valueStart.set(row, value.start);
    attributes.valueEnd.set(row, value.end);
    attributes.count = row + 1;
  }

  private id(size: number, what: string, end: number): number {
    const { protobuf } = this;
    const to = protobuf.lengthDelimited(end);
    const at = protobuf.at;
    protobuf.at = to;
    if (to - at !== size) throw new MalformedError(`${what} is not of ${size} bytes`);
    let zero = protobuf.view.getUint32(at, true) | protobuf.view.getUint32(at + 4, true);
    if (size === 16) zero |= protobuf.view.getUint32(at + 8, true) | protobuf.view.getUint32(at + 12, true);
    if (zero === 0) throw new MalformedError(`${what} is zero`);
    return at;
  }

  /** Roots leave the field out, leave it empty, or send zeros. */
  private parentId(end: number): number {
    const { protobuf } = this;
    const to = protobuf.lengthDelimited(end);
    const at = protobuf.at;
    protobuf.at = to;
    if (to === at) return -1;
    if (to - at !== 8) throw new MalformedError('parent span id is not of 8 bytes');
    return protobuf.view.getUint32(at, true) === 0 && protobuf.view.getUint32(at + 4, true) === 0 ? -1 : at;
  }
}
