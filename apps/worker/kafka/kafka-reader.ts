import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import type { StreamRecord } from '../stream';
import { StreamError } from '../stream-error';
import { toStreamError } from './kafka-errors';
import { toRecord } from './kafka-records';

/** Nothing new for so long: the broker is not there, or does not have what it said it has. */
const silenceMs = 60_000;

/**
 * Reads a topic from its beginning to what is its end now. kafkajs reads only as a member of a group, so the reader is the only
 * member of a group of its own, `<prefix>.read-<random>`, which commits nothing and is gone when it leaves. The end is reached when
 * the last offset of every partition was: brokers keep it, also where compaction or a transaction left nothing in it.
 *
 * @throws {StreamError} also when the end is not reached, never after a part of the topic
 */
export async function readTopic(
  kafka: Kafka,
  groupPrefix: string,
  topic: string,
  onRecord: (record: StreamRecord, partition: number) => void,
): Promise<void> {
  const remaining = await endOffsets(kafka, topic);
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
        const end = remaining.get(payload.partition);
        if (end !== undefined && Number(payload.lastOffset) + 1 >= end) remaining.delete(payload.partition);
        if (remaining.size === 0) finish();
      });
      const run = consumer.run({
        autoCommit: false,
        eachBatch: ({ batch }) => {
          const end = remaining.get(batch.partition) ?? 0;
          for (const message of batch.messages) {
            const record = toRecord(message);
            if (record.offset < end) onRecord(record, batch.partition);
          }
          return Promise.resolve();
        },
      });
      run.catch(finish);
    });
  } catch (error) {
    throw toStreamError(error, `reading topic ${topic}`);
  } finally {
    await consumer.disconnect().catch(() => undefined);
  }
}

/** Offset after the last record of each partition that has any. */
async function endOffsets(kafka: Kafka, topic: string): Promise<Map<number, number>> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const offsets = await admin.fetchTopicOffsets(topic);
    const filled = offsets.filter(({ low, high }) => Number(high) > Number(low));
    return new Map(filled.map(({ partition, high }) => [partition, Number(high)]));
  } catch (error) {
    throw toStreamError(error, `offsets of topic ${topic}`);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
