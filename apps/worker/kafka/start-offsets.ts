import type { Admin, Kafka } from 'kafkajs';
import type { TopicPartition } from '../stream';
import { toStreamError } from './kafka-errors';

/** Offsets by partition; see {@link offsetKey}. */
export type Offsets = ReadonlyMap<string, number>;

export function offsetKey({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

/**
 * What a group committed, of every partition of which it did.
 *
 * @throws {StreamError}
 */
export function committedOffsets(kafka: Kafka, group: string, topics: readonly string[]): Promise<Offsets> {
  return withAdmin(kafka, group, (admin) => fetchCommitted(admin, group, topics));
}

/**
 * Offsets that a group goes on from: what it committed, else the first that there is. What it committed beyond the end is of a topic that
 * was deleted and made again, whose offsets mean something else.
 *
 * @param before what is known of its commits: kafkajs overwrites one whose records were deleted
 * @throws {StreamError}
 */
export async function startOffsets(
  kafka: Kafka,
  group: string,
  partitions: readonly TopicPartition[],
  before: Offsets,
): Promise<(TopicPartition & { readonly offset: number })[]> {
  if (partitions.length === 0) return [];
  const topics = Array.from(new Set(partitions.map(({ topic }) => topic)));
  return withAdmin(kafka, group, async (admin) => {
    const committed = await fetchCommitted(admin, group, topics);
    const present = new Map<string, { readonly low: number; readonly high: number }>();
    for (const topic of topics) {
      for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
        present.set(offsetKey({ topic, partition }), { low: Number(low), high: Number(high) });
      }
    }
    return partitions.map(({ topic, partition }) => {
      const key = offsetKey({ topic, partition });
      const { low, high } = present.get(key) ?? { low: 0, high: Infinity };
      const offset = committed.get(key) ?? before.get(key);
      return { topic, partition, offset: offset !== undefined && offset <= high ? offset : low };
    });
  });
}

async function fetchCommitted(admin: Admin, group: string, topics: readonly string[]): Promise<Offsets> {
  const committed = new Map<string, number>();
  for (const { topic, partitions } of await admin.fetchOffsets({ groupId: group, topics: [...topics] })) {
    for (const { partition, offset } of partitions) {
      if (Number(offset) >= 0) committed.set(offsetKey({ topic, partition }), Number(offset));
    }
  }
  return committed;
}

async function withAdmin<T>(kafka: Kafka, group: string, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await work(admin);
  } catch (error) {
    throw toStreamError(error, `offsets of group ${group}`);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
