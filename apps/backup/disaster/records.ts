import { consumerGroups, type BackupJob } from '@plumbline/contracts';
import { readOffsets } from '@plumbline/worker';
import type { Admin, Kafka, Message } from 'kafkajs';
import { randomBytes } from 'node:crypto';
import { fileOf } from '../../../constructs/testing';
import { storedRecord } from '../segment';
import { objects } from './servers';

/** What the rendered CronJob copies. */
export const copiedTopics = (
  JSON.parse(fileOf(objects, 'backup-topics-job', 'job.json')) as Extract<BackupJob, { readonly part: 'topics' }>
).topics.map(({ name }) => name);

const groups = Object.values(consumerGroups);
const firstMs = Date.UTC(2026, 5, 1);

/** Records with keys and values of any bytes, headers that come twice, tombstones and times of their own; groups in the midst of them. */
export async function fillTopics(kafka: Kafka): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    for (const [number, topic] of copiedTopics.entries()) {
      const messages = Array.from({ length: 600 }, (_, at): Message => {
        const key = at % 7 === 0 ? randomBytes(16) : `key-${at % 50}`;
        const value = at % 11 === 0 ? null : randomBytes(20 + (at % 400));
        const headers = { traceparent: `00-${at}`, origin: ['checkout', 'payment'] };
        return { key, value, headers, partition: at % 3, timestamp: String(firstMs + 1_000 * at + number) };
      });
      await send(kafka, topic, messages);
      await Promise.all(
        groups.map((groupId, index) => {
          const partitions = [0, 1].map((partition) => ({ partition, offset: String(10 * (index + 1) + partition) }));
          return admin.setOffsets({ groupId, topic, partitions });
        }),
      );
    }
  });
}

export async function send(kafka: Kafka, topic: string, messages: readonly Message[]): Promise<void> {
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  await producer.send({ topic, acks: -1, messages: [...messages] });
  await producer.disconnect();
}

/** Every record of the copied topics with its place, and how far groups have read. */
export async function topicStates(kafka: Kafka): Promise<Readonly<Record<string, readonly string[]>>> {
  return withAdmin(kafka, async (admin) => {
    const states: Record<string, string[]> = {};
    for (const topic of copiedTopics) {
      const offsets = await admin.fetchTopicOffsets(topic);
      const ranges = offsets.map(({ partition, low, high }) => ({ partition, from: Number(low), to: Number(high) }));
      const found = new Map<number, string[]>(offsets.map(({ partition }) => [partition, []]));
      await readOffsets(kafka, 'disaster', topic, ranges, (message, partition) => {
        found.get(partition)?.push(`${partition}: ${JSON.stringify(storedRecord(message))}`);
      });
      states[topic] = Array.from(found.keys())
        .sort((a, b) => a - b)
        .flatMap((partition) => found.get(partition) ?? []);
      for (const groupId of groups) {
        const [of] = await admin.fetchOffsets({ groupId, topics: [topic] });
        for (const { partition, offset } of of?.partitions.toSorted((a, b) => a.partition - b.partition) ?? [])
          states[topic].push(`${groupId} ${partition}: ${offset}`);
      }
    }
    return states;
  });
}

/** Settings and partitions of the copied topics. */
export async function topicSettings(kafka: Kafka): Promise<readonly string[]> {
  return withAdmin(kafka, async (admin) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [...copiedTopics] });
    return topics
      .map(({ name, partitions }) => `${name} ${partitions.map(({ replicas }) => replicas.length).join(' ')}`)
      .sort();
  });
}

/** Deletes topics, and groups with what they know. */
export async function dropTopics(kafka: Kafka, topics: readonly string[] = copiedTopics): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    if (topics.length === copiedTopics.length) await admin.deleteGroups([...groups]);
    await admin.deleteTopics({ topics: [...topics] });
    const gone = async () => !(await admin.listTopics()).some((name) => topics.includes(name));
    while (!(await gone())) await new Promise((resolve) => setTimeout(resolve, 100));
  });
}

async function withAdmin<T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  await admin.connect();
  return work(admin).finally(() => admin.disconnect());
}
