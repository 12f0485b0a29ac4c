import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { OtlpRefusal } from '../otlp/errors';
import { jsonToProtobuf } from '../otlp/json';

/** Largest single request in a recording, bytes. */
const maxRequestBytes = 64 * 1024 * 1024;

/** A recording that cannot be read on; says where. */
export class RecordingError extends Error {
  readonly code = 'PLUMBLINE_RECORDING';
  override readonly name = 'RecordingError';
}

/** One export request of a recording. */
export interface RecordedRequest {
  /** From 0. */
  readonly index: number;
  /** ExportTraceServiceRequest in protobuf form. */
  readonly bytes: Uint8Array;
}

/**
 * Reads the requests of a recording in order: JSON lines (one OTLP/JSON export request a line; blank lines are skipped) or
 * protobuf messages each after its length as a varint; either may be gzipped. Which it is shows in the first bytes.
 *
 * @throws {RecordingError} naming file and position of what cannot be read
 */
export async function* readRecording(path: string): AsyncGenerator<RecordedRequest> {
  const source = createReadStream(path);
  try {
    const chunks = await unzipped(source);
    const first = await chunks.next();
    if (first.done === true) return;
    const rest = prepend(first.value, chunks);
    const isJson = /^\s*(\{|$)/.test(Buffer.from(first.value.subarray(0, 256)).toString('latin1'));
    yield* isJson ? jsonLines(path, rest) : delimited(path, rest);
  } catch (cause) {
    if (cause instanceof RecordingError) throw cause;
    throw new RecordingError(`${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  } finally {
    source.destroy();
  }
}

type Chunks = AsyncGenerator<Uint8Array>;

async function unzipped(source: AsyncIterable<Buffer>): Promise<Chunks> {
  const chunks = bytesOf(source);
  const first = await chunks.next();
  if (first.done === true) return chunks;
  const whole = prepend(first.value, chunks);
  return first.value[0] === 0x1f && first.value[1] === 0x8b ? gunzip(whole) : whole;
}

async function* bytesOf(source: AsyncIterable<Buffer>): Chunks {
  for await (const chunk of source) yield chunk;
}

async function* prepend(first: Uint8Array, rest: Chunks): Chunks {
  yield first;
  yield* rest;
}

async function* gunzip(chunks: Chunks): Chunks {
  const gunzipper = createGunzip();
  const feeding = (async () => {
    for await (const chunk of chunks) {
      if (!gunzipper.write(chunk)) await new Promise((resolve) => gunzipper.once('drain', resolve));
    }
    gunzipper.end();
  })();
  feeding.catch((error: unknown) => gunzipper.destroy(error instanceof Error ? error : new Error(String(error))));
  for await (const chunk of gunzipper as AsyncIterable<Buffer>) yield chunk;
  await feeding;
}

async function* jsonLines(path: string, chunks: Chunks): AsyncGenerator<RecordedRequest> {
  let index = 0;
  let line = 0;
  for await (const text of splitLines(path, chunks)) {
    line += 1;
    if (text.trim() === '') continue;
    try {
      yield { index, bytes: jsonToProtobuf(text) };
    } catch (cause) {
      if (!(cause instanceof OtlpRefusal)) throw cause;
      throw new RecordingError(`${path}:${line}: ${cause.message}`, { cause });
    }
    index += 1;
  }
}

async function* splitLines(path: string, chunks: Chunks): AsyncGenerator<string> {
  let parts: Uint8Array[] = [];
  let held = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, from)) {
      yield Buffer.concat([...parts, chunk.subarray(from, end)]).toString('utf8');
      parts = [];
      held = 0;
      from = end + 1;
    }
    parts.push(chunk.subarray(from));
    held += chunk.length - from;
    if (held > maxRequestBytes) throw new RecordingError(`${path}: a line is longer than ${maxRequestBytes} bytes`);
  }
  if (held > 0) yield Buffer.concat(parts).toString('utf8');
}

async function* delimited(path: string, chunks: Chunks): AsyncGenerator<RecordedRequest> {
  let buffer: Uint8Array = Buffer.alloc(0);
  let index = 0;
  let consumed = 0;
  for await (const chunk of chunks) {
    buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk]);
    let at = 0;
    for (let frame = readFrame(path, buffer, at, consumed); frame !== undefined;) {
      yield { index, bytes: buffer.slice(frame.start, frame.end) };
      index += 1;
      at = frame.end;
      frame = readFrame(path, buffer, at, consumed);
    }
    consumed += at;
    buffer = buffer.subarray(at);
  }
  if (buffer.length > 0) {
    throw new RecordingError(`${path}: the last message, at byte ${consumed}, is cut off`);
  }
}

/** The next whole message, or `undefined` when more bytes are needed. */
function readFrame(
  path: string,
  buffer: Uint8Array,
  start: number,
  consumed: number,
): { start: number; end: number } | undefined {
  let length = 0;
  let scale = 1;
  for (let at = start; at < buffer.length; at += 1) {
    const byte = buffer[at] ?? 0;
    length += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      if (length > maxRequestBytes) break;
      const end = at + 1 + length;
      return end <= buffer.length ? { start: at + 1, end } : undefined;
    }
    scale *= 128;
    if (at - start >= 5) break;
  }
  if (buffer.length - start < 6 && length <= maxRequestBytes) return undefined;
  throw new RecordingError(
    `${path}: at byte ${consumed + start} stands no message length; is it JSON lines or length-delimited protobuf?`,
  );
}
