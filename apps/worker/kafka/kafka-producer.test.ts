import type { OutgoingRecord } from '../stream';
import { sizeOf, splitByBytes, unacknowledged } from './kafka-producer';

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

describe('records that were not acknowledged', () => {
  const to = (topic: string, partition?: number): OutgoingRecord => ({
    ...record(1),
    topic,
    ...(partition === undefined ? {} : { partition }),
  });
  const acknowledged = [
    { topicName: 'a', partition: 0 },
    { topicName: 'b', partition: 3 },
  ];

  it('are those of partitions of which the broker says nothing', () => {
    const records = [to('a', 0), to('a', 1), to('b', 0), to('b', 3), to('c', 0)];
    expect(unacknowledged(records, acknowledged)).toEqual([records[1], records[2], records[4]]);
  });

  it('are those of topics of which it says nothing, where the client chooses the partition', () => {
    const records = [to('a'), to('c')];
    expect(unacknowledged(records, acknowledged)).toEqual([records[1]]);
  });
});
