import type { Clock } from '../clock';

/** A topic of the embedded log. */
export interface EmbeddedTopic {
  /** Letters, digits, `.`, `_`, `-`. */
  readonly name: string;
  /** Grows when a log is opened with more; never shrinks. */
  readonly partitions: number;
  /** @default 'delete' */
  readonly cleanup?: 'delete' | 'compact';
  /**
   * Age by record time after which records that every group has committed may go, milliseconds.
   *
   * @default 24 hours
   */
  readonly retentionMs?: number;
  /**
   * Bytes of a partition that are kept when every group has committed them.
   *
   * @default 256 MiB; 16 MiB in memory
   */
  readonly retentionBytes?: number;
  /**
   * Bytes of a partition at which appends are refused (`PLUMBLINE_STREAM_FULL`) rather than records lost that a group still needs.
   *
   * @default 2 GiB
   */
  readonly maxBytes?: number;
}

/**
 * When appended records reach the disk itself. Whatever it says, an acknowledged record survives the end of the process, `kill -9`
 * included: it was handed to the operating system. Only a loss of power can take what was not yet synced.
 *
 * - `each`: before it is acknowledged
 * - `interval`: within a second
 * - `never`: when the operating system likes
 */
export type SyncPolicy = 'each' | 'interval' | 'never';

/** How an embedded log is opened. */
export interface EmbeddedLogOptions {
  readonly topics: readonly EmbeddedTopic[];
  /** Folder of the log, made when absent. @default - in memory, gone with the process */
  readonly directory?: string;
  /** Gives records their time when the producer does not. @default systemClock */
  readonly clock?: Clock;
  /** @default 'interval' */
  readonly sync?: SyncPolicy;
  /**
   * Largest record, headers included.
   *
   * @default 8 MiB
   */
  readonly maxMessageBytes?: number;
  /**
   * Bytes of records given to a handler at once, about.
   *
   * @default 1 MiB
   */
  readonly batchBytes?: number;
  /**
   * Size at which a segment file is closed.
   *
   * @default 32 MiB
   */
  readonly segmentBytes?: number;
  /** Told when the torn tail that a killed process left was cut off. */
  readonly onCut?: (path: string, bytes: number) => void;
}

export const defaults = {
  retentionMs: 24 * 3_600_000,
  retentionBytes: 256 * 1024 * 1024,
  memoryRetentionBytes: 16 * 1024 * 1024,
  maxBytes: 2 * 1024 * 1024 * 1024,
  maxMessageBytes: 8 * 1024 * 1024,
  batchBytes: 1024 * 1024,
  segmentBytes: 32 * 1024 * 1024,
} as const;

/** A group that committed nothing for so long is forgotten, as by Kafka's `offsets.retention.minutes`. */
export const groupRetentionMs = 7 * 24 * 3_600_000;

/** Tombstones are kept so long for readers that are behind, as by Kafka's `delete.retention.ms`. */
export const tombstoneRetentionMs = 24 * 3_600_000;
