import { randomUUID } from 'node:crypto';
import { VerifyError } from '../check';
import type { KafkaServer } from '../servers/kafka';

/** A record as it is looked at. */
export interface WatchedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly value: Buffer;
}

const joinTimeoutMs = 20_000;

/**
 * Reads what is written to topics from now on, as the only member of a group of its own that commits nothing and is deleted in the
 * end. What is read is handed on and not kept.
 */
export class TopicWatch {
  private constructor(
    private readonly kafka: KafkaServer,
    private readonly group: string,
    private readonly leave: () => Promise<void>,
    private readonly broken: { readonly error: () => unknown },
  ) {}

  /**
   * Resolves when every record from now on will be seen.
   *
   * @throws {VerifyError} if a topic is not there or the broker does not answer
   */
  static async start(
    kafka: KafkaServer,
    topics: readonly string[],
    onRecord: (record: WatchedRecord) => void,
  ): Promise<TopicWatch> {
    const ends = await endOffsets(kafka, topics);
    const group = `plumbline-verify.watch-${randomUUID()}`;
    let failure: unknown;
    const consumer = kafka.client.consumer({
      groupId: group,
      allowAutoTopicCreation: false,
      maxWaitTimeInMs: 200,
      retry: { retries: 2, restartOnFailure: () => Promise.resolve(false) },
    });
    consumer.on('consumer.crash', ({ payload }) => {
      failure = payload.error;
    });
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [...topics], fromBeginning: false });
      const joined = new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no group within ${joinTimeoutMs / 1000} s`)), joinTimeoutMs);
        consumer.on('consumer.group_join', () => {
          clearTimeout(timer);
          resolve();
        });
      });
      const running = consumer.run({
        autoCommit: false,
        eachMessage: ({ topic, partition, message }) => {
          const { offset, value } = message;
          if (value !== null) onRecord({ topic, partition, offset: Number(offset), value });
          return Promise.resolve();
        },
      });
      await Promise.all([joined, running]);
      for (const { topic, partition, offset } of ends) consumer.seek({ topic, partition, offset });
    } catch (error) {
      await consumer.disconnect().catch(() => undefined);
      throw kafka.failure(error);
    }
    return new TopicWatch(kafka, group, () => consumer.disconnect(), { error: () => failure });
  }

  /** @throws {VerifyError} if reading has ended by itself */
  throwIfBroken(): void {
    const error = this.broken.error();
    if (error !== undefined) throw this.kafka.failure(error);
  }

  async stop(): Promise<void> {
    await this.leave().catch(() => undefined);
    // It goes by itself too, when its empty group expires.
    await this.kafka.administer((admin) => admin.deleteGroups([this.group])).catch(() => undefined);
  }
}

async function endOffsets(
  kafka: KafkaServer,
  topics: readonly string[],
): Promise<readonly { readonly topic: string; readonly partition: number; readonly offset: string }[]> {
  return kafka.administer(async (admin) => {
    const present = await admin.listTopics();
    const missing = topics.filter((topic) => !present.includes(topic));
    if (missing.length > 0) {
      throw new VerifyError(`the broker has no topic ${missing.join(', ')}`, 'see the check "topics"');
    }
    const offsets = await Promise.all(
      topics.map(async (topic) =>
        (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => ({ topic, partition, offset: high })),
      ),
    );
    return offsets.flat();
  });
}
