import { kafkaConfig, readOffsets, registerSnappy, toStreamError, type KafkaConnection } from '@plumbline/worker';
import { CompressionTypes, Kafka, type Admin, type Producer } from 'kafkajs';
import type { Logger } from 'pino';
import { BackupError, known } from './errors';
import type { GroupOffset, PartitionContent, SnapshotOf, TopicContent } from './format';
import { silentReport, type WorkOptions } from './report';
import { chosen } from './restore-buckets';
import { restoreGroups } from './restore-groups';
import { digestOf, headersOf, parseRecord, storedRecord, type StoredRecord } from './segment';
import type { Vault } from './vault';

/** Options of {@link restoreTopics}. */
export interface RestoreTopicsOptions extends Pick<WorkOptions, 'report' | 'signal'> {
  readonly target: KafkaConnection;
  /** @default - every topic of the backup */
  readonly topics?: readonly string[];
  /** Group that readers are named after. */
  readonly readAs: string;
  readonly logger: Logger;
}

/** What was restored of a topic. */
export interface RestoredTopic {
  readonly topic: string;
  readonly written: number;
  /** Records that were there as they should be. */
  readonly present: number;
}

/** A broker's own limit is 1 MiB. */
const batchBytes = 900_000;
const batchRecords = 2_000;

/**
 * Writes records of a backup into topics that hold nothing else, each into its partition and in its order, with its key, headers and time;
 * then says of each group how far it had read, in the new offsets, unless it has read there already. Topics that are not there are made. It
 * may be run again: records that are there are compared, and what is missing is written.
 *
 * @throws {BackupError} if a partition holds something else, or the backup was changed
 * @throws {StreamError}
 */
export async function restoreTopics(
  vault: Vault,
  snapshot: SnapshotOf<'topics'>,
  options: RestoreTopicsOptions,
): Promise<readonly RestoredTopic[]> {
  const { report = silentReport } = options;
  registerSnappy();
  const wanted = chosen(snapshot.contents, options.topics, 'topic');
  const kafka = new Kafka(kafkaConfig(options.target, 'plumbline-restore', options.logger));
  const admin = kafka.admin();
  const producer = kafka.producer({ allowAutoTopicCreation: false, idempotent: true, maxInFlightRequests: 1 });
  try {
    await admin.connect();
    await makeMissing(admin, wanted);
    await producer.connect();
    const restored: RestoredTopic[] = [];
    const positions: GroupOffset[] = [];
    for (const content of wanted) {
      const groups = snapshot.groups.filter(({ topic }) => topic === content.name);
      const work = { vault, kafka, admin, producer, content, groups, options };
      const { positions: found, ...result } = await restoreTopic(work);
      positions.push(...found);
      report('restored', { ...result });
      restored.push(result);
    }
    await restoreGroups(admin, positions, report);
    return restored;
  } catch (error) {
    throw known(error) ?? toStreamError(error, 'restore of topics');
  } finally {
    await producer.disconnect().catch(() => undefined);
    await admin.disconnect().catch(() => undefined);
  }
}

interface TopicWork {
  readonly vault: Vault;
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly producer: Producer;
  readonly content: TopicContent;
  readonly groups: readonly GroupOffset[];
  readonly options: RestoreTopicsOptions;
}

/** With the settings that they had; replicated as the brokers do by themselves. */
async function makeMissing(admin: Admin, contents: readonly TopicContent[]): Promise<void> {
  const { topics: there } = await admin.fetchTopicMetadata();
  const missing = contents.filter((content) => !there.some(({ name }) => name === content.name));
  if (missing.length > 0) {
    await admin.createTopics({
      waitForLeaders: true,
      topics: missing.map(({ name, partitions, config }) => ({
        topic: name,
        numPartitions: partitions.length,
        replicationFactor: -1,
        configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
      })),
    });
  }
  for (const { name, partitions } of contents) {
    const has = there.find((topic) => topic.name === name)?.partitions.length ?? partitions.length;
    if (has >= partitions.length) continue;
    const message = `topic ${name} has ${has} partitions and had ${partitions.length}: delete it, and it is made anew with as many`;
    throw new BackupError('PLUMBLINE_BACKUP_TARGET', message);
  }
}

