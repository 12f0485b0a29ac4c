import { consumerGroups, topics } from '@plumbline/contracts';
import { startKafka, type KafkaPeer } from '@plumbline/tools/peers';
import { decodeTraceBatch } from '@plumbline/wire';
import { createLogger, KafkaStream, type OutgoingRecord } from '@plumbline/worker';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import type { LoadMessage } from './load';
import { naiveGroup, naiveTopic } from './over-kafka';

/** Records sent at a time; the stream cuts them to what the broker takes. */
const recordsPerSend = 1024;
const groups = [consumerGroups.preprocessing, naiveGroup];

/** An Apache Kafka of its own, with the load in `traces`. */
export class BenchBroker {
  private readonly stream: KafkaStream;

  private constructor(
    private readonly peer: KafkaPeer,
    private readonly admin: Admin,
  ) {
    this.stream = new KafkaStream({
      brokers: peer.brokers,
      clientId: 'bench',
      logger: createLogger('bench', 'warn'),
    });
  }

  static async start(partitions: number, load: Iterable<LoadMessage>): Promise<BenchBroker> {
    const peer = await startKafka({ heapMegabytes: 512 });
    const admin = new Kafka({ ...peer.clientConfig(), logLevel: logLevel.NOTHING }).admin();
    const broker = new BenchBroker(peer, admin);
    try {
      await admin.connect();
      await admin.createTopics({
        topics: [topics.traces.name, topics.tracesPreprocessed.name, topics.tracesDeadLetter.name, naiveTopic].map(
          (topic) => ({
            topic,
            numPartitions: partitions,
            // Record times are those of the load, of a time long past, so that each round finds the same.
            configEntries: [
              { name: 'message.timestamp.type', value: 'CreateTime' },
              { name: 'retention.ms', value: '-1' },
            ],
          }),
        ),
        waitForLeaders: true,
      });
      await broker.fill(load);
    } catch (error) {
      await broker.stop();
      throw error;
    }
    return broker;
  }

  get brokers(): readonly string[] {
    return this.peer.brokers;
  }

  /** Lets the next process of a group begin from the beginning. */
  async forgetOffsets(): Promise<void> {
    const { groups: present } = await this.admin.listGroups();
    const old = present.map(({ groupId }) => groupId).filter((group) => groups.includes(group));
    if (old.length > 0) await this.admin.deleteGroups(old);
  }

  /** What the stage has written: each trace once, whatever comes as a later revision. */
  async preprocessed(): Promise<{ readonly traces: number; readonly spans: number }> {
    let traces = 0;
    let spans = 0;
    await this.stream.readAll(topics.tracesPreprocessed.name, ({ value }) => {
      if (value === null) return;
      const batch = decodeTraceBatch(value);
      traces += batch.traces.count;
      spans += batch.spans.count;
    });
    return { traces, spans };
  }

  /** Traces that the naive implementation has written. */
  async preprocessedNaively(): Promise<number> {
    const offsets = await this.admin.fetchTopicOffsets(naiveTopic);
    return offsets.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  }

  async stop(): Promise<void> {
    await this.stream.close();
    await this.admin.disconnect().catch(() => undefined);
    await this.peer.stop();
  }

  private async fill(load: Iterable<LoadMessage>): Promise<void> {
    let records: OutgoingRecord[] = [];
    for (const { value, partition, timestampMs } of load) {
      records.push({ topic: topics.traces.name, partition, key: null, value, timestampMs });
      if (records.length < recordsPerSend) continue;
      await this.stream.produce(records);
      records = [];
    }
    await this.stream.produce(records);
  }
}
