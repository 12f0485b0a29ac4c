import { startKafka, type KafkaPeer } from '@plumbline/tools/peers';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import pino from 'pino';
import { runStage, type RunningStage, type StageOptions } from '../run-stage';
import type { RecordBatch } from '../stream';
import { CopyStage, text } from '../testing';
import { KafkaStream, type KafkaStreamOptions } from './kafka-stream';

export const silentLogger = pino({ level: 'silent' });

/** Each reading of a topic is a consumer group of its own: too many a second, and the broker does nothing else. */
export const pollMs = 300;

/** A broker with streams and stages on it, which end with each test. */
export class KafkaUnderTest {
  private topicNumber = 0;
  private readonly streams: KafkaStream[] = [];
  private readonly running = new Set<RunningStage>();

  private constructor(readonly peer: KafkaPeer) {}

  static async start(): Promise<KafkaUnderTest> {
    return new KafkaUnderTest(await startKafka({ properties: { 'message.max.bytes': '200000' } }));
  }

  /** After each test. */
  async release(): Promise<void> {
    await Promise.all(Array.from(this.running, (stage) => this.end(stage)));
    await Promise.all(this.streams.splice(0).map((stream) => stream.close()));
  }

  open(onLost?: KafkaStreamOptions['onLost']): KafkaStream {
    const stream = new KafkaStream({
      brokers: this.peer.brokers,
      clientId: 'test',
      logger: silentLogger,
      maxBatchBytes: 150_000,
      ...(onLost !== undefined && { onLost }),
    });
    this.streams.push(stream);
    return stream;
  }

  /** By a stream of its own: what one knows of a topic is wrong once the topic was made again. */
  send(topic: string, ...values: string[]): Promise<void> {
    return this.open().produce(values.map((value) => ({ topic, key: null, value: Buffer.from(value) })));
  }

  async withAdmin(work: (admin: Admin) => Promise<unknown>): Promise<void> {
    const admin = new Kafka({ brokers: [...this.peer.brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    try {
      await work(admin);
    } finally {
      await admin.disconnect();
    }
  }

  async makeTopic(partitions: number, config: Record<string, string> = {}): Promise<string> {
    this.topicNumber += 1;
    const topic = `topic-${this.topicNumber}`;
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
    await this.withAdmin((admin) =>
      admin.createTopics({ topics: [{ topic, numPartitions: partitions, configEntries }] }),
    );
    return topic;
  }

  async run(stage: CopyStage, stream = this.open(), options?: StageOptions): Promise<RunningStage> {
    const started = await runStage(stage, stream, options);
    this.running.add(started);
    return started;
  }

  /** Ends a stage before its test does. */
  async end(stage: RunningStage): Promise<void> {
    this.running.delete(stage);
    await stage.stop();
  }
}

export async function valuesOf(stream: KafkaStream, topic: string): Promise<string[]> {
  const values: string[] = [];
  await stream.readAll(topic, (record) => values.push(text(record)));
  return values;
}

/** Copies one topic to another, in a group of its own. */
export function copier(
  input: string,
  output: string,
  before: (batch: RecordBatch) => Promise<void> = () => Promise.resolve(),
): CopyStage {
  const stage = new CopyStage(async (batch) => {
    await before(batch);
    return { records: batch.records.map(({ value }) => ({ topic: output, key: null, value })) };
  }, `${input}-group`);
  return Object.assign(stage, { topics: [input] });
}
