import type { Kafka } from 'kafkajs';
import type { TopicPartition } from '../stream';
import { toStreamError } from './kafka-errors';

/**
 * Offsets that a group goes on from: what it committed, else the first that there is. What it committed beyond the end is of a topic that
 * was deleted and made again, whose offsets mean something else.
 *
 * @throws {StreamError}
 */
export async function startOffsets(
  kafka: Kafka,
  group: string,
  partitions: readonly TopicPartition[],
): Promise<(TopicPartition & { readonly offset: number })[]> {
  if (partitions.length === 0) return [];
  const topics = Array.from(new Set(partitions.map(({ topic }) => topic)));
  const admin = kafka.admin();
  try {
    await admin.connect();
    const committed = new Map<string, number>();
    for (const { topic, partitions: of } of await admin.fetchOffsets({ groupId: group, topics })) {
      for (const { partition, offset } of of) committed.set(`${topic}/${partition}`, Number(offset));
    }
    const present = new Map<string, { readonly low: number; readonly high: number }>();
    for (const topic of topics) {
      for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
        present.set(`${topic}/${partition}`, { low: Number(low), high: Number(high) });
      }
    }
    return partitions.map(({ topic, partition }) => {
      const key = `${topic}/${partition}`;
      const { low, high } = present.get(key) ?? { low: 0, high: Infinity };
      const offset = committed.get(key) ?? -1;
      return { topic, partition, offset: offset >= 0 && offset <= high ? offset : low };
    });
  } catch (error) {
    throw toStreamError(error, `offsets of group ${group}`);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
