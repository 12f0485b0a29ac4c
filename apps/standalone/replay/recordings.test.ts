import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { jsonToProtobuf } from '../otlp/json';
import { encodeVarint } from '../otlp/protobuf-fields';
import { RecordingError } from './recording';
import { readRecordings } from './recordings';

const folder = mkdtempSync(join(tmpdir(), 'plumbline-recordings-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A request with one span that ends at a time. */
function request(end: number, name = 'x'): string {
  const id = (digits: number) => (end + 1).toString(16).padStart(digits, '0');
  const span = { traceId: id(32), spanId: id(16), name, startTimeUnixNano: '1', endTimeUnixNano: String(end) };
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
}

const json = (...ends: number[]) => Buffer.from(ends.map((end) => `${request(end)}\n`).join(''));
const protobuf = (...ends: number[]) =>
  Buffer.concat(
    ends.flatMap((end) => {
      const bytes = jsonToProtobuf(request(end));
      return [encodeVarint(bytes.length), bytes];
    }),
  );

let files = 0;
function write(content: Uint8Array | string, name?: string): string {
  files += 1;
  const path = join(folder, name ?? String(files));
  writeFileSync(path, content);
  return path;
}

async function endsOf(...paths: string[]): Promise<number[]> {
  const ends: number[] = [];
  for await (const { index, parts } of readRecordings(paths)) {
    expect(index).toBe(ends.length);
    ends.push(Number(parts.latestEndNano));
  }
  return ends;
}

describe('recordings', () => {
  it('are read one after the other in the order of their times, not of their names', async () => {
    expect(await endsOf(write(json(30, 40)), write(json(10, 20)))).toEqual([10, 20, 30, 40]);
  });

  it('that were made side by side are merged, each in its own order', async () => {
    const one = write(json(10, 40, 35, 70));
    const other = write(gzipSync(protobuf(20, 30, 50, 60)));
    expect(await endsOf(one, other)).toEqual([10, 20, 30, 40, 35, 50, 60, 70]);
    expect(await endsOf(other, one)).toEqual([10, 20, 30, 40, 35, 50, 60, 70]);
  });

  it('may be a folder, whose hidden files and folders are left aside', async () => {
    mkdirSync(join(folder, 'many', 'deeper'), { recursive: true });
    write(json(20), 'many/a.jsonl');
    write(protobuf(10, 30), 'many/b.otlp');
    write('nothing to do with it', 'many/.notes');
    expect(await endsOf(join(folder, 'many'))).toEqual([10, 20, 30]);
  });

  it.each<[string, () => string, RegExp]>([
    ['a file that is not there', () => join(folder, 'missing'), /missing: no such file$/],
    ['an empty file', () => write(''), /\d+: is empty$/],
    ['a file of blank lines', () => write('\n\n'), /is empty/],
    [
      'an empty folder',
      () => (mkdirSync(join(folder, 'none')), join(folder, 'none')),
      /none: no files in this folder$/,
    ],
    ['JSON that is no OTLP', () => write('{"level":"info"}\n{"level":"warn"}\n'), /no spans in 2 requests/],
    [
      'text',
      () => write('2026-01-01 started\n2026-01-01 listening\n'),
      /: (request 1: not an|at byte 0|the last message)/,
    ],
    ['protobuf that is something else', () => write(Buffer.from([3, 0x0f, 1, 1])), /request 1: not an Export/],
  ])('say what is wrong with %s', async (_name, path, message) => {
    const file = path();
    await expect(endsOf(file)).rejects.toThrow(RecordingError);
    await expect(endsOf(file)).rejects.toThrow(message);
    await expect(endsOf(write(json(10)), file)).rejects.toThrow(message);
  });

  it('tell of a bad file before anything is read of a good one', async () => {
    const reading = readRecordings([write(json(10, 20)), write('')]).next();
    await expect(reading).rejects.toThrow(/is empty/);
  });
});
