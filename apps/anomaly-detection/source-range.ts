import type { SourceRange, WindowDelta } from '@plumbline/wire';
import type { StreamRecord } from '@plumbline/worker';
import { WindowTables } from './stats';

/** Spans, and records, after which a range ends before its second does, so that one message of statistics is not too large. */
export const maxRangeSize = 131_072;

/**
 * The records of one partition whose statistics are published together: neighbours whose record times lie in the same second, up
 * to {@link maxRangeSize} spans and records. Where a range ends follows from the records in it and the one after it, so a
 * restart that begins with the first record of a range makes the same ranges; one that begins elsewhere does from the next second on.
 */
export class OpenRange {
  readonly tables: WindowTables;
  /** Verdicts that its records gave rise to, by tenant. */
  readonly verdicts = new Map<string, number>();
  private readonly second: number;
  private readonly firstOffset: number;
  private lastOffset: number;
  private size = 0;
  /** Record time of its newest record, milliseconds since the epoch. */
  recordTimeMs: number;

  constructor(
    private readonly partition: number,
    { offset, timestampMs }: StreamRecord,
    windowMs: number,
  ) {
    this.firstOffset = this.lastOffset = offset;
    this.recordTimeMs = timestampMs;
    this.second = secondOf(timestampMs);
    this.tables = new WindowTables(windowMs);
  }

  /** Whether the next record of the partition belongs to another range: record times may also fall, when preprocessing begins anew. */
  endsBefore({ timestampMs }: StreamRecord): boolean {
    return this.size >= maxRangeSize || secondOf(timestampMs) !== this.second;
  }

  /** A record belongs to it. */
  take({ offset, timestampMs }: StreamRecord, spans: number): void {
    this.lastOffset = offset;
    this.recordTimeMs = Math.max(this.recordTimeMs, timestampMs);
    this.size += 1 + spans;
  }

  get source(): SourceRange {
    const { partition, firstOffset, lastOffset } = this;
    return { partition, firstOffset, lastOffset };
  }

  deltas(): ReadonlyMap<string, readonly WindowDelta[]> {
    return this.tables.deltas();
  }
}

function secondOf(timestampMs: number): number {
  return Math.floor(timestampMs / 1000);
}
