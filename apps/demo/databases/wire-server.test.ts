import fc from 'fast-check';
import { BatchReader } from './wire-server';

function message(type: string, body: string): Buffer {
  const header = Buffer.alloc(5);
  header.write(type, 0);
  header.writeInt32BE(4 + Buffer.byteLength(body), 1);
  return Buffer.concat([header, Buffer.from(body)]);
}

function request(code: number, body = ''): Buffer {
  const header = Buffer.alloc(8);
  header.writeInt32BE(8 + Buffer.byteLength(body), 0);
  header.writeInt32BE(code, 4);
  return Buffer.concat([header, Buffer.from(body)]);
}

const startUp = request(196_608, 'user\0shop\0\0');
const extended = Buffer.concat([
  message('P', 'parse'),
  message('B', 'bind'),
  message('D', ''),
  message('E', 'run'),
  message('S', ''),
]);
const simple = message('Q', 'SELECT 1');

describe('batches of a database client', () => {
  it('keep an extended query together up to its Sync', () => {
    expect(new BatchReader().push(Buffer.concat([startUp, extended, simple]))).toEqual([startUp, extended, simple]);
  });

  it('are the same however the bytes are cut', () => {
    const bytes = Buffer.concat([request(80_877_103), startUp, extended, simple, extended, message('X', '')]);
    const whole = new BatchReader().push(bytes);
    expect(whole).toEqual(['ssl-request', startUp, extended, simple, extended, 'terminate']);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 12 }), (cuts) => {
        const reader = new BatchReader();
        const ends = [...cuts, bytes.length].sort((a, b) => a - b);
        const pieces = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
        expect(pieces.flatMap((piece) => reader.push(piece))).toEqual(whole);
      }),
    );
  });

  it('answer a cancel request without the database', () => {
    expect(new BatchReader().push(request(80_877_102, 'processid'))).toEqual(['cancel-request']);
  });

  it.each([
    ['a negative length', -1],
    ['a length shorter than its header', 3],
    ['more than a batch may hold', 0x7fffffff],
  ])('are refused with %s', (_what, length) => {
    const reader = new BatchReader();
    reader.push(startUp);
    const bad = message('Q', 'SELECT 1');
    bad.writeInt32BE(length, 1);
    expect(() => reader.push(bad)).toThrow(/^message of -?\d+ bytes/);
  });
});
