import type { TopicPartition } from '../stream';

/** What is to be done with a batch. */
export type Admission =
  /** It goes on from what was read. `lost`: so many offsets before it are no longer there. */
  | { readonly read: true; readonly from: number; readonly lost: number }
  /** It begins later than what was read ends: ask for this offset once more. */
  | { readonly read: false; readonly from: number };

/**
 * Where each partition goes on in this generation. kafkajs may hand out what it had fetched before a rebalance as if it belonged to the
 * new generation; believing it would skip everything between the committed offset and that batch. So a batch that begins later than
 * expected is refused, and what is expected asked for. If the broker then begins later again, what lies between is gone: deleted by
 * retention, compacted away, or a marker of a transaction.
 */
export class ExpectedOffsets {
  private readonly next = new Map<string, number>();
  private readonly asked = new Map<string, number>();

  /** @param positions first offsets that are to be read */
  constructor(positions: readonly (TopicPartition & { readonly offset: number })[] = []) {
    for (const { offset, ...partition } of positions) this.next.set(keyOf(partition), offset);
  }

  /** Looks at a batch before it is read. */
  admit(partition: TopicPartition, firstOffset: number): Admission {
    const key = keyOf(partition);
    const from = this.next.get(key);
    if (from === undefined || firstOffset <= from) return { read: true, from: from ?? firstOffset, lost: 0 };
    if (this.asked.get(key) === from) return { read: true, from, lost: firstOffset - from };
    this.asked.set(key, from);
    return { read: false, from };
  }

  /** A batch was read. */
  advance(partition: TopicPartition, lastOffset: number): void {
    const key = keyOf(partition);
    this.next.set(key, Math.max(this.next.get(key) ?? 0, lastOffset + 1));
    this.asked.delete(key);
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
