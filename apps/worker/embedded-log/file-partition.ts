import { mkdir, open, readdir, rename, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { SerialQueue } from '../serial';
import type { StreamRecord } from '../stream';
import { syncDirectory } from './atomic-write';
import { isKept, newestOffsetByKey } from './compaction';
import { encodeFrame } from './frame';
import type { AppendRecord, PartitionLog, RetentionBounds } from './partition-log';
import { Segment } from './segment';
import { parseSegmentName, segmentName } from './segment-name';

/** Settings of a partition's files. */
export interface FilePartitionOptions {
  /** A segment that reached this size gets no more records. */
  readonly segmentBytes: number;
  /** Whether `append` waits until the records would survive a loss of power. */
  readonly syncEachAppend: boolean;
  /** Told when a torn tail was cut off. */
  readonly onCut: (path: string, bytes: number) => void;
}

const readChunkBytes = 1024 * 1024;

/** A partition in a folder: segments of appended frames, the newest of which is written to. */
export class FilePartition implements PartitionLog {
  private readonly calls = new SerialQueue();

  private constructor(
    private readonly directory: string,
    private readonly options: FilePartitionOptions,
    /** Never empty; by rising offset. */
    private segments: Segment[],
  ) {}

  /** Opens the folder, made when absent, and cuts a torn tail off the newest segment. */
  static async open(directory: string, options: FilePartitionOptions): Promise<FilePartition> {
    await mkdir(directory, { recursive: true });
    const found = await usableSegments(directory);
    const segments: Segment[] = [];
    for (const [index, { name, baseOffset, compactedEnd }] of found.entries()) {
      const path = join(directory, name);
      const next = found[index + 1];
      if (next !== undefined) {
        const end = compactedEnd ?? next.baseOffset;
        segments.push(await Segment.openComplete(path, baseOffset, end));
        continue;
      }
      const { segment, cutBytes } = await Segment.recover(path, baseOffset);
      // A compacted segment may end before its last offset; those offsets must not be given again.
      segment.endOffset = Math.max(segment.endOffset, compactedEnd ?? 0);
      if (cutBytes > 0) options.onCut(path, cutBytes);
      segments.push(segment);
    }
    const partition = new FilePartition(directory, options, segments);
    if (segments.length === 0 || found.at(-1)?.compactedEnd !== undefined) await partition.roll();
    return partition;
  }

  get startOffset(): number {
    return this.segments[0]?.baseOffset ?? 0;
  }

  get endOffset(): number {
    return this.segments.at(-1)?.endOffset ?? 0;
  }

  get sizeBytes(): number {
    return this.segments.reduce((sum, segment) => sum + segment.sizeBytes, 0);
  }

  append(records: readonly AppendRecord[]): Promise<number> {
    return this.calls.run(async () => {
      const first = this.endOffset;
      const numbered = records.map((record, index) => ({ ...record, offset: first + index }));
      if (this.active.sizeBytes >= this.options.segmentBytes) await this.roll();
      await this.active.append(numbered.map(encodeFrame), numbered);
      if (this.options.syncEachAppend) await this.active.sync();
      return first;
    });
  }

  read(fromOffset: number, maxBytes: number): Promise<StreamRecord[]> {
    return this.calls.run(() => this.readNow(fromOffset, maxBytes));
  }

  trim(bounds: RetentionBounds): Promise<void> {
    return this.calls.run(async () => {
      for (;;) {
        const [oldest, next] = this.segments;
        // A segment is as old as its youngest record, which is not much older than the first of the next.
        if (oldest === undefined || next === undefined || oldest.endOffset > bounds.neededFrom) return;
        const old = (next.firstTimestampMs ?? Infinity) < bounds.olderThanMs;
        const tooMuch = this.sizeBytes - oldest.sizeBytes >= bounds.keepBytes;
        if (!old && !tooMuch) return;
        this.segments.shift();
        await oldest.remove();
      }
    });
  }

  compact(tombstonesBeforeMs: number): Promise<void> {
    return this.calls.run(async () => {
      if (this.active.sizeBytes > 0) await this.roll();
      const closed = this.segments.slice(0, -1);
      const [first] = closed;
      const end = closed.at(-1)?.endOffset;
      if (first === undefined || end === undefined || end <= first.baseOffset) return;
      const scan = (onRecord: (record: StreamRecord) => Promise<void> | void) => this.scan(closed, onRecord);
      const newest = await newestOffsetByKey(scan);
      const path = join(this.directory, segmentName(first.baseOffset, end));
      const temporary = `${path}.tmp`;
      const output = await open(temporary, 'w');
      try {
        await scan(async (record) => {
          if (isKept(record, newest, tombstonesBeforeMs)) await output.write(encodeFrame(record));
        });
        await output.sync();
      } finally {
        await output.close();
      }
      await rename(temporary, path);
      const compacted = await Segment.openComplete(path, first.baseOffset, end);
      this.segments = [compacted, this.active];
      for (const segment of closed) {
        // A segment that was compacted before and has nothing new behind it keeps its name.
        await (segment.path === path ? segment.close() : segment.remove());
      }
    });
  }

  sync(): Promise<void> {
    return this.calls.run(async () => {
      for (const segment of this.segments) await segment.sync();
    });
  }

  async close(): Promise<void> {
    await this.sync();
    await this.calls.run(async () => {
      for (const segment of this.segments) await segment.close();
    });
  }

  private get active(): Segment {
    const active = this.segments.at(-1);
    if (active === undefined) throw new Error(`partition ${this.directory} has no segment`);
    return active;
  }

  private async readNow(fromOffset: number, maxBytes: number): Promise<StreamRecord[]> {
    for (const segment of this.segments) {
      if (segment.endOffset <= fromOffset || segment.sizeBytes === 0) continue;
      const records = await segment.read(fromOffset, maxBytes);
      if (records.length > 0) return records;
    }
    return [];
  }

  private async scan(
    segments: readonly Segment[],
    onRecord: (record: StreamRecord) => Promise<void> | void,
  ): Promise<void> {
    for (const segment of segments) {
      let next = segment.baseOffset;
      for (;;) {
        const records = await segment.read(next, readChunkBytes);
        const last = records.at(-1);
        if (last === undefined) break;
        for (const record of records) await onRecord(record);
        next = last.offset + 1;
      }
    }
  }

  private async roll(): Promise<void> {
    const base = this.endOffset;
    await this.segments.at(-1)?.sync();
    const path = join(this.directory, segmentName(base));
    this.segments.push(await Segment.create(path, base));
    await syncDirectory(this.directory);
  }
}

/** Segments by rising offset, without those that a crash in the middle of a compaction left behind; these are removed. */
async function usableSegments(
  directory: string,
): Promise<{ name: string; baseOffset: number; compactedEnd: number | undefined }[]> {
  const names = (await readdir(directory)).sort();
  for (const name of names.filter((each) => each.endsWith('.tmp'))) await rm(join(directory, name));
  const all = names.flatMap((name) => {
    const parsed = parseSegmentName(name);
    return parsed === undefined ? [] : [{ name, ...parsed }];
  });
  const compactedEnd = Math.max(0, ...all.map((segment) => segment.compactedEnd ?? 0));
  const usable: typeof all = [];
  for (const segment of all) {
    const superseded = segment.baseOffset < compactedEnd && segment.compactedEnd !== compactedEnd;
    if (superseded) await unlink(join(directory, segment.name));
    else usable.push(segment);
  }
  return usable.sort((left, right) => left.baseOffset - right.baseOffset || (left.compactedEnd === undefined ? 1 : -1));
}
