import { attributeTypes } from '@plumbline/wire';
import type { OtlpReader } from './otlp-reader';
import { eventTags, linkTags, listTags } from './otlp-tags';
import type { ProtobufReader } from './protobuf-reader';
import { valueTypes } from './span-table';
import { maxValueDepth, type ValuePosition } from './value-reader';

/** What stands for a value that is nested too deep. */
const tooDeep = '…';

/** Type that a value of {@link valueTypes} has on the wire. */
export const wireTypeOf: readonly number[] = [
  attributeTypes.json,
  attributeTypes.string,
  attributeTypes.bool,
  attributeTypes.int,
  attributeTypes.double,
  attributeTypes.json,
  attributeTypes.json,
  attributeTypes.bytes,
];

/** Texts of values that were read before, from the bytes that the reader has open. */
export class ValueTexts {
  private cutOff = false;

  constructor(private readonly reader: OtlpReader) {}

  /** Whether something was too deep and left out since this was asked last. */
  takeCutOff(): boolean {
    const { cutOff } = this;
    this.cutOff = false;
    return cutOff;
  }

  /** Value as {@link wireTypeOf} says it is written: numbers in decimal, arrays and maps as JSON, bytes in base64. */
  text(type: number, start: number, end: number): string {
    switch (type) {
      case valueTypes.string:
        return this.utf8(start, end);
      case valueTypes.bytes:
        return this.buffer.toString('base64', start, end);
      case valueTypes.bool:
        return this.isTrue(start, end) ? 'true' : 'false';
      case valueTypes.int:
        return this.int64(start, end).toString();
      case valueTypes.double:
        return String(this.reader.protobuf.view.getFloat64(start, true));
      default:
        return JSON.stringify(this.json(type, start, end, 1));
    }
  }

  utf8(start: number, end: number): string {
    return this.buffer.toString('utf8', start, end);
  }

  isTrue(start: number, end: number): boolean {
    for (let at = start; at < end; at += 1) if ((this.reader.protobuf.view.getUint8(at) & 0x7f) !== 0) return true;
    return false;
  }

  int64(start: number, end: number): bigint {
    let value = 0n;
    for (let at = start, shift = 0n; at < end; at += 1, shift += 7n) {
      value |= BigInt(this.reader.protobuf.view.getUint8(at) & 0x7f) << shift;
    }
    return BigInt.asIntN(64, value);
  }

  /** Value for JSON: integers beyond ±2⁵³, and numbers that JSON lacks, become texts. */
  json(type: number, start: number, end: number, depth: number): unknown {
    switch (type) {
      case valueTypes.none:
        return null;
      case valueTypes.bool:
        return this.isTrue(start, end);
      case valueTypes.int: {
        const value = this.int64(start, end);
        return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
      }
      case valueTypes.double: {
        const value = this.reader.protobuf.view.getFloat64(start, true);
        return Number.isFinite(value) ? value : String(value);
      }
      case valueTypes.array:
      case valueTypes.kvlist:
        if (depth >= maxValueDepth) {
          this.cutOff = true;
          return tooDeep;
        }
        return type === valueTypes.array ? this.list(start, end, depth) : this.map(start, end, depth, listTags.values);
      default:
        return this.text(type, start, end);
    }
  }

  /** JSON object of the attributes in a message. */
  map(start: number, end: number, depth: number, attributesTag: number): Record<string, unknown> {
    const { reader } = this;
    const { protobuf } = reader;
    const entries: [string, unknown][] = [];
    protobuf.at = start;
    while (protobuf.at < end) {
      const tag = protobuf.tag(end);
      if (tag !== attributesTag) {
        protobuf.skip(tag, end);
        continue;
      }
      const position = emptyPosition();
      const next = protobuf.lengthDelimited(end);
      reader.values.readKeyValue(next, position, depth + 1);
      const key = this.utf8(position.keyStart, position.keyEnd);
      entries.push([key, this.json(position.type, position.start, position.end, depth + 1)]);
      protobuf.at = next;
    }
    return Object.fromEntries(entries);
  }

  /** `{name, timeUnixNano, attributes}` of an event. */
  event(start: number, end: number): { name: string; timeUnixNano: string; attributes: Record<string, unknown> } {
    const { protobuf } = this.reader;
    let name = '';
    let timeUnixNano = '0';
    protobuf.at = start;
    while (protobuf.at < end) {
      const tag = protobuf.tag(end);
      if (tag === eventTags.name) name = this.nextText(protobuf, end);
      else if (tag === eventTags.time) {
        timeUnixNano = protobuf.view.getBigUint64(protobuf.fixed(8, end), true).toString();
      } else protobuf.skip(tag, end);
    }
    return { name, timeUnixNano, attributes: this.map(start, end, 0, eventTags.attributes) };
  }

  /** `{traceId, spanId, attributes}` of a link, ids in hexadecimal. */
  link(start: number, end: number): { traceId: string; spanId: string; attributes: Record<string, unknown> } {
    const { protobuf } = this.reader;
    const ids = { traceId: '', spanId: '' };
    protobuf.at = start;
    while (protobuf.at < end) {
      const tag = protobuf.tag(end);
      if (tag === linkTags.traceId || tag === linkTags.spanId) {
        const to = protobuf.lengthDelimited(end);
        ids[tag === linkTags.traceId ? 'traceId' : 'spanId'] = this.buffer.toString('hex', protobuf.at, to);
        protobuf.at = to;
      } else protobuf.skip(tag, end);
    }
    return { ...ids, attributes: this.map(start, end, 0, linkTags.attributes) };
  }

  private list(start: number, end: number, depth: number): unknown[] {
    const { reader } = this;
    const { protobuf } = reader;
    const values: unknown[] = [];
    protobuf.at = start;
    while (protobuf.at < end) {
      const tag = protobuf.tag(end);
      if (tag !== listTags.values) {
        protobuf.skip(tag, end);
        continue;
      }
      const position = emptyPosition();
      const next = protobuf.lengthDelimited(end);
      reader.values.readValue(next, position, depth + 1);
      values.push(this.json(position.type, position.start, position.end, depth + 1));
      protobuf.at = next;
    }
    return values;
  }

  private nextText(protobuf: ProtobufReader, end: number): string {
    const to = protobuf.lengthDelimited(end);
    const text = this.utf8(protobuf.at, to);
    protobuf.at = to;
    return text;
  }

  private get buffer(): Buffer {
    const { bytes } = this.reader.protobuf;
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}

function emptyPosition(): ValuePosition {
  return { keyStart: 0, keyEnd: 0, type: valueTypes.none, start: 0, end: 0 };
}
