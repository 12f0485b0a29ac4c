import {
  kafkaConfig,
  readOffsets,
  registerSnappy,
  systemClock,
  toStreamError,
  type Clock,
  type KafkaConnection,
} from '@plumbline/worker';
import { ConfigResourceTypes, ConfigSource, Kafka, type Admin } from 'kafkajs';
import type { Logger } from 'pino';
import { BackupError, known } from './errors';
import type { GroupOffset, PartitionContent, SnapshotOf, TopicContent } from './format';
import { silentReport, type WorkOptions } from './report';
import { digestOf, formatRecord, storedRecord } from './segment';
import { SegmentWriter } from './segment-writer';
import { newSnapshotId } from './snapshot-id';
import type { Vault } from './vault';

/** A topic that is backed up. */
export interface TopicToBackUp {
  readonly name: string;
  /** Records that are younger, milliseconds. @default - all that there are */
  readonly windowMs?: number;
}

/** Options of {@link backUpTopics}. */
export interface BackUpTopicsOptions extends Pick<WorkOptions, 'report' | 'signal'> {
  readonly source: KafkaConnection;
  readonly topics: readonly TopicToBackUp[];
  /** Consumer groups whose offsets in these topics are kept. */
  readonly groups: readonly string[];
  /** Group that readers are named after, `<group>.read-<random>`. */
  readonly readAs: string;
  readonly logger: Logger;
  /** Whether a topic may be empty that was not when it was backed up last. @default false */
  readonly allowEmpty?: boolean;
  /** Whether all records are read and stored again. @default false */
  readonly full?: boolean;
  readonly clock?: Clock;
}

/** A partition of so many segments is read from its beginning again, without what was superseded since. */
const mostSegments = 48;
/** Settings that make a topic what it is; others are the broker's. */
const keptSettings = new Set([
  'cleanup.policy',
  'retention.ms',
  'retention.bytes',
  'max.message.bytes',
  'message.timestamp.type',
]);

/**
 * Stores the records of topics, and how far groups have read. Of a partition that was backed up before only what came since is read.
 *
 * Offsets of groups are asked for first: what they point to is then among the records that are stored, or is its end.
 *
 * @throws {BackupError} if a topic is not there, or is empty and was not
 * @throws {StreamError}
 */
