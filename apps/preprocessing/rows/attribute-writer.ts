import { attributeTypes } from '@plumbline/wire';
import { roleCount, roles, type AttributeKeys } from '../naming/attribute-keys';
import type { TextPosition } from '../naming/operations';
import { grpcStatusNames, sides } from '../naming/semantic-conventions';
import type { OtlpReader } from '../otlp/otlp-reader';
import { valueTypes } from '../otlp/span-table';
import { wireTypeOf, type ValueTexts } from '../otlp/value-text';
import type { BatchBuilder } from './batch-builder';

export interface AttributeLimits {
  /** Attributes of a span. */
  readonly maxAttributes: number;
  /** Bytes of one value. */
  readonly maxValueBytes: number;
}

const noPosition: TextPosition = { start: 0, end: 0 };
const serverKinds: ReadonlySet<number> = new Set([2, 5]);

/**
 * Writes the attributes of a span by today's names and notes those with a role. Where a span has a name of today and an
 * earlier one for the same thing, the one of today wins.
 */
export class AttributeWriter {
  /** Something of the span did not fit. */
  truncated = false;
  /** `error: true` was sent, OpenTracing's status. */
  error = false;
  /** `http.response_time_ms`, or NaN. */
  responseTimeMs = NaN;

  private readonly found = new Int32Array(roleCount).fill(-1);
  /** Present name of each attribute, and whether it came under an earlier one. */
  private keys = new Int32Array(128);
  private earlier = new Uint8Array(128);
  /** By present name: the last span that sent it under that very name, and the last one it was written for. */
  private present = new Float64Array(256);
  private written = new Float64Array(256);
  /** Counts spans, which are more than 32 bits hold after hours at full speed. */
  private span = 0;

  constructor(
    private readonly reader: OtlpReader,
    private readonly attributeKeys: AttributeKeys,
    private readonly texts: ValueTexts,
    private readonly limits: AttributeLimits,
  ) {}

  /**
   * Looks at the attributes of the only span that the reader holds; what they say is then known.
   *
   * @param kind OTLP span kind
   */
  read(kind: number): void {
    const { attributes } = this.reader.spans;
    const { view } = this.reader.protobuf;
    const side = serverKinds.has(kind) ? sides.server : sides.client;
    this.span += 1;
    this.truncated = false;
    this.error = false;
    this.responseTimeMs = NaN;
    this.found.fill(-1);
    if (attributes.count > this.keys.length) {
      this.keys = new Int32Array(attributes.count * 2);
      this.earlier = new Uint8Array(attributes.count * 2);
    }
    for (let i = 0; i < attributes.count; i += 1) {
      const sent = this.attributeKeys.index(view, attributes.keyStart.get(i), attributes.keyEnd.get(i));
      const current = this.attributeKeys.currentIndex(sent, side);
      this.keys[i] = current;
      if (current < 0) continue;
      if (current >= this.present.length) this.grow(current);
      const earlier = this.attributeKeys.isRenamed(sent, side);
      this.earlier[i] = earlier ? 1 : 0;
      if (!earlier) this.present[current] = this.span;
      const role = this.attributeKeys.role(current);
      if (role !== roles.none) this.note(role, i, earlier);
    }
  }

  /** Position of the text of a string attribute with a role. */
  text(role: number): TextPosition {
    const i = this.found[role] ?? -1;
    const { attributes } = this.reader.spans;
    if (i < 0 || attributes.type.get(i) !== valueTypes.string) return noPosition;
    return { start: attributes.valueStart.get(i), end: attributes.valueEnd.get(i) };
  }

  has(role: number): boolean {
    return (this.found[role] ?? -1) >= 0;
  }

  /** Number in an attribute with a role, 0 when it has none. */
  number(role: number): number {
    const i = this.found[role] ?? -1;
    return i < 0 ? 0 : this.numberAt(i);
  }

  /** gRPC status by name, from a name or a number; empty when there is none. */
  rpcStatus(): string {
    const i = this.found[roles.rpcStatus] ?? -1;
    if (i < 0) return '';
    const { attributes } = this.reader.spans;
    if (attributes.type.get(i) === valueTypes.int) return grpcStatusNames[this.numberAt(i)] ?? 'UNKNOWN';
    return this.texts.utf8(attributes.valueStart.get(i), attributes.valueEnd.get(i));
  }

  /** Appends the attributes to the batch. */
  write(batch: BatchBuilder): void {
    const { attributes } = this.reader.spans;
    let count = 0;
    for (let i = 0; i < attributes.count; i += 1) {
      const key = this.keys[i] ?? -1;
      // Of two earlier names for one thing the first counts.
      const earlier = key >= 0 && this.earlier[i] === 1;
      if (earlier && (this.present[key] === this.span || this.written[key] === this.span)) continue;
      if (key < 0 || count >= this.limits.maxAttributes) {
        this.truncated = true;
        continue;
      }
      this.written[key] = this.span;
      count += this.writeOne(batch, i, key);
    }
  }

