import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import type { ReadRange, StreamRecord } from '../stream';
import { StreamError } from '../stream-error';
import { toStreamError } from './kafka-errors';
import { toRecord } from './kafka-records';

/** What is read: of a topic all, or a part. */
interface Reading {
  readonly topic: string;
  readonly range?: ReadRange;
}

/** Offsets of a partition: the next one that is wanted, and the one after the last. */
interface Remaining {
  next: number;
  readonly end: number;
}

/** Nothing new for so long: the broker is not there, or does not have what it said it has. */
const silenceMs = 60_000;

/**
 * Reads a topic, or partitions of it from a time on, to what is its end now. kafkajs reads only as a member of a group, so the reader
 * is the only member of a group of its own, `<prefix>.read-<random>`, which commits nothing and is gone when it leaves. The end is reached when
 * the last offset of every partition was: brokers keep it, also where compaction or a transaction left nothing in it.
 *
 * @throws {StreamError} also when the end is not reached, never after a part of the topic
 */
export async function readTopic(
  kafka: Kafka,
  groupPrefix: string,
  reading: Reading,
  onRecord: (record: StreamRecord, partition: number) => void,
): Promise<void> {
  const { topic, range } = reading;
  const { remaining, unwanted } = await offsetsToRead(kafka, reading);
  if (remaining.size === 0) return;
  const consumer = kafka.consumer({
    groupId: `${groupPrefix}.read-${randomUUID()}`,
    maxWaitTimeInMs: 200,
    allowAutoTopicCreation: false,
    retry: { retries: 5, initialRetryTime: 200, restartOnFailure: () => Promise.resolve(false) },
  });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      let deadline: NodeJS.Timeout | undefined;
      const finish = (error?: unknown): void => {
        clearTimeout(deadline);
        if (error === undefined) resolve();
        else reject(toStreamError(error, `reading topic ${topic}`));
      };
      const wait = (): void => {
        clearTimeout(deadline);
        const partitions = Array.from(remaining.keys()).join(', ');
        const message = `reading topic ${topic}: nothing of partitions ${partitions} for ${silenceMs / 1000} s`;
        deadline = setTimeout(() => finish(new StreamError('PLUMBLINE_STREAM_UNAVAILABLE', message)), silenceMs);
      };
      wait();
      consumer.on('consumer.crash', ({ payload }) => finish(payload.error));
      // Told of control records and of batches that compaction emptied, too.
      consumer.on('consumer.end_batch_process', ({ payload }) => {
        wait();
        const { end = Infinity } = remaining.get(payload.partition) ?? {};
        if (Number(payload.lastOffset) + 1 >= end) remaining.delete(payload.partition);
        if (remaining.size === 0) finish();
      });
      const run = consumer.run({
        autoCommit: false,
        eachBatch: ({ batch }) => {
          const wanted = remaining.get(batch.partition);
          if (wanted === undefined) return Promise.resolve();
          for (const message of batch.messages) {
            const record = toRecord(message);
            if (record.offset < wanted.next || record.offset >= wanted.end) continue;
            wanted.next = record.offset + 1;
            onRecord(record, batch.partition);
          }
          return Promise.resolve();
        },
      });
      const begin = (): void => {
        if (range === undefined) return;
        // Both take a group that was joined. What was fetched before is passed over, above.
        for (const [partition, { next }] of remaining) consumer.seek({ topic, partition, offset: String(next) });
        if (unwanted.length > 0) consumer.pause([{ topic, partitions: [...unwanted] }]);
      };
      run.then(begin).catch(finish);
    });
  } catch (error) {
    throw toStreamError(error, `reading topic ${topic}`);
  } finally {
    await consumer.disconnect().catch(() => undefined);
  }
}

/** Offsets of the wanted partitions that have any records, and the other partitions. */
async function offsetsToRead(
  kafka: Kafka,
  { topic, range }: Reading,
): Promise<{ readonly remaining: Map<number, Remaining>; readonly unwanted: readonly number[] }> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const offsets = await admin.fetchTopicOffsets(topic);
    const from = new Map(offsets.map(({ partition, low }) => [partition, Number(low)]));
    if (range !== undefined) {
      // Negative times mean something else to a broker.
      const sinceMs = Math.max(0, Math.floor(range.sinceMs));
      const since = await admin.fetchTopicOffsetsByTimestamp(topic, sinceMs);
      for (const { partition, offset } of since) from.set(partition, Number(offset));
    }
    const remaining = new Map<number, Remaining>();
    const unwanted: number[] = [];
    for (const { partition, high } of offsets) {
      const [next, end] = [from.get(partition) ?? 0, Number(high)];
      const isWanted = (range?.partitions.includes(partition) ?? true) && end > next;
      if (isWanted) remaining.set(partition, { next, end });
      else unwanted.push(partition);
    }
    return { remaining, unwanted };
  } catch (error) {
    throw toStreamError(error, `offsets of topic ${topic}`);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