async function restoreTopic(work: TopicWork): Promise<RestoredTopic & { readonly positions: readonly GroupOffset[] }> {
  const { admin, content, groups, options } = work;
  const counts = { written: 0, present: 0 };
  const positions: GroupOffset[] = [];
  const offsets = await admin.fetchTopicOffsets(content.name);
  for (const partition of content.partitions) {
    options.signal?.throwIfAborted();
    const { low, high } = offsets.find((each) => each.partition === partition.partition) ?? { low: '0', high: '0' };
    const writer = new PartitionRestore(work, partition, Number(low), Number(high));
    const { written, present, newOffsetOf } = await writer.run();
    counts.written += written;
    counts.present += present;
    for (const group of groups.filter((each) => each.partition === partition.partition))
      positions.push({ ...group, offset: newOffsetOf(group.offset) });
  }
  return { topic: content.name, ...counts, positions };
}

/** Restores one partition. In one that held nothing, a record's new offset is its number among those of the backup. */
class PartitionRestore {
  private readonly timed: boolean;
  private pending: StoredRecord[] = [];
  private pendingBytes = 0;
  private sent = 0;

  constructor(
    private readonly work: TopicWork,
    private readonly content: PartitionContent,
    private readonly low: number,
    private readonly high: number,
  ) {
    this.timed = work.content.config['message.timestamp.type'] !== 'LogAppendTime';
    this.sent = high;
  }

  async run(): Promise<{ written: number; present: number; newOffsetOf: (old: number) => number }> {
    const there = await this.digestsThere();
    /** Old offsets, by the number of the record: rising, so that one that is missing is found between two. */
    const old: number[] = [];
    for (const segment of this.content.segments) {
      this.work.options.signal?.throwIfAborted();
      const of = `${this.where}, records ${segment.from} to ${segment.to - 1}`;
      for (const line of await this.work.vault.readDataLines('topics', { ...segment, of })) {
        const record = parseRecord(line);
        const index = old.push(record.offset) - 1;
        if (index >= this.high) await this.add(record);
        else this.compare(record, index, there.get(index));
      }
    }
    await this.flush();
    const written = Math.max(0, old.length - this.high);
    return { written, present: old.length - written, newOffsetOf: (offset) => firstAtLeast(old, offset) };
  }

  private get where(): string {
    return `topic ${this.work.content.name}, partition ${this.content.partition}`;
  }

  /** Of the records that the partition has, by offset. */
  private async digestsThere(): Promise<ReadonlyMap<number, string>> {
    const { low, high, timed } = this;
    const { kafka, content, options } = this.work;
    const digests = new Map<number, string>();
    if (high === 0) return digests;
    if (this.content.segments.length > 0 && low === high) throw this.refused('had records that are gone');
    const { partition } = this.content;
    const others = content.partitions.map((each) => each.partition).filter((each) => each !== partition);
    const ranges = [{ partition, from: low, to: high }, ...others.map((each) => ({ partition: each, from: 0, to: 0 }))];
    await readOffsets(kafka, options.readAs, content.name, ranges, (message) => {
      const record = storedRecord(message);
      digests.set(record.offset, digestOf(record, timed));
    });
    return digests;
  }

  /** What compaction removed since is as good as there. */
  private compare(record: StoredRecord, index: number, there: string | undefined): void {
    if (there !== undefined && there !== digestOf(record, this.timed))
      throw this.refused(`holds at offset ${index} something that is not of this backup`);
  }

  private refused(why: string): BackupError {
    const message = `${this.where} ${why}: stop what writes to it, delete the topic, and restore again`;
    return new BackupError('PLUMBLINE_BACKUP_TARGET', message);
  }

  private async add(record: StoredRecord): Promise<void> {
    this.pending.push(record);
    this.pendingBytes += (record.key?.length ?? 0) + (record.value?.length ?? 0) + 200;
    if (this.pendingBytes >= batchBytes || this.pending.length >= batchRecords) await this.flush();
  }

  private async flush(): Promise<void> {
    if (this.pending.length === 0) return;
    const { partition } = this.content;
    const [answer] = await this.work.producer.send({
      topic: this.work.content.name,
      acks: -1,
      compression: CompressionTypes.GZIP,
      messages: this.pending.map((record) => ({
        ...{ partition, key: record.key, value: record.value, timestamp: String(record.timestampMs) },
        headers: headersOf(record),
      })),
    });
    if (Number(answer?.baseOffset) !== this.sent) throw this.refused('is being written to by somebody else');
    this.sent += this.pending.length;
    this.pending = [];
    this.pendingBytes = 0;
  }
}

/** Number of the first that is not smaller; how many there are, if all are. */
function firstAtLeast(rising: readonly number[], wanted: number): number {
  let [low, high] = [0, rising.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rising[middle] ?? Infinity) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