export async function backUpTopics(vault: Vault, options: BackUpTopicsOptions): Promise<SnapshotOf<'topics'>> {
  const { clock = systemClock, report = silentReport } = options;
  registerSnappy();
  const startedMs = clock.now();
  const id = newSnapshotId(startedMs);
  const before = await vault.newest('topics', report);
  const kafka = new Kafka(kafkaConfig(options.source, 'plumbline-backup', options.logger));
  const admin = kafka.admin();
  try {
    await admin.connect();
    const { topics: there } = await admin.fetchTopicMetadata();
    for (const { name } of options.topics) if (!there.some((each) => each.name === name)) throw unknownTopic(name);
    const groups = await offsetsOfGroups(admin, options);
    const contents: TopicContent[] = [];
    for (const topic of options.topics) {
      options.signal?.throwIfAborted();
      const previous = before?.contents.find(({ name }) => name === topic.name);
      const content = await backUpTopic(vault, { id, kafka, admin, topic, previous, options });
      if (topic.windowMs === undefined && options.allowEmpty !== true) refuseEmptied(content, previous);
      contents.push(content);
      report('backed up', { topic: topic.name, ...countsOf(content), new: newRecords(content, previous) });
    }
    const [startedAt, finishedAt] = [startedMs, clock.now()].map((time) => new Date(time).toISOString());
    const made = { format: 1, part: 'topics', id, startedAt, finishedAt, contents, groups } as SnapshotOf<'topics'>;
    await vault.commit(made);
    return made;
  } catch (error) {
    throw known(error) ?? toStreamError(error, 'backup of topics');
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

interface TopicWork {
  readonly id: string;
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly topic: TopicToBackUp;
  readonly previous: TopicContent | undefined;
  readonly options: BackUpTopicsOptions;
}

interface PartitionWork {
  readonly low: number;
  readonly high: number;
  /** What is read: from the last record that is known, to tell whether it is the same topic. */
  readonly from: number;
  readonly previous: PartitionContent | undefined;
}

async function backUpTopic(vault: Vault, work: TopicWork): Promise<TopicContent> {
  const { id, kafka, admin, topic, options } = work;
  const config = await settingsOf(admin, topic.name);
  const timed = config['message.timestamp.type'] !== 'LogAppendTime';
  let partitions = await partitionsOf(work);
  for (;;) {
    const writers = new Map(
      Array.from(partitions, ([partition, { previous, low }]) => {
        const kept = previous?.segments.filter(({ to }) => to > low) ?? [];
        return [partition, new SegmentWriter(vault, { id, topic: topic.name, partition, kept, timed })] as const;
      }),
    );
    const madeAnew = new Set<number>();
    const ranges = Array.from(partitions, ([partition, { from, high }]) => ({ partition, from, to: high }));
    await readOffsets(kafka, options.readAs, topic.name, ranges, async (message, partition) => {
      options.signal?.throwIfAborted();
      const last = partitions.get(partition)?.previous?.last;
      const record = storedRecord(message);
      if (last !== undefined && record.offset <= last.offset) {
        if (record.offset === last.offset && digestOf(record, timed) !== last.digest) madeAnew.add(partition);
        return;
      }
      await writers.get(partition)?.add(record, formatRecord(record));
    });
    if (madeAnew.size === 0) {
      const contents = Array.from(partitions, async ([partition, { previous, high }]) => {
        const { segments, last = previous?.last } = (await writers.get(partition)?.close()) ?? { segments: [] };
        return { partition, next: high, segments: [...segments], ...(last !== undefined && { last }) };
      });
      return { name: topic.name, config, partitions: await Promise.all(contents) };
    }
    partitions = new Map(
      Array.from(partitions, ([partition, { low, high, ...rest }]) => [
        partition,
        madeAnew.has(partition) ? { low, high, from: low, previous: undefined } : { low, high, ...rest },
      ]),
    );
  }
}

/** What is to be read of each partition. */
async function partitionsOf({ admin, topic, previous, options }: TopicWork): Promise<Map<number, PartitionWork>> {
  const offsets = await admin.fetchTopicOffsets(topic.name);
  const since = new Map<number, number>();
  if (topic.windowMs !== undefined) {
    const sinceMs = Math.max(0, (options.clock ?? systemClock).now() - topic.windowMs);
    for (const { partition, offset } of await admin.fetchTopicOffsetsByTimestamp(topic.name, sinceMs))
      since.set(partition, Number(offset));
  }
  return new Map(
    offsets
      .map(({ partition, low: first, high: end }): [number, PartitionWork] => {
        const [low, high] = [Math.max(Number(first), since.get(partition) ?? 0), Number(end)];
        const known = previous?.partitions.find((each) => each.partition === partition);
        const begin: [number, PartitionWork] = [partition, { low, high, from: low, previous: undefined }];
        if (options.full === true || known === undefined) return begin;
        if (known.next > high || known.segments.length >= mostSegments) return begin;
        return [partition, { low, high, from: Math.max(low, known.last?.offset ?? known.next), previous: known }];
      })
      .sort(([a], [b]) => a - b),
  );
}

async function settingsOf(admin: Admin, topic: string): Promise<Record<string, string>> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }],
  });
  const entries = resources[0]?.configEntries ?? [];
  return Object.fromEntries(
    entries
      .filter(
        ({ configName, configSource }) => keptSettings.has(configName) && configSource === ConfigSource.TOPIC_CONFIG,
      )
      .map(({ configName, configValue }) => [configName, configValue]),
  );
}

async function offsetsOfGroups(admin: Admin, { groups, topics }: BackUpTopicsOptions): Promise<GroupOffset[]> {
  const found: GroupOffset[] = [];
  for (const group of groups) {
    const names = topics.map(({ name }) => name);
    for (const { topic, partitions } of await admin.fetchOffsets({ groupId: group, topics: names }))
      for (const { partition, offset } of partitions)
        if (Number(offset) >= 0) found.push({ group, topic, partition, offset: Number(offset) });
  }
  return found;
}

/** Records and bytes of a topic. */
export function countsOf({ partitions }: TopicContent): { readonly records: number; readonly bytes: number } {
  const segments = partitions.flatMap((each) => each.segments);
  return {
    records: segments.reduce((sum, { records }) => sum + records, 0),
    bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

function newRecords({ partitions }: TopicContent, previous: TopicContent | undefined): number {
  const known = new Set(previous?.partitions.flatMap(({ segments }) => segments.map(({ data }) => data)));
  const segments = partitions.flatMap((each) => each.segments).filter(({ data }) => !known.has(data));
  return segments.reduce((sum, { records }) => sum + records, 0);
}

function unknownTopic(name: string): BackupError {
  return new BackupError('PLUMBLINE_BACKUP_SOURCE', `there is no topic ${name}: this backup does not count`);
}

/** A topic that lost everything must not become the newest backup without somebody saying so. */
function refuseEmptied(content: TopicContent, previous: TopicContent | undefined): void {
  if (previous === undefined || countsOf(previous).records === 0 || countsOf(content).records > 0) return;
  const message = `topic ${content.name} is empty and was not when it was backed up last: this backup does not count. Restore the topic, or give --allow-empty`;
  throw new BackupError('PLUMBLINE_BACKUP_SOURCE', message);
}
