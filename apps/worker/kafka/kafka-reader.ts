import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import type { StreamRecord } from '../stream';
import { StreamError } from '../stream-error';
import { toStreamError } from './kafka-errors';
import { toRecord } from './kafka-records';

/** No record and no answer for so long: the broker is not there. */
const silenceMs = 60_000;
/** A node that answered so often without a record has none: a compacted partition may end in offsets that no longer exist. */
const emptyAnswers = 4;

/**
 * Reads a topic from its beginning to what is its end now. kafkajs reads only as a member of a group, so the reader is the only
 * member of a group of its own, `<prefix>.read-<random>`, which commits nothing and is gone when it leaves.
 *
 * @throws {StreamError}
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
      const answers = new Map<number, number>();
      let deadline: NodeJS.Timeout | undefined;
      const finish = (error?: unknown): void => {
        clearTimeout(deadline);
        if (error === undefined) resolve();
        else reject(toStreamError(error, `reading topic ${topic}`));
      };
      const wait = (): void => {
        clearTimeout(deadline);
        const message = `reading topic ${topic}: no answer for ${silenceMs / 1000} s`;
        deadline = setTimeout(() => finish(new StreamError('PLUMBLINE_STREAM_UNAVAILABLE', message)), silenceMs);
      };
      wait();
      consumer.on('consumer.crash', ({ payload }) => finish(payload.error));
      consumer.on('consumer.fetch', ({ payload }) => {
        wait();
        const count = (answers.get(payload.nodeId) ?? 0) + 1;
        answers.set(payload.nodeId, count);
        if (Array.from(answers.values()).every((each) => each >= emptyAnswers)) finish();
      });
      // Told of control records and of batches that compaction emptied, too.
      consumer.on('consumer.end_batch_process', ({ payload }) => {
        answers.clear();
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
