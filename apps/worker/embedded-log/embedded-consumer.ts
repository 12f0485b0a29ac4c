import type { PolledSubscription } from '../run-stage';
import type { StreamHandler, StreamRecord, TopicPartition } from '../stream';
import type { ConsumerGroup } from './consumer-group';

/** What a consumer needs of its log. */
export interface ConsumerLog {
  startOffset(partition: TopicPartition): number;
  endOffset(partition: TopicPartition): number;
  read(partition: TopicPartition, fromOffset: number): Promise<StreamRecord[]>;
  committed(partition: TopicPartition): number | undefined;
  commit(positions: readonly (TopicPartition & { readonly offset: number })[]): Promise<void>;
}

interface Position extends TopicPartition {
  next: number;
}

/** A member of a group of the embedded log. Reads when polled. */
export class EmbeddedConsumer implements PolledSubscription {
  readonly ended: Promise<void>;

  private generation = -1;
  private positions: Position[] = [];
  private turn = 0;
  private stopped = false;
  private settle: { readonly resolve: () => void; readonly reject: (error: unknown) => void };

  constructor(
    readonly topics: readonly string[],
    private readonly group: ConsumerGroup,
    private readonly log: ConsumerLog,
    private readonly handler: StreamHandler,
  ) {
    this.settle = { resolve: () => undefined, reject: () => undefined };
    this.ended = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    // Whoever steps a consumer sees its errors at once and need not look here too.
    this.ended.catch(() => undefined);
    group.join(this);
  }

  async poll(): Promise<boolean> {
    if (this.stopped) return false;
    if (this.generation !== this.group.generation) {
      this.takeOver();
      await this.handler.onAssigned(this.positions.map(({ topic, partition }) => ({ topic, partition })));
      return true;
    }
    for (let tried = 0; tried < this.positions.length; tried += 1) {
      const position = this.positions[this.turn % this.positions.length];
      this.turn += 1;
      if (position !== undefined && (await this.deliver(position))) return true;
    }
    return false;
  }

  async commit(positions: readonly (TopicPartition & { readonly offset: number })[]): Promise<void> {
    if (this.isCurrent()) await this.log.commit(positions);
  }

  isCurrent(): boolean {
    return !this.stopped && this.generation === this.group.generation;
  }

  stop(): Promise<void> {
    this.leave();
    this.settle.resolve();
    return Promise.resolve();
  }

  /** Ends the consumer because it cannot go on. */
  fail(error: unknown): void {
    this.leave();
    this.settle.reject(error);
  }

  private leave(): void {
    this.stopped = true;
    this.group.leave(this);
  }

  private takeOver(): void {
    this.generation = this.group.generation;
    this.turn = 0;
    this.positions = this.group.assignment(this).map((partition) => {
      const committed = this.log.committed(partition) ?? 0;
      const start = this.log.startOffset(partition);
      // Offsets past the end were committed for records that a loss of power took back.
      const next = Math.min(Math.max(committed, start), this.log.endOffset(partition));
      return { ...partition, next };
    });
  }

  private async deliver(position: Position): Promise<boolean> {
    const { topic, partition } = position;
    const highWatermark = this.log.endOffset(position);
    if (position.next >= highWatermark) return false;
    const records = await this.log.read(position, position.next);
    const last = records.at(-1);
    if (last === undefined) {
      // Nothing but what compaction took.
      position.next = highWatermark;
      return false;
    }
    position.next = last.offset + 1;
    await this.handler.onBatch({ topic, partition, records, highWatermark });
    return true;
  }
}
