import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { jsonToProtobuf } from '../otlp/json';
import { readRecording, RecordingError } from './recording';

const folder = mkdtempSync(join(tmpdir(), 'plumbline-recording-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function request(n: number): string {
  const id = (digits: number) => (n + 1).toString(16).padStart(digits, '0');
  const span = {
    traceId: id(32),
    spanId: id(16),
    name: 'x'.repeat(n % 500),
    startTimeUnixNano: '1',
    endTimeUnixNano: '2',
  };
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
}

const requests = Array.from({ length: 2000 }, (_, n) => request(n));
const messages = requests.map((text) => Buffer.from(jsonToProtobuf(text)));

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 127) | 128);
  }
}

const expected = messages.map((message, index) => `${index} ${message.toString('base64')}`).join('\n');

const jsonLines = Buffer.from(`${requests.join('\n')}\n\n`);
const delimited = Buffer.concat(messages.flatMap((message) => [varint(message.length), message]));

async function read(content: Uint8Array): Promise<string[]> {
  const path = join(folder, 'recording');
  writeFileSync(path, content);
  const found: string[] = [];
  for await (const { index, bytes } of readRecording(path)) {
    found.push(`${index} ${Buffer.from(bytes).toString('base64')}`);
  }
  return found;
}

describe('a recording', () => {
  it.each([
    ['JSON lines', jsonLines],
    ['JSON lines without a last line end', jsonLines.subarray(0, -2)],
    ['gzipped JSON lines', gzipSync(jsonLines)],
    ['length-delimited protobuf', delimited],
    ['gzipped length-delimited protobuf', gzipSync(delimited)],
  ])('is read from %s, request by request', async (_name, content) => {
    expect((await read(content)).join('\n')).toBe(expected);
  });

  it('may be empty', async () => {
    expect(await read(Buffer.alloc(0))).toEqual([]);
  });

  it.each([
    ['a broken line', Buffer.from(`${requests[0] ?? ''}\n{"resourceSpans":\n`), /recording:2: not JSON/],
    ['a message that is cut off', delimited.subarray(0, -5), /the last message, at byte \d+, is cut off/],
    ['something else', Buffer.alloc(100, 0xff), /no message length/],
    ['a gzip file that is cut off', gzipSync(jsonLines).subarray(0, 200), /unexpected end of file/],
  ])('says where it cannot go on at %s', async (_name, content, message) => {
    await expect(read(content)).rejects.toThrow(RecordingError);
    await expect(read(content)).rejects.toThrow(message);
  });

  it('says that a file is not there', async () => {
    const reading = readRecording(join(folder, 'missing')).next();
    await expect(reading).rejects.toThrow(/missing: .*ENOENT/);
  });
});
