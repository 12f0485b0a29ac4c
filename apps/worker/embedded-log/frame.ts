import { crc32 } from 'node:zlib';
import type { StreamRecord } from '../stream';

/**
 * A record in a segment file, integers big-endian:
 *
 * ```
 * u32 length of the body · u32 CRC-32 of the body · body
 * body: u64 offset · f64 record time · field key · u16 headers · (field name · field value)* · field value
 * field: i32 length, -1 for null · bytes
 * ```
 */
export const frameHeaderBytes = 8;

/** A longer frame is damage: no message comes near it. */
const maxFrameBytes = 256 * 1024 * 1024;

/** Offset, time, null key, no headers, null value. */
const minBodyBytes = 8 + 8 + 4 + 2 + 4;

/** Bytes of a record's frame, header included. */
export function frameSize(record: StreamRecord): number {
  let size = frameHeaderBytes + minBodyBytes + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const [name, value] of Object.entries(record.headers)) {
    size += 8 + Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  return size;
}

/** The frame of a record. */
export function encodeFrame(record: StreamRecord): Buffer {
  const frame = Buffer.allocUnsafe(frameSize(record));
  let at = frameHeaderBytes;
  at = frame.writeBigUInt64BE(BigInt(record.offset), at);
  at = frame.writeDoubleBE(record.timestampMs, at);
  at = writeField(frame, at, record.key);
  const entries = Object.entries(record.headers);
  at = frame.writeUInt16BE(entries.length, at);
  for (const [name, value] of entries) {
    at = writeField(frame, at, Buffer.from(name));
    at = writeField(frame, at, Buffer.from(value));
  }
  writeField(frame, at, record.value);
  frame.writeUInt32BE(frame.length - frameHeaderBytes, 0);
  frame.writeUInt32BE(crc32(frame.subarray(frameHeaderBytes)), 4);
  return frame;
}

/** What was found at a position of a buffer. */
export type FrameResult =
  | { readonly kind: 'record'; readonly record: StreamRecord; readonly end: number }
  /** The frame continues past the buffer; it needs `bytes` from its start on. */
  | { readonly kind: 'short'; readonly bytes: number }
  /** Not a frame, or one whose checksum is wrong. */
  | { readonly kind: 'bad' };

/** Reads the frame at `start`. Key and value of the record are views of the buffer. */
export function decodeFrame(buffer: Buffer, start: number): FrameResult {
  if (buffer.length - start < frameHeaderBytes) return { kind: 'short', bytes: frameHeaderBytes };
  const length = buffer.readUInt32BE(start);
  const end = start + frameHeaderBytes + length;
  if (length < minBodyBytes || length + frameHeaderBytes > maxFrameBytes) return { kind: 'bad' };
  if (end > buffer.length) return { kind: 'short', bytes: end - start };
  const body = buffer.subarray(start + frameHeaderBytes, end);
  if (crc32(body) !== buffer.readUInt32BE(start + 4)) return { kind: 'bad' };
  return { kind: 'record', record: decodeBody(body), end };
}

/** The checksum held, so the body is as it was written. */
function decodeBody(body: Buffer): StreamRecord {
  let at = 16;
  const field = (): Buffer | null => {
    const length = body.readInt32BE(at);
    at += 4;
    if (length < 0) return null;
    at += length;
    return body.subarray(at - length, at);
  };
  const key = field();
  const count = body.readUInt16BE(at);
  at += 2;
  const headers: [name: string, value: string][] = [];
  for (let index = 0; index < count; index += 1) {
    headers.push([field()?.toString() ?? '', field()?.toString() ?? '']);
  }
  return {
    offset: Number(body.readBigUInt64BE(0)),
    timestampMs: body.readDoubleBE(8),
    key,
    value: field(),
    // Not by assignment, which sets the prototype where the header is named `__proto__`.
    headers: Object.fromEntries(headers),
  };
}

function writeField(frame: Buffer, at: number, bytes: Uint8Array | null): number {
  const next = frame.writeInt32BE(bytes === null ? -1 : bytes.length, at);
  if (bytes === null) return next;
  frame.set(bytes, next);
  return next + bytes.length;
}
