import type { StreamRecord } from '../stream';
import { isKept, newestOffsetByKey } from './compaction';
import { frameSize } from './frame';
import type { AppendRecord, PartitionLog, RetentionBounds } from './partition-log';

/** A partition that is gone with the process, for replay and tests. */
export class MemoryPartition implements PartitionLog {
  endOffset = 0;
  sizeBytes = 0;
  private records: StreamRecord[] = [];

  get startOffset(): number {
    return this.records[0]?.offset ?? this.endOffset;
  }

  append(records: readonly AppendRecord[]): Promise<number> {
    const first = this.endOffset;
    for (const record of records) {
      const numbered = { ...record, offset: this.endOffset };
      this.records.push(numbered);
      this.sizeBytes += frameSize(numbered);
      this.endOffset += 1;
    }
    return Promise.resolve(first);
  }

  read(fromOffset: number, maxBytes: number): Promise<StreamRecord[]> {
    const found: StreamRecord[] = [];
    let bytes = 0;
    for (let index = this.indexOf(fromOffset); index < this.records.length && bytes < maxBytes; index += 1) {
      const record = this.records[index];
      if (record === undefined) break;
      found.push(record);
      bytes += frameSize(record);
    }
    return Promise.resolve(found);
  }

  trim({ neededFrom, olderThanMs, keepBytes }: RetentionBounds): Promise<void> {
    let count = 0;
    for (const record of this.records) {
      const size = frameSize(record);
      const expendable = record.timestampMs < olderThanMs || this.sizeBytes - size >= keepBytes;
      if (record.offset >= neededFrom || !expendable) break;
      this.sizeBytes -= size;
      count += 1;
    }
    if (count > 0) this.records.splice(0, count);
    return Promise.resolve();
  }

  async compact(tombstonesBeforeMs: number): Promise<void> {
    const newest = await newestOffsetByKey((onRecord) => {
      this.records.forEach(onRecord);
      return Promise.resolve();
    });
    this.records = this.records.filter((record) => isKept(record, newest, tombstonesBeforeMs));
    this.sizeBytes = this.records.reduce((sum, record) => sum + frameSize(record), 0);
  }

  sync(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.records = [];
    return Promise.resolve();
  }

  /** Index of the first record with at least this offset. */
  private indexOf(offset: number): number {
    let low = 0;
    let high = this.records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.records[middle]?.offset ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
