/** One partition of a topic. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** A record as read. */
export interface StreamRecord {
  readonly offset: number;
  /** Record time, milliseconds since the epoch: append time on `traces`, else the producer's. */
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  /** `null` is a tombstone. */
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** Records of one partition by rising offset. */
export interface RecordBatch extends TopicPartition {
  readonly records: readonly StreamRecord[];
  /** Offset after the newest record of the partition at the time of the read: what remains is lag. */
  readonly highWatermark: number;
}

/** A record to be written. */
export interface OutgoingRecord {
  readonly topic: string;
  /** Explicit partition, or chosen by the key. */
  readonly partition?: number;
  readonly key: string | null;
  readonly value: Uint8Array | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Record time for topics without append time. Milliseconds since the epoch. */
  readonly timestampMs?: number;
}

/** Part of a topic that is read. */
export interface ReadRange {
  readonly partitions: readonly number[];
  /** From the first record of each partition that is not older, milliseconds since the epoch; older ones may come after it. */
  readonly sinceMs: number;
}

/** Called by a subscription. Calls never overlap. */
export interface StreamHandler {
  /**
   * A new generation: these partitions are read from their committed offsets (else from the beginning), whatever was read
   * before. State of the generation before must be discarded.
   */
  onAssigned(partitions: readonly TopicPartition[]): Promise<void>;
  onBatch(batch: RecordBatch): Promise<void>;
  /** About once a second, also when nothing comes. */
  onTick(): Promise<void>;
}

/** A running consumer of a group. */
export interface Subscription {
  /** Resolves after `stop`; rejects when reading cannot go on: the handler threw, or the broker refuses for good. */
  readonly ended: Promise<void>;
  /**
   * Makes positions durable: the next generation starts at `offset`. Commits of an older generation are dropped silently
   * (their partitions may belong to somebody else by now).
   */
  commit(positions: readonly (TopicPartition & { readonly offset: number })[]): Promise<void>;
  /** Whether the current generation is still the group's; results of one that is not must not be published. */
  isCurrent(): boolean;
  /** Stops reading, waits for the call in progress and leaves the group. */
  stop(): Promise<void>;
}

/** A broker: Kafka, or the log embedded in `standalone`. */
export interface EventStream {
  /**
   * Number of partitions.
   *
   * @throws {StreamError} `PLUMBLINE_STREAM_UNKNOWN_TOPIC`
   */
  partitions(topic: string): Promise<number>;
  /**
   * Resolves when every record is acknowledged by all in-sync replicas. When it rejects, some may have been written.
   *
   * @throws {StreamError} that says whether a repetition may succeed (`transient`)
   */
  produce(records: readonly OutgoingRecord[]): Promise<void>;
  /** Joins a group. Resolves without waiting for the first assignment, so that a handler may use the subscription. */
  subscribe(group: string, topics: readonly string[], handler: StreamHandler): Promise<Subscription>;
  /**
   * Records of a topic from the beginning to the present end, for restoring state from compacted topics: at least the newest
   * of each key, by rising offset within a partition. What was superseded or deleted may still come, so callers fold by key.
   *
   * @param range @default - all of it
   */
  readAll(topic: string, onRecord: (record: StreamRecord, partition: number) => void, range?: ReadRange): Promise<void>;
  /** Flushes and disconnects. */
  close(): Promise<void>;
}