  private writeOne(batch: BatchBuilder, i: number, key: number): number {
    const { attributes } = this.reader.spans;
    const type = attributes.type.get(i);
    const start = attributes.valueStart.get(i);
    const end = attributes.valueEnd.get(i);
    switch (this.attributeKeys.role(key)) {
      case roles.error:
        if (this.isError(i)) return 0;
        break;
      case roles.responseTime:
        if (!Number.isNaN(this.responseTimeMs)) return 0;
        break;
      case roles.target:
        if (type === valueTypes.string) return this.writeTarget(batch, start, end);
        break;
      case roles.rpcStatus:
        if (type !== valueTypes.int) break;
        batch.attributeValue.write(this.rpcStatus());
        batch.addAttribute(key, attributeTypes.string);
        return 1;
      default:
    }
    this.writeValue(batch, type, start, end, key);
    return 1;
  }

  private writeValue(batch: BatchBuilder, type: number, start: number, end: number, key: number): void {
    const { view } = this.reader.protobuf;
    const { maxValueBytes } = this.limits;
    let wireType = wireTypeOf[type] ?? attributeTypes.json;
    if (type === valueTypes.string) {
      batch.attributeValue.copy(view, start, this.cut(view, start, end));
    } else if (type === valueTypes.int && end - start <= 4) {
      batch.attributeValue.writeInteger(smallVarint(view, start, end));
    } else {
      const text = this.texts.text(type, start, end);
      const fits = text.length <= maxValueBytes;
      batch.attributeValue.write(fits ? text : text.slice(0, maxValueBytes));
      // Half of a JSON text is none.
      if (!fits && wireType === attributeTypes.json) wireType = attributeTypes.string;
      if (this.texts.takeCutOff() || !fits) this.truncated = true;
    }
    batch.addAttribute(key, wireType);
  }

  /** Path and query, as two attributes. */
  private writeTarget(batch: BatchBuilder, start: number, end: number): number {
    const { view } = this.reader.protobuf;
    const limit = this.cut(view, start, end);
    let question = start;
    while (question < limit && view.getUint8(question) !== 0x3f) question += 1;
    const path = this.writePart(batch, 'url.path', start, question);
    return path + this.writePart(batch, 'url.query', question + 1, limit);
  }

  /** Returns the number of attributes that were written. */
  private writePart(batch: BatchBuilder, name: string, start: number, end: number): number {
    const key = this.attributeKeys.currentNumber(name);
    if (key >= this.present.length) this.grow(key);
    if (end <= start || this.present[key] === this.span) return 0;
    batch.attributeValue.copy(this.reader.protobuf.view, start, end);
    batch.addAttribute(key, attributeTypes.string);
    return 1;
  }

  private note(role: number, i: number, earlier: boolean): void {
    if (earlier && (this.found[role] ?? -1) >= 0) return;
    this.found[role] = i;
    if (role === roles.error) this.error = this.isError(i) && this.numberAt(i) === 1;
    if (role === roles.responseTime) {
      const type = this.reader.spans.attributes.type.get(i);
      if (type === valueTypes.int || type === valueTypes.double) this.responseTimeMs = this.numberAt(i);
    }
  }

  /** A truth value, as OpenTracing's `error` has it; other texts under that name are the application's own. */
  private isError(i: number): boolean {
    const { attributes } = this.reader.spans;
    const type = attributes.type.get(i);
    if (type === valueTypes.bool) return true;
    if (type !== valueTypes.string) return false;
    const length = attributes.valueEnd.get(i) - attributes.valueStart.get(i);
    if (length > 5) return false;
    return /^(true|false)$/.test(this.texts.utf8(attributes.valueStart.get(i), attributes.valueEnd.get(i)));
  }

  private numberAt(i: number): number {
    const { attributes } = this.reader.spans;
    const start = attributes.valueStart.get(i);
    const end = attributes.valueEnd.get(i);
    switch (attributes.type.get(i)) {
      case valueTypes.bool:
        return this.texts.isTrue(start, end) ? 1 : 0;
      case valueTypes.int:
        return end - start <= 4
          ? smallVarint(this.reader.protobuf.view, start, end)
          : Number(this.texts.int64(start, end));
      case valueTypes.double:
        return this.reader.protobuf.view.getFloat64(start, true);
      case valueTypes.string: {
        if (end - start > 20) return 0;
        const text = this.texts.utf8(start, end);
        return text === 'true' ? 1 : Number(text) || 0;
      }
      default:
        return 0;
    }
  }

  /** End of a text within the limit, not in the middle of a character. */
  private cut(view: DataView, start: number, end: number): number {
    let limit = start + this.limits.maxValueBytes;
    if (end <= limit) return end;
    this.truncated = true;
    while (limit > start && (view.getUint8(limit) & 0xc0) === 0x80) limit -= 1;
    return limit;
  }

  private grow(current: number): void {
    const size = Math.max(current + 1, this.present.length * 2);
    const grown = (array: Float64Array) => {
      const larger = new Float64Array(size);
      larger.set(array);
      return larger;
    };
    this.present = grown(this.present);
    this.written = grown(this.written);
  }
}

/** Of at most four bytes. */
function smallVarint(view: DataView, start: number, end: number): number {
  let value = 0;
  for (let at = start, shift = 0; at < end; at += 1, shift += 7) value |= (view.getUint8(at) & 0x7f) << shift;
  return value;
}
