import { join } from 'node:path';
import { systemClock, type Clock } from '../clock';
import type { PollableStream } from '../run-stage';
import type { OutgoingRecord, ReadRange, StreamHandler, StreamRecord, Subscription, TopicPartition } from '../stream';
import { StreamError } from '../stream-error';
import { CommittedOffsets } from './committed-offsets';
import { ConsumerGroup } from './consumer-group';
import { lockDirectory } from './directory-lock';
import { EmbeddedConsumer, type ConsumerLog } from './embedded-consumer';
import { partitionOfKey } from './murmur2';
import { defaults, groupRetentionMs, type EmbeddedLogOptions } from './options';
import type { AppendRecord } from './partition-log';
import { pump } from './pump';
import { checkName, openTopic, type TopicLog } from './topic-log';

/** How often files are synced and old ones removed, milliseconds. */
const maintenanceIntervalMs = 1_000;
/** A log in memory has no timer, so that a replay is the same each time: it looks for what may go after so many records. */
const maintenanceIntervalRecords = 10_000;

/**
 * A broker within the process: topics as files of a folder, or in memory. Several consumers of a group share its partitions and
 * are rebalanced as by Kafka; keys have the same partitions as there.
 */
export class EmbeddedLog implements PollableStream {
  private readonly groups = new Map<string, ConsumerGroup>();
  private readonly consumers = new Set<Subscription>();
  private readonly listeners = new Set<() => void>();
  private readonly clock: Clock;
  private readonly maxMessageBytes: number;
  private readonly batchBytes: number;
  private readonly timer: NodeJS.Timeout | undefined;
  private appendedRecords = 0;
  private maintenance: Promise<void> = Promise.resolve();
  private maintenanceError: unknown;
  private closed = false;

  private constructor(
    private readonly topics: ReadonlyMap<string, TopicLog>,
    private readonly offsets: CommittedOffsets,
    private readonly unlock: () => Promise<void>,
    options: EmbeddedLogOptions,
  ) {
    this.clock = options.clock ?? systemClock;
    this.maxMessageBytes = options.maxMessageBytes ?? defaults.maxMessageBytes;
    this.batchBytes = options.batchBytes ?? defaults.batchBytes;
    if (options.directory !== undefined) {
      this.timer = setInterval(() => this.maintainInBackground(options.sync !== 'never'), maintenanceIntervalMs);
      this.timer.unref();
    }
  }

