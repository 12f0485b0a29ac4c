import type { StreamRecord } from '../stream';

/** A record to be appended; the log gives it its offset. */
export type AppendRecord = Omit<StreamRecord, 'offset'>;

/** What may be forgotten. */
export interface RetentionBounds {
  /** Records at or after this offset are still needed by a group. */
  readonly neededFrom: number;
  /** Records older than this record time may go, milliseconds since the epoch. */
  readonly olderThanMs: number;
  /** Bytes to keep; what is more may go, oldest first. */
  readonly keepBytes: number;
}

/** Records of one partition, in files or in memory. Offsets rise; after compaction there are gaps. */
export interface PartitionLog {
  /** Offset of the oldest record kept, or `endOffset`. */
  readonly startOffset: number;
  /** Offset the next record gets. */
  readonly endOffset: number;
  readonly sizeBytes: number;
  /** Appends all, in order. When it rejects, none of them is in the log. @returns offset of the first */
  append(records: readonly AppendRecord[]): Promise<number>;
  /** Records from an offset on, about `maxBytes` of them, at least one unless there is none. */
  read(fromOffset: number, maxBytes: number): Promise<StreamRecord[]>;
  /** Forgets what the bounds allow, in whole segments. */
  trim(bounds: RetentionBounds): Promise<void>;
  /** Forgets records superseded by a later one with the same key, and tombstones older than `tombstonesBeforeMs`. */
  compact(tombstonesBeforeMs: number): Promise<void>;
  /** Makes what was appended survive a loss of power. */
  sync(): Promise<void>;
  close(): Promise<void>;
}
