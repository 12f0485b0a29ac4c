import { listTags, tagOf } from './otlp-tags';
import { wireTypes, type ProtobufReader } from './protobuf-reader';

const { varint, fixed64, lengthDelimited } = wireTypes;

const keyValueTags = { key: tagOf(1, lengthDelimited), value: tagOf(2, lengthDelimited) };
const valueTags = {
  string: tagOf(1, lengthDelimited),
  bool: tagOf(2, varint),
  int: tagOf(3, varint),
  double: tagOf(4, fixed64),
  array: tagOf(5, lengthDelimited),
  kvlist: tagOf(6, lengthDelimited),
  bytes: tagOf(7, lengthDelimited),
};
/** Type of a value that is not set; types are field numbers of `AnyValue`. */
const unset = 0;

/** Values nested deeper are not looked into: they are shown as a mark, and flagged. */
export const maxValueDepth = 16;

/** Where a value lies, filled by {@link ValueReader.readKeyValue} and {@link ValueReader.readValue}. */
export interface ValuePosition {
  keyStart: number;
  keyEnd: number;
  type: number;
  start: number;
  end: number;
}

/** Reads attributes: where keys and values lie, and whether what is nested in them can be read. */
export class ValueReader {
  private readonly value: ValuePosition = { keyStart: 0, keyEnd: 0, type: 0, start: 0, end: 0 };

  constructor(private readonly protobuf: ProtobufReader) {}

  /**
   * Reads a `KeyValue` up to `end` and leaves the positions of key and value in `into`.
   *
   * @throws {MalformedError}
   */
  readKeyValue(end: number, into: ValuePosition, depth: number): void {
    const { protobuf } = this;
    into.keyStart = 0;
    into.keyEnd = 0;
    into.type = unset;
    into.start = 0;
    into.end = 0;
    while (protobuf.at < end) {
      const tag = protobuf.tag(end);
      if (tag === keyValueTags.key) {
        into.keyEnd = protobuf.lengthDelimited(end);
        into.keyStart = protobuf.at;
        protobuf.at = into.keyEnd;
      } else if (tag === keyValueTags.value) {
        this.readValue(protobuf.lengthDelimited(end), into, depth);
      } else protobuf.skip(tag, end);
    }
  }

  /**
   * Reads an `AnyValue` up to `end`: of several values the last counts, as in every `oneof`. What is inside of arrays and maps
   * is walked through down to {@link maxValueDepth}.
   *
   * @throws {MalformedError}
   */
  readValue(end: number, into: ValuePosition, depth: number): void {
    const { protobuf } = this;
    while (protobuf.at < end) {
      const tag = protobuf.tag(end);
      switch (tag) {
        case valueTags.string:
        case valueTags.bytes:
          into.end = protobuf.lengthDelimited(end);
          into.start = protobuf.at;
          protobuf.at = into.end;
          into.type = tag >> 3;
          break;
        case valueTags.bool:
        case valueTags.int:
          into.start = protobuf.at;
          protobuf.varint(end);
          into.end = protobuf.at;
          into.type = tag >> 3;
          break;
        case valueTags.double:
          into.start = protobuf.fixed(8, end);
          into.end = protobuf.at;
          into.type = tag >> 3;
          break;
        case valueTags.array:
        case valueTags.kvlist: {
          const to = protobuf.lengthDelimited(end);
          const from = protobuf.at;
          this.checkList(to, tag === valueTags.kvlist, depth);
          into.start = from;
          into.end = to;
          into.type = tag >> 3;
          break;
        }
        default:
          protobuf.skip(tag, end);
      }
    }
  }

  /** Walks through a message whose only messages are its attributes. */
  checkParts(end: number, attributesTag: number): void {
    const { protobuf, value } = this;
    while (protobuf.at < end) {
      const tag = protobuf.tag(end);
      if (tag === attributesTag) this.readKeyValue(protobuf.lengthDelimited(end), value, 1);
      else protobuf.skip(tag, end);
    }
  }

  private checkList(end: number, keyed: boolean, depth: number): void {
    const { protobuf } = this;
    if (depth >= maxValueDepth) {
      protobuf.at = end;
      return;
    }
    const inner: ValuePosition = { keyStart: 0, keyEnd: 0, type: 0, start: 0, end: 0 };
    while (protobuf.at < end) {
      const tag = protobuf.tag(end);
      if (tag === listTags.values) {
        const to = protobuf.lengthDelimited(end);
        if (keyed) this.readKeyValue(to, inner, depth + 1);
        else this.readValue(to, inner, depth + 1);
      } else protobuf.skip(tag, end);
    }
  }
}