  /**
   * Opens a log, and repairs what a killed process left of it.
   *
   * @throws {StreamError} `PLUMBLINE_STREAM_LOCKED`, `PLUMBLINE_STREAM_CORRUPT`
   */
  static async open(options: EmbeddedLogOptions): Promise<EmbeddedLog> {
    const { directory } = options;
    const unlock = directory === undefined ? () => Promise.resolve() : await lockDirectory(directory);
    try {
      const offsets = await CommittedOffsets.open(directory === undefined ? undefined : join(directory, 'groups'));
      const topics = new Map<string, TopicLog>();
      for (const topic of options.topics) topics.set(topic.name, await openTopic(topic, options));
      return new EmbeddedLog(topics, offsets, unlock, options);
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  partitions(topic: string): Promise<number> {
    return Promise.resolve().then(() => this.topic(topic).partitions.length);
  }

  async produce(records: readonly OutgoingRecord[]): Promise<void> {
    this.checkOpen();
    const appends = new Map<TopicLog, Map<number, AppendRecord[]>>();
    for (const record of records) {
      const topic = this.topic(record.topic);
      const key = record.key === null ? null : Buffer.from(record.key);
      const partition = this.choosePartition(topic, record, key);
      const byPartition = appends.get(topic) ?? new Map<number, AppendRecord[]>();
      appends.set(topic, byPartition);
      const list = byPartition.get(partition) ?? [];
      byPartition.set(partition, list);
      const timestampMs = record.timestampMs ?? this.clock.now();
      list.push({ timestampMs, key, value: record.value, headers: record.headers ?? {} });
    }
    for (const [topic, byPartition] of appends) topic.checkSizes(byPartition, this.maxMessageBytes);
    for (const [topic, byPartition] of appends) {
      for (const [partition, list] of byPartition) {
        const neededFrom = () => this.neededFrom({ topic: topic.name, partition });
        await topic.append(partition, list, { nowMs: this.clock.now(), neededFrom });
      }
    }
    for (const listener of this.listeners) listener();
    if (this.timer !== undefined) return;
    this.appendedRecords += records.length;
    if (this.appendedRecords < maintenanceIntervalRecords) return;
    this.appendedRecords = 0;
    await this.maintain();
  }

  attach(group: string, topics: readonly string[], handler: StreamHandler): EmbeddedConsumer {
    this.checkOpen();
    checkName('group', group);
    topics.forEach((topic) => this.topic(topic));
    const members = this.groups.get(group) ?? new ConsumerGroup((topic) => this.topic(topic).partitions.length);
    this.groups.set(group, members);
    const consumer = new EmbeddedConsumer(topics, members, this.consumerLog(group), handler);
    this.listeners.forEach((listener) => listener());
    return consumer;
  }

  subscribe(group: string, topics: readonly string[], handler: StreamHandler): Promise<Subscription> {
    return Promise.resolve().then(() => {
      const consumer = this.attach(group, topics, handler);
      const subscription = pump(consumer, handler, this.listeners);
      this.consumers.add(subscription);
      return subscription;
    });
  }

  async readAll(
    topic: string,
    onRecord: (record: StreamRecord, partition: number) => void,
    range?: ReadRange,
  ): Promise<void> {
    await this.topic(topic).readAll(this.batchBytes, onRecord, range);
  }

  /** Forgets what no group needs and what retention allows, and compacts. Happens by itself now and then. */
  async maintain(): Promise<void> {
    for (const topic of this.topics.values()) {
      await topic.maintain(this.clock.now(), (partition) => this.neededFrom({ topic: topic.name, partition }));
    }
  }

  async close(): Promise<void> {
    if (this.closed) return;
    clearInterval(this.timer);
    for (const consumer of this.consumers) await consumer.stop();
    this.closed = true;
    await this.maintenance;
    for (const topic of this.topics.values()) await topic.close();
    await this.offsets.close();
    await this.unlock();
  }

  private maintainInBackground(sync: boolean): void {
    this.maintenance = this.maintenance
      .then(async () => {
        if (sync) for (const topic of this.topics.values()) await topic.sync();
        await this.maintain();
      })
      .catch((error: unknown) => {
        // Whoever appends next is told: what it was promised about earlier records may not hold.
        this.maintenanceError ??= error;
      });
  }

  private checkOpen(): void {
    if (this.closed) throw new StreamError('PLUMBLINE_STREAM_CLOSED', 'the embedded log is closed');
    if (this.maintenanceError !== undefined) {
      const message = `the embedded log could not be synced: ${describe(this.maintenanceError)}`;
      throw new StreamError('PLUMBLINE_STREAM_REFUSED', message, { cause: this.maintenanceError });
    }
  }

  private topic(name: string): TopicLog {
    const topic = this.topics.get(name);
    if (topic !== undefined) return topic;
    throw new StreamError('PLUMBLINE_STREAM_UNKNOWN_TOPIC', `there is no topic ${JSON.stringify(name)}`);
  }

  private choosePartition(topic: TopicLog, record: OutgoingRecord, key: Uint8Array | null): number {
    const count = topic.partitions.length;
    const partition = record.partition ?? (key === null ? topic.nextTurn() : partitionOfKey(key, count));
    if (Number.isInteger(partition) && partition >= 0 && partition < count) return partition;
    const message = `topic ${topic.name} has no partition ${partition}, only 0 to ${count - 1}`;
    throw new StreamError('PLUMBLINE_STREAM_UNKNOWN_PARTITION', message);
  }

  /** First offset that a group still has to read. */
  private neededFrom(partition: TopicPartition): number {
    const active = this.offsets.activeGroups(partition.topic, this.clock.now() - groupRetentionMs);
    const joined = Array.from(this.groups).filter(([, group]) => group.reads(partition.topic));
    const names = new Set([...active, ...joined.map(([name]) => name)]);
    return Math.min(Infinity, ...Array.from(names, (name) => this.offsets.get(name, partition) ?? 0));
  }

  private consumerLog(group: string): ConsumerLog {
    const partitionLog = ({ topic, partition }: TopicPartition) => this.topic(topic).partition(partition);
    return {
      startOffset: (partition) => partitionLog(partition).startOffset,
      endOffset: (partition) => partitionLog(partition).endOffset,
      read: (partition, fromOffset) => partitionLog(partition).read(fromOffset, this.batchBytes),
      committed: (partition) => this.offsets.get(group, partition),
      commit: (positions) => this.offsets.commit(group, positions, this.clock.now()),
    };
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : JSON.stringify(error);
}
