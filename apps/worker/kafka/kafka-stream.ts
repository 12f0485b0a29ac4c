import { Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import type {
  EventStream,
  OutgoingRecord,
  ReadRange,
  StreamHandler,
  StreamRecord,
  Subscription,
  TopicPartition,
} from '../stream';
import { StreamError } from '../stream-error';
import { TroubleLog } from '../trouble-log';
import { kafkaConfig, type KafkaConnection } from './kafka-connection';
import { toStreamError } from './kafka-errors';
import { KafkaProducer } from './kafka-producer';
import { readTopic } from './kafka-reader';
import { KafkaSubscription } from './kafka-subscription';
import { registerSnappy } from './snappy-codec';

/** How a Kafka is used. */
export interface KafkaStreamOptions extends KafkaConnection {
  /** Named in the broker's logs and quotas. */
  readonly clientId: string;
  /** Consumer group that groups which read whole topics are named after. @default - {@link clientId} */
  readonly group?: string;
  readonly logger: Logger;
  /**
   * Bytes of one batch of records of a partition before compression; a broker's own default limit is 1 MiB after it.
   *
   * @default 1_000_000
   */
  readonly maxBatchBytes?: number;
  /**
   * Bytes a broker answers a fetch with, of one partition.
   *
   * @default 2 MiB
   */
  readonly maxFetchBytesPerPartition?: number;
  /**
   * Bytes a broker answers a fetch with, of all partitions.
   *
   * @default 16 MiB
   */
  readonly maxFetchBytes?: number;
  /**
   * Silence after which a member of a group is taken for dead; its partitions wait that long after a crash.
   *
   * @default 30_000
   */
  readonly sessionTimeoutMs?: number;
  /** Says what lasts and is tried again. @default - one of its own */
  readonly troubles?: TroubleLog;
  /** Told how many offsets of a partition were gone before a group could read them. @default - they are only logged */
  readonly onLost?: (partition: TopicPartition, count: number) => void;
}

/** Kafka, or a broker that speaks its protocol. */
export class KafkaStream implements EventStream {
  private readonly kafka: Kafka;
  private readonly producer: KafkaProducer;
  private readonly subscriptions = new Set<KafkaSubscription>();

  constructor(private readonly options: KafkaStreamOptions) {
    registerSnappy();
    this.kafka = new Kafka(kafkaConfig(options, options.clientId, options.logger));
    this.producer = new KafkaProducer(this.kafka, options.maxBatchBytes ?? 1_000_000);
  }

  async partitions(topic: string): Promise<number> {
    const admin = this.kafka.admin();
    try {
      await admin.connect();
      // All topics: asking for one by name may create it.
      const { topics } = await admin.fetchTopicMetadata();
      const found = topics.find(({ name }) => name === topic);
      if (found === undefined) throw unknownTopic(topic);
      return found.partitions.length;
    } catch (error) {
      throw toStreamError(error, `partitions of topic ${topic}`);
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }

  produce(records: readonly OutgoingRecord[]): Promise<void> {
    return this.producer.send(records);
  }

  async subscribe(group: string, topics: readonly string[], handler: StreamHandler): Promise<Subscription> {
    // A consumer of a topic that does not exist would be restarted by kafkajs for ever.
    for (const topic of topics) await this.partitions(topic);
    const { logger, maxFetchBytesPerPartition = 2 * 1024 * 1024, maxFetchBytes = 16 * 1024 * 1024 } = this.options;
    const { sessionTimeoutMs = 30_000, onLost, troubles = new TroubleLog(logger) } = this.options;
    const subscription = await KafkaSubscription.start(
      this.kafka,
      {
        group,
        topics,
        maxBytesPerPartition: maxFetchBytesPerPartition,
        maxBytes: maxFetchBytes,
        sessionTimeoutMs,
        onRestart: (error) => troubles.lasts(error, `joining group ${group} anew`),
        onLost: ({ topic, partition }, from, count) => {
          logger.warn(
            { group, topic, partition, from, count },
            'the broker no longer has offsets that were not read yet',
          );
          onLost?.({ topic, partition }, count);
        },
      },
      handler,
    );
    this.subscriptions.add(subscription);
    return subscription;
  }

  async readAll(
    topic: string,
    onRecord: (record: StreamRecord, partition: number) => void,
    range?: ReadRange,
  ): Promise<void> {
    await this.partitions(topic);
    const { clientId, group = clientId } = this.options;
    await readTopic(this.kafka, group, { topic, ...(range !== undefined && { range }) }, onRecord);
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.subscriptions, (subscription) => subscription.stop()));
    await this.producer.close();
  }
}

function unknownTopic(topic: string): StreamError {
  return new StreamError('PLUMBLINE_STREAM_UNKNOWN_TOPIC', `there is no topic ${JSON.stringify(topic)}`);
}
