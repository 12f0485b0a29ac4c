import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import type { LoadMessage } from './load';

/** Length of the value (4 bytes), record time (8), partition (1), number of spans (4). */
const headerBytes = 17;
/** A batch of all partitions, about what fetches bring at a time. */
const chunkBytes = 4 * 1024 * 1024;

/** Writes a load where measured processes read it, so that making it is not among what they take. @returns bytes of all values */
export function writeLoadFile(path: string, load: Iterable<LoadMessage>): number {
  const file = openSync(path, 'w');
  let total = 0;
  try {
    for (const { value, timestampMs, partition, spans } of load) {
      const header = Buffer.alloc(headerBytes);
      header.writeUInt32LE(value.length, 0);
      header.writeDoubleLE(timestampMs, 4);
      header.writeUInt8(partition, 12);
      header.writeUInt32LE(spans, 13);
      writeSync(file, Buffer.concat([header, value]));
      total += value.length;
    }
  } finally {
    closeSync(file);
  }
  return total;
}

/** Messages in the order they were written, some megabytes at a time. */
export function* readLoadFile(path: string): Generator<LoadMessage[]> {
  const file = openSync(path, 'r');
  try {
    let rest = Buffer.alloc(0);
    for (;;) {
      // Each chunk has memory of its own, as what a socket reads has: stages may hold on to what they were given.
      const chunk = Buffer.allocUnsafeSlow(rest.length + chunkBytes);
      rest.copy(chunk);
      const read = readSync(file, chunk, rest.length, chunkBytes, null);
      if (read === 0) return;
      const { messages, used } = parse(chunk.subarray(0, rest.length + read));
      rest = chunk.subarray(used, rest.length + read);
      yield messages;
    }
  } finally {
    closeSync(file);
  }
}

function parse(chunk: Buffer): { readonly messages: LoadMessage[]; readonly used: number } {
  const messages: LoadMessage[] = [];
  let at = 0;
  while (at + headerBytes <= chunk.length) {
    const valueAt = at + headerBytes;
    const end = valueAt + chunk.readUInt32LE(at);
    if (end > chunk.length) break;
    messages.push({
      value: chunk.subarray(valueAt, end),
      timestampMs: chunk.readDoubleLE(at + 4),
      partition: chunk.readUInt8(at + 12),
      spans: chunk.readUInt32LE(at + 13),
    });
    at = end;
  }
  return { messages, used: at };
}
