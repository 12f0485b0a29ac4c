import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReadRange, StreamRecord } from '../stream';
import { StreamError } from '../stream-error';
import { isSuperseded, newestOffsetByKey } from './compaction';
import { FilePartition } from './file-partition';
import { frameSize } from './frame';
import { MemoryPartition } from './memory-partition';
import { defaults, tombstoneRetentionMs, type EmbeddedLogOptions, type EmbeddedTopic } from './options';
import type { AppendRecord, PartitionLog } from './partition-log';

/** A compacted partition is compacted again when it has grown to this multiple of what was left the last time. */
const compactionGrowth = 2;
const compactionMinBytes = 1024 * 1024;

/** The partitions of one topic and what bounds them. */
export class TopicLog {
  private turn = 0;
  private readonly compactedBytes = new Map<PartitionLog, number>();

  constructor(
    private readonly topic: EmbeddedTopic,
    readonly partitions: readonly PartitionLog[],
  ) {}

  get name(): string {
    return this.topic.name;
  }

  partition(number: number): PartitionLog {
    const partition = this.partitions[number];
    if (partition !== undefined) return partition;
    throw new StreamError('PLUMBLINE_STREAM_UNKNOWN_PARTITION', `topic ${this.name} has no partition ${number}`);
  }

  /** Partitions in turn, for records without a key. */
  nextTurn(): number {
    this.turn = (this.turn + 1) % this.partitions.length;
    return this.turn;
  }

  /** @throws {StreamError} `PLUMBLINE_STREAM_MESSAGE_TOO_LARGE` */
  checkSizes(byPartition: ReadonlyMap<number, readonly AppendRecord[]>, maxMessageBytes: number): void {
    for (const records of byPartition.values()) {
      for (const record of records) {
        const bytes = frameSize({ ...record, offset: 0 });
        if (bytes <= maxMessageBytes) continue;
        const message = `a record for topic ${this.name} has ${bytes} bytes, at most ${maxMessageBytes} are allowed`;
        throw new StreamError('PLUMBLINE_STREAM_MESSAGE_TOO_LARGE', message);
      }
    }
  }

  /** @throws {StreamError} `PLUMBLINE_STREAM_FULL` when groups are so far behind that nothing can be forgotten */
  async append(
    number: number,
    records: readonly AppendRecord[],
    retention: { readonly nowMs: number; readonly neededFrom: () => number },
  ): Promise<void> {
    const partition = this.partition(number);
    const maxBytes = this.topic.maxBytes ?? defaults.maxBytes;
    if (partition.sizeBytes >= maxBytes) {
      await this.trim(partition, retention.nowMs, retention.neededFrom());
      if (partition.sizeBytes >= maxBytes) {
        const message = `${this.name}[${number}] holds ${partition.sizeBytes} bytes that are still needed, its limit is ${maxBytes}`;
        throw new StreamError('PLUMBLINE_STREAM_FULL', message);
      }
    }
    await partition.append(records);
  }

  async maintain(nowMs: number, neededFrom: (partition: number) => number): Promise<void> {
    for (const [number, partition] of this.partitions.entries()) {
      await this.trim(partition, nowMs, neededFrom(number));
    }
  }

  async readAll(
    batchBytes: number,
    onRecord: (record: StreamRecord, partition: number) => void,
    range?: ReadRange,
  ): Promise<void> {
    for (const [number, partition] of this.partitions.entries()) {
      if (range?.partitions.includes(number) === false) continue;
      const end = partition.endOffset;
      const scan = (visit: (record: StreamRecord) => void) => scanPartition(partition, end, batchBytes, visit);
      if (this.topic.cleanup !== 'compact') {
        let begun = range === undefined;
        await scan((record) => {
          begun ||= record.timestampMs >= (range?.sinceMs ?? -Infinity);
          if (begun) onRecord(record, number);
        });
        continue;
      }
      const newest = await newestOffsetByKey(scan);
      await scan((record) => {
        if (!isSuperseded(record, newest)) onRecord(record, number);
      });
    }
  }

  async sync(): Promise<void> {
    for (const partition of this.partitions) await partition.sync();
  }

  async close(): Promise<void> {
    for (const partition of this.partitions) await partition.close();
  }

  private async trim(partition: PartitionLog, nowMs: number, neededFrom: number): Promise<void> {
    if (this.topic.cleanup === 'compact') {
      const before = this.compactedBytes.get(partition) ?? 0;
      if (partition.sizeBytes < Math.max(compactionMinBytes, before * compactionGrowth)) return;
      await partition.compact(nowMs - tombstoneRetentionMs);
      this.compactedBytes.set(partition, partition.sizeBytes);
      return;
    }
    await partition.trim({
      neededFrom,
      olderThanMs: nowMs - (this.topic.retentionMs ?? defaults.retentionMs),
      keepBytes: this.topic.retentionBytes ?? defaults.retentionBytes,
    });
  }
}

/** Opens a topic: as many partitions as it is asked for, or as it already has if that is more. */
export async function openTopic(topic: EmbeddedTopic, options: EmbeddedLogOptions): Promise<TopicLog> {
  checkName('topic', topic.name);
  const { directory } = options;
  if (directory === undefined) {
    return new TopicLog(
      { ...topic, retentionBytes: topic.retentionBytes ?? defaults.memoryRetentionBytes },
      Array.from({ length: topic.partitions }, () => new MemoryPartition()),
    );
  }
  const folder = join(directory, 'topics', topic.name);
  const present = await readdir(folder).catch(() => []);
  const count = Math.max(topic.partitions, ...present.map((name) => Number(name) + 1).filter(Number.isInteger));
  const partitions: PartitionLog[] = [];
  for (let number = 0; number < count; number += 1) {
    partitions.push(
      await FilePartition.open(join(folder, String(number)), {
        segmentBytes: options.segmentBytes ?? defaults.segmentBytes,
        syncEachAppend: options.sync === 'each',
        onCut: options.onCut ?? (() => undefined),
      }),
    );
  }
  return new TopicLog(topic, partitions);
}

/**
 * Topics and groups are names of files.
 *
 * @throws {StreamError} `PLUMBLINE_STREAM_UNKNOWN_TOPIC` for a name that Kafka would not take either
 */
export function checkName(what: 'topic' | 'group', name: string): void {
  if (/^[A-Za-z0-9._-]{1,200}$/.test(name) && !/^\.+$/.test(name)) return;
  throw new StreamError('PLUMBLINE_STREAM_UNKNOWN_TOPIC', `${JSON.stringify(name)} cannot be the name of a ${what}`);
}

async function scanPartition(
  partition: PartitionLog,
  end: number,
  batchBytes: number,
  visit: (record: StreamRecord) => void,
): Promise<void> {
  let next = partition.startOffset;
  while (next < end) {
    const records = await partition.read(next, batchBytes);
    const last = records.at(-1);
    if (last === undefined) return;
    for (const record of records) if (record.offset < end) visit(record);
    next = last.offset + 1;
  }
}
