import type { KafkaPeer } from '@plumbline/tools/peers';
import { Kafka, logLevel, type Admin, type KafkaConfig } from 'kafkajs';
import { eventually } from './eventually';

/** What somebody who runs a Kafka does to it. */
export class Cluster {
  /** @param config how it connects as who may do everything, looked up each time */
  constructor(
    private readonly kafka: KafkaPeer,
    private readonly config: () => KafkaConfig = () => kafka.clientConfig(),
  ) {}

  /** Kills one broker, so that others lead what it led, and starts it again. */
  async killBroker(index: number, downMs: () => Promise<void>): Promise<void> {
    const node = this.kafka.nodes[index];
    if (node === undefined) throw new RangeError(`there is no broker ${index}`);
    await node.kill();
    await downMs();
    await node.restart();
  }

  /** Waits until every replica of every partition is in sync. */
  inSync(): Promise<true> {
    return eventually('every replica in sync', () =>
      this.admin(async (admin) => {
        const { topics } = await admin.fetchTopicMetadata();
        const partitions = topics.flatMap((topic) => topic.partitions);
        return partitions.every(({ isr, replicas }) => isr.length === replicas.length) ? true : undefined;
      }),
    );
  }

  /** Leaders of the partitions of a topic, by partition. */
  leaders(topic: string): Promise<readonly number[]> {
    return this.admin(async (admin) => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      const partitions = [...(topics[0]?.partitions ?? [])].sort((a, b) => a.partitionId - b.partitionId);
      return partitions.map(({ leader }) => leader);
    });
  }

  grow(topic: string, count: number): Promise<unknown> {
    return this.admin((admin) => admin.createPartitions({ topicPartitions: [{ topic, count }] }));
  }

  /** Deletes a topic, and makes one of the same name. */
  async remake(topic: string, numPartitions: number): Promise<void> {
    await this.admin((admin) => admin.deleteTopics({ topics: [topic] }));
    await eventually(`topic ${topic} again`, () =>
      this.admin((admin) =>
        admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor: this.kafka.nodes.length }] }),
      ).then((made) => (made ? true : undefined)),
    );
  }

  /** Deletes the records of a partition before an offset, as retention does. */
  deleteRecords(topic: string, partition: number, offset: number): Promise<unknown> {
    return this.admin(async (admin) => {
      // Learns who leads the partitions, which the next call takes for known.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] });
    });
  }

  private async admin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = new Kafka({ ...this.config(), logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    try {
      return await work(admin);
    } finally {
      await admin.disconnect();
    }
  }
}
