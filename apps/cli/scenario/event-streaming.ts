import { randomBytes } from 'node:crypto';
import { failed, passed, type Outcome } from '../verify/check';
import type { VerifyContext } from '../verify/context';
import { patiently } from '../verify/patience';
import type { KafkaServer } from '../verify/servers/kafka';
import type { Play, Scenario } from './scenario';

const partitions = 3;
const keys = 10;
const messagesOfAKey = 12;
const messages = keys * messagesOfAKey;

/** What was read of a key, in the order in which it came. */
type Read = Map<string, number[]>;

/** Produce to a topic of the broker, consume from it; a topic of its own, so that no worker reads what is shown. */
export const eventStreaming: Scenario = {
  name: 'event-streaming',
  title: 'Event streaming',
  shows: 'messages are produced to a topic of the broker and consumed from it by a group, in order for each key',
  start: (context) => new EventStreaming(context),
};

class EventStreaming implements Play {
  private readonly topic = `plumbline-scenario-${randomBytes(4).toString('hex')}`;
  private readonly group = `${this.topic}-group`;
  private readonly read: Read = new Map();
  private readonly touched = new Set<number>();
  private leave: (() => Promise<void>) | undefined;
  private isMade = false;

  constructor(private readonly context: VerifyContext) {}

  readonly steps = [
    {
      does: `makes the topic ${this.topic}`,
      expects: `it has ${partitions} partitions`,
      run: () => this.makeTopic(),
    },
    {
      does: `produces ${messages} messages with ${keys} keys`,
      expects: 'the broker has as many',
      run: () => this.produce(),
    },
    {
      does: `consumes them in the group ${this.group}`,
      expects: 'each comes once, and those of a key in order',
      run: () => this.consume(),
    },
    {
      does: 'asks how far the group has read',
      expects: 'its lag is 0',
      run: () => this.lag(),
    },
  ];

  result(): readonly string[] {
    return Array.from(this.read, ([key, values]) => `  ${key}  ${values.join(' ')}`);
  }

  async end(): Promise<void> {
    await this.leave?.().catch(() => undefined);
    if (!this.isMade) return;
    const kafka = await this.context.servers.kafka();
    // Each by itself: a group that was never used is not there.
    await kafka.administer((admin) => admin.deleteGroups([this.group])).catch(() => undefined);
    await kafka.administer((admin) => admin.deleteTopics({ topics: [this.topic] }));
  }

  private async makeTopic(): Promise<Outcome> {
    const kafka = await this.context.servers.kafka();
    await kafka.administer((admin) =>
      admin.createTopics({
        waitForLeaders: true,
        topics: [{ topic: this.topic, numPartitions: partitions, replicationFactor: 1 }],
      }),
    );
    this.isMade = true;
    const found = await kafka.administer((admin) => admin.fetchTopicMetadata({ topics: [this.topic] }));
    const has = found.topics[0]?.partitions.length ?? 0;
    if (has === partitions) return passed(`${has} partitions`);
    return failed(`it has ${has} partitions`, 'look at the log of the broker');
  }

  private async produce(): Promise<Outcome> {
    const kafka = await this.context.servers.kafka();
    const producer = kafka.client.producer({ allowAutoTopicCreation: false });
    try {
      await producer.connect();
      for (let number = 1; number <= messagesOfAKey; number += 1) {
        const round = Array.from({ length: keys }, (_, key) => ({ key: `order-${key}`, value: String(number) }));
        await producer.send({ topic: this.topic, acks: -1, messages: round });
      }
    } catch (error) {
      throw kafka.failure(error);
    } finally {
      await producer.disconnect().catch(() => undefined);
    }
    const offsets = await kafka.administer((admin) => admin.fetchTopicOffsets(this.topic));
    const has = offsets.reduce((sum, { high }) => sum + Number(high), 0);
    const spread = offsets.map(({ partition, high }) => `partition ${partition}: ${high}`).join(', ');
    if (has === messages) return passed(spread);
    return failed(`the broker has ${has} messages, not ${messages}: ${spread}`, 'look at the log of the broker');
  }

  private async consume(): Promise<Outcome> {
    const { signal, patienceMs } = this.context;
    const kafka = await this.context.servers.kafka();
    await this.join(kafka);
    const counted = () => Array.from(this.read.values()).reduce((sum, { length }) => sum + length, 0);
    await patiently(patienceMs, signal, () => Promise.resolve(counted() >= messages ? true : undefined));
    if (counted() !== messages) {
      return failed(`${counted()} of ${messages} came within ${patienceMs / 1000} s`, 'look at the log of the broker');
    }
    const unordered = Array.from(this.read).filter(([, values]) => values.some((value, index) => value !== index + 1));
    if (unordered.length > 0) {
      return failed(
        `messages of ${unordered.map(([key]) => key).join(', ')} came out of order`,
        'this must not be: please report it with the version of the broker',
      );
    }
    return passed(`${messages} messages, ${this.read.size} keys, of ${this.touched.size} partitions`);
  }

  private async join(kafka: KafkaServer): Promise<void> {
    const consumer = kafka.client.consumer({
      groupId: this.group,
      allowAutoTopicCreation: false,
      maxWaitTimeInMs: 200,
    });
    this.leave = () => consumer.disconnect();
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [this.topic], fromBeginning: true });
      await consumer.run({
        autoCommitThreshold: 1,
        eachMessage: ({ message, partition }) => {
          const key = message.key?.toString() ?? '';
          const values = this.read.get(key) ?? [];
          this.read.set(key, [...values, Number(message.value?.toString())]);
          this.touched.add(partition);
          return Promise.resolve();
        },
      });
    } catch (error) {
      throw kafka.failure(error);
    }
  }

  private async lag(): Promise<Outcome> {
    const { servers, signal, patienceMs } = this.context;
    const kafka = await servers.kafka();
    let left = messages;
    await patiently(patienceMs, signal, async () => {
      left = await kafka.administer(async (admin) => {
        const [committed] = await admin.fetchOffsets({ groupId: this.group, topics: [this.topic] });
        const read = (committed?.partitions ?? []).reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
        return messages - read;
      });
      return left === 0 ? true : undefined;
    });
    return left === 0 ? passed('lag 0') : failed(`lag ${left}`, 'look at the log of the broker');
  }
}
