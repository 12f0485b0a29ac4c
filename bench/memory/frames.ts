import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';

/** A record on its way to the measured process. */
export interface Frame {
  readonly topic: string;
  readonly timestampMs: number;
  readonly value: Uint8Array;
}

const headBytes = 16;

/** Writes a record; waits for the reader where it is behind, so that what waits is in neither process. */
export async function writeFrame(into: Writable, { topic, timestampMs, value }: Frame): Promise<void> {
  const head = Buffer.alloc(headBytes);
  const name = Buffer.from(topic);
  head.writeDoubleLE(timestampMs, 0);
  head.writeUInt32LE(name.length, 8);
  head.writeUInt32LE(value.length, 12);
  if (!into.write(Buffer.concat([head, name, value]))) await once(into, 'drain');
}

/** Reads what {@link writeFrame} wrote. */
export async function* readFrames(from: Readable): AsyncGenerator<Frame> {
  let pending: Buffer[] = [];
  let length = 0;
  let needed = headBytes;
  for await (const chunk of from) {
    pending.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length < needed) continue;
    let bytes = Buffer.concat(pending);
    for (;;) {
      if (bytes.length < headBytes) break;
      const [name, value] = [bytes.readUInt32LE(8), bytes.readUInt32LE(12)];
      needed = headBytes + name + value;
      if (bytes.length < needed) break;
      const topic = bytes.toString('utf8', headBytes, headBytes + name);
      // A copy: a view would keep the whole chunk.
      yield {
        topic,
        timestampMs: bytes.readDoubleLE(0),
        value: Uint8Array.from(bytes.subarray(headBytes + name, needed)),
      };
      bytes = bytes.subarray(needed);
      needed = headBytes;
    }
    pending = [Buffer.from(bytes)];
    length = bytes.length;
  }
}
