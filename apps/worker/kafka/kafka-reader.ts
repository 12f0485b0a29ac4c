import { randomUUID } from 'node:crypto';
import type { Kafka, KafkaMessage } from 'kafkajs';
import type { ReadRange, StreamRecord } from '../stream';
import { StreamError } from '../stream-error';
import { toStreamError } from './kafka-errors';
import { toRecord } from './kafka-records';

/** What is read: of a topic all, or a part. */
interface Reading {
  readonly topic: string;
  readonly range?: ReadRange;
}

/** Records of a partition: from an offset on, as far as another, which is not among them. */
export interface OffsetRange {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

/** Offsets of a partition: the next one that is wanted, and the one after the last. */
interface Remaining {
  next: number;
  readonly end: number;
}

/** Nothing new for so long: the broker is not there, or does not have what it said it has. */
const silenceMs = 60_000;

/**
 * Reads a topic, or partitions of it from a time on, to what is its end now.
 *
 * @throws {StreamError} also when the end is not reached, never after a part of the topic
 */
export async function readTopic(
  kafka: Kafka,
  groupPrefix: string,
  reading: Reading,
  onRecord: (record: StreamRecord, partition: number) => void,
): Promise<void> {
  const ranges = await offsetsToRead(kafka, reading);
  await readOffsets(kafka, groupPrefix, reading.topic, ranges, (message, partition) => {
    onRecord(toRecord(message), partition);
  });
}

/**
 * Reads records of a topic between offsets, by rising offset within a partition. kafkajs reads only as a member of a group, so the reader
 * is the only member of a group of its own, `<prefix>.read-<random>`, which commits nothing and is gone when it leaves. The end is reached when
 * the last offset of every range was: brokers keep the last of a partition, also where compaction or a transaction left nothing in it.
 *
 * @param onMessage awaited before the next one is read; what it throws is thrown
 * @throws {StreamError} also when the end is not reached
 */
export async function readOffsets(
  kafka: Kafka,
  groupPrefix: string,
  topic: string,
  ranges: readonly OffsetRange[],
  onMessage: (message: KafkaMessage, partition: number) => void | Promise<void>,
): Promise<void> {
  const remaining = new Map<number, Remaining>();
  for (const { partition, from, to } of ranges) if (to > from) remaining.set(partition, { next: from, end: to });
  if (remaining.size === 0) return;
  let failure: { readonly error: unknown } | undefined;
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
        eachBatch: async ({ batch }) => {
          const wanted = remaining.get(batch.partition);
          if (wanted === undefined) return;
          for (const message of batch.messages) {
            const offset = Number(message.offset);
            if (offset < wanted.next || offset >= wanted.end) continue;
            wanted.next = offset + 1;
            try {
              await onMessage(message, batch.partition);
            } catch (error) {
              // kafkajs would call again with the same batch, of which this record was seen.
              failure = { error };
              remaining.clear();
              finish(error);
              return;
            }
          }
        },
      });
      const begin = (): void => {
        // Both take a group that was joined. What was fetched before is passed over, above.
        for (const [partition, { next }] of remaining) {
          if (next > 0) consumer.seek({ topic, partition, offset: String(next) });
        }
        const read = new Set(ranges.filter(({ from, to }) => to > from).map(({ partition }) => partition));
        const unwanted = ranges.map(({ partition }) => partition).filter((partition) => !read.has(partition));
        if (unwanted.length > 0) consumer.pause([{ topic, partitions: unwanted }]);
      };
      run.then(begin).catch(finish);
    });
  } catch (error) {
    if (failure !== undefined) throw failure.error;
    throw toStreamError(error, `reading topic ${topic}`);
  } finally {
    await consumer.disconnect().catch(() => undefined);
  }
}

/** A range of every partition; of one that is not wanted it is empty. */
async function offsetsToRead(kafka: Kafka, { topic, range }: Reading): Promise<readonly OffsetRange[]> {
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
    return offsets.map(({ partition, high }) => {
      const [first, end] = [from.get(partition) ?? 0, Number(high)];
      const isWanted = (range?.partitions.includes(partition) ?? true) && end > first;
      return { partition, from: first, to: isWanted ? end : first };
    });
  } catch (error) {
    throw toStreamError(error, `offsets of topic ${topic}`);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
