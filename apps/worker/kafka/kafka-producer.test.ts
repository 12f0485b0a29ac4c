import type { OutgoingRecord } from '../stream';
import { sizeOf, splitByBytes } from './kafka-producer';

function record(bytes: number): OutgoingRecord {
  return { topic: 't', key: null, value: Buffer.alloc(bytes) };
}

describe('records to be sent', () => {
  it('are cut into batches below the limit, in their order', () => {
    const records = [record(400), record(400), record(100), record(800)];
    const parts = splitByBytes(records, 1_000);
    expect(parts.flat()).toEqual(records);
    for (const part of parts) expect(part.reduce((sum, each) => sum + sizeOf(each), 0)).toBeLessThanOrEqual(1_000);
  });

  it('are sent alone when one is larger than the limit, for the broker to judge', () => {
    expect(splitByBytes([record(1), record(5_000), record(1)], 1_000).map((part) => part.length)).toEqual([1, 1, 1]);
  });
});
