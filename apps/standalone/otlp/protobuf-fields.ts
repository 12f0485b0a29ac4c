import { OtlpRefusal } from './errors';

/** Wire types of protobuf that still exist. */
const varint = 0;
const fixed64 = 1;
const lengthDelimited = 2;
const fixed32 = 5;

/** Field numbers have 29 bits, wire types 3. */
const maxTag = 2 ** 32 - 1;

/** Called for each field of a message: where it starts with its tag, and where its content lies. */
export type FieldVisitor = (
  field: number,
  wireType: number,
  tagStart: number,
  contentStart: number,
  contentEnd: number,
) => void;

/**
 * Walks the fields of one protobuf message between two bounds without decoding them.
 *
 * @throws {OtlpRefusal} `malformed` when the bytes are no protobuf message
 */
export function visitFields(bytes: Uint8Array, start: number, end: number, visit: FieldVisitor): void {
  let at = start;
  while (at < end) {
    const tagStart = at;
    const tag = readVarint(bytes, at, end);
    at = tag.next;
    const field = Math.floor(tag.value / 8);
    const wireType = tag.value % 8;
    if (field === 0 || tag.value > maxTag) throw malformed(`no field number at byte ${tagStart}`);
    let contentStart = at;
    let contentEnd: number;
    switch (wireType) {
      case varint:
        contentEnd = readVarint(bytes, at, end).next;
        break;
      case fixed64:
        contentEnd = at + 8;
        break;
      case fixed32:
        contentEnd = at + 4;
        break;
      case lengthDelimited: {
        const length = readVarint(bytes, at, end);
        contentStart = length.next;
        contentEnd = length.next + length.value;
        break;
      }
      default:
        throw malformed(`wire type ${wireType} at byte ${tagStart}`);
    }
    if (contentEnd > end) throw malformed(`field ${field} at byte ${tagStart} reaches past the end of its message`);
    visit(field, wireType, tagStart, contentStart, contentEnd);
    at = contentEnd;
  }
}

/** Whether a visited field holds a message, string or bytes. */
export function isLengthDelimited(wireType: number): boolean {
  return wireType === lengthDelimited;
}

function readVarint(bytes: Uint8Array, start: number, end: number): { value: number; next: number } {
  let value = 0;
  let scale = 1;
  for (let at = start; at < end && at < start + 10; at += 1) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, next: at + 1 };
    scale *= 128;
  }
  throw malformed(`varint at byte ${start} does not end`);
}

/** Bytes of a varint, for writing lengths. */
export function encodeVarint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

function malformed(detail: string): OtlpRefusal {
  return new OtlpRefusal('malformed', `not an ExportTraceServiceRequest: ${detail}`);
}
