import {
  CompressionTypes,
  Partitioners,
  type Kafka,
  type Message,
  type Producer,
  type RecordMetadata,
  type TopicMessages,
} from 'kafkajs';
import { SerialQueue } from '../serial';
import type { OutgoingRecord } from '../stream';
import { StreamError } from '../stream-error';
import { toStreamError } from './kafka-errors';

/** kafkajs makes one record batch of all messages of a send for a partition; bytes that attributes of a record take at most. */
const recordOverheadBytes = 64;

/**
 * Writes records, acknowledged by all in-sync replicas and compressed with Snappy. A send that is repeated within the client is
 * written once, by the broker's sequence numbers; after a send that failed for good they are in doubt (the broker may take the next
 * batch for a repetition and drop it), so the producer is replaced by one with numbers of its own.
 */
export class KafkaProducer {
  private readonly sends = new SerialQueue();
  private producer: Promise<Producer> | undefined;

  /** @param maxBatchBytes records of a partition are sent in batches of at most so many bytes before compression */
  constructor(
    private readonly kafka: Kafka,
    private readonly maxBatchBytes: number,
  ) {}

  send(records: readonly OutgoingRecord[]): Promise<void> {
    if (records.length === 0) return Promise.resolve();
    return this.sends.run(async () => {
      for (const part of splitByBytes(records, this.maxBatchBytes)) await this.sendPart(part);
    });
  }

  /** Waits for sends in progress. */
  async close(): Promise<void> {
    await this.sends.idle();
    await this.discard();
  }

  /** kafkajs says nothing of records for partitions that it has not heard of: what is not acknowledged was not sent. */
  private async sendPart(records: readonly OutgoingRecord[]): Promise<void> {
    const unsent = await this.sendOnce(records);
    if (unsent.length === 0) return;
    // A new producer asks anew what partitions there are.
    await this.discard();
    const [missing] = await this.sendOnce(unsent);
    if (missing === undefined) return;
    await this.discard();
    throw new StreamError(
      'PLUMBLINE_STREAM_UNAVAILABLE',
      `topic ${missing.topic} has no partition ${missing.partition ?? 0}; it needs as many as the topic that is read`,
    );
  }

  /** @returns records of partitions that are not known */
  private async sendOnce(records: readonly OutgoingRecord[]): Promise<readonly OutgoingRecord[]> {
    try {
      this.producer ??= this.connect();
      const producer = await this.producer;
      const messages = { topicMessages: byTopic(records), acks: -1, compression: CompressionTypes.Snappy };
      return unacknowledged(records, await producer.sendBatch(messages));
    } catch (error) {
      await this.discard();
      throw explain(error, records);
    }
  }

  private async connect(): Promise<Producer> {
    const producer = this.kafka.producer({
      allowAutoTopicCreation: false,
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: Partitioners.DefaultPartitioner,
      // Without a bound of its own, an idempotent producer repeats for ever and nobody learns of it.
      retry: { retries: 5, initialRetryTime: 200, maxRetryTime: 5_000 },
    });
    await producer.connect();
    return producer;
  }

  private async discard(): Promise<void> {
    const producer = this.producer;
    this.producer = undefined;
    // A producer that never connected, or whose broker is gone, has nothing left to disconnect.
    await producer?.then((each) => each.disconnect()).catch(() => undefined);
  }
}

/** Bytes of a record before compression. */
export function sizeOf({ key, value, headers = {} }: OutgoingRecord): number {
  let bytes = recordOverheadBytes + (key === null ? 0 : Buffer.byteLength(key)) + (value?.length ?? 0);
  for (const [name, text] of Object.entries(headers)) bytes += 8 + Buffer.byteLength(name) + Buffer.byteLength(text);
  return bytes;
}

/** Cuts records into runs of at most `maxBytes`, so that no batch of a partition is larger; a record larger than that is alone. */
export function splitByBytes(records: readonly OutgoingRecord[], maxBytes: number): OutgoingRecord[][] {
  const parts: OutgoingRecord[][] = [];
  let part: OutgoingRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = sizeOf(record);
    if (part.length > 0 && bytes + size > maxBytes) {
      parts.push(part);
      part = [];
      bytes = 0;
    }
    part.push(record);
    bytes += size;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}

/** Records whose partition, or topic where they name none, is not among the answers. */
export function unacknowledged(
  records: readonly OutgoingRecord[],
  answers: readonly Pick<RecordMetadata, 'topicName' | 'partition'>[],
): readonly OutgoingRecord[] {
  const partitions = new Set(answers.map(({ topicName, partition }) => `${topicName}/${partition}`));
  const topics = new Set(answers.map(({ topicName }) => topicName));
  return records.filter(({ topic, partition }) =>
    partition === undefined ? !topics.has(topic) : !partitions.has(`${topic}/${partition}`),
  );
}

function byTopic(records: readonly OutgoingRecord[]): TopicMessages[] {
  const topics = new Map<string, Message[]>();
  for (const { topic, partition, key, value, headers, timestampMs } of records) {
    const messages = topics.get(topic) ?? [];
    topics.set(topic, messages);
    messages.push({
      key,
      value: value === null ? null : Buffer.from(value.buffer, value.byteOffset, value.byteLength),
      ...(partition !== undefined && { partition }),
      ...(headers !== undefined && { headers: { ...headers } }),
      ...(timestampMs !== undefined && { timestamp: String(Math.trunc(timestampMs)) }),
    });
  }
  return Array.from(topics, ([topic, messages]) => ({ topic, messages }));
}

function explain(error: unknown, records: readonly OutgoingRecord[]): StreamError {
  const topics = Array.from(new Set(records.map(({ topic }) => topic))).join(', ');
  const translated = toStreamError(error, `produce to ${topics}`);
  if (translated.code !== 'PLUMBLINE_STREAM_MESSAGE_TOO_LARGE') return translated;
  const largest = records.reduce((left, right) => (sizeOf(left) >= sizeOf(right) ? left : right));
  const message = `a record of ${sizeOf(largest)} bytes is larger than topic ${largest.topic} allows (max.message.bytes)`;
  return new StreamError(translated.code, message, { cause: error });
}
