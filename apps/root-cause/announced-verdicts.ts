import type { SourceRange, Verdict } from '@plumbline/wire';
import { anomalousTrace, WorstTraces, type AnomalousTrace } from './anomalous-trace';

/** What came from one source record, or from a range of them. */
class Heard {
  /** Numbers that stand for (trace id, revision). */
  readonly ids = new Set<number>();
  readonly worst = new WorstTraces();

  constructor(readonly sinceMs: number) {}

  add(verdict: Verdict): void {
    const before = this.ids.size;
    this.ids.add(idOf(verdict));
    if (this.ids.size > before) this.worst.add(anomalousTrace(verdict));
  }

  merge(other: Heard): void {
    for (const id of other.ids) this.ids.add(id);
    this.worst.merge(other.worst);
  }
}

/** A range whose statistics announced verdicts. */
interface Range {
  readonly source: SourceRange;
  readonly announced: number;
  readonly heard: Heard;
  /** Windows not yet taken that it added to. */
  readonly windows: Set<number>;
}

interface Partition {
  /** Statistics came of all offsets up to it. */
  throughOffset: number;
  /** By rising offset. */
  ranges: Range[];
  /** Verdicts whose statistics have not come, by source offset. */
  readonly early: Map<number, Heard>;
}

/** Verdicts whose statistics never come are forgotten after this much record time. */
const strayMs = 600_000;
/** Most source records held whose statistics have not come; beyond it the oldest are forgotten. */
const maxEarly = 50_000;

/**
 * Verdicts by the source that announces them: each one counted, and the worst of them kept, so that memory follows the number of
 * sources and not that of traces.
 */
export class AnnouncedVerdicts {
  private readonly partitions = new Map<number, Partition>();
  private recordTimeMs = -Infinity;

  /** @param recordTimeMs record time of the verdict's record */
  add(verdict: Verdict, recordTimeMs: number): void {
    this.recordTimeMs = Math.max(this.recordTimeMs, recordTimeMs);
    const { partition: number, offset } = verdict.source;
    const partition = this.partition(number);
    const range = rangeOf(partition.ranges, offset);
    if (range !== undefined) {
      range.heard.add(verdict);
      return;
    }
    // Its window was taken, or it comes again.
    if (offset <= partition.throughOffset) return;
    let heard = partition.early.get(offset);
    if (heard === undefined) partition.early.set(offset, (heard = new Heard(this.recordTimeMs)));
    heard.add(verdict);
  }

  /**
   * Statistics came that announce verdicts on traces of some windows.
   *
   * @param announced none of a range that came before
   */
  announce(source: SourceRange, announced: number, windows: Iterable<number>): void {
    const partition = this.partition(source.partition);
    const heard = new Heard(this.recordTimeMs);
    for (const [offset, early] of partition.early) {
      if (offset > source.lastOffset) continue;
      if (offset >= source.firstOffset) heard.merge(early);
      partition.early.delete(offset);
    }
    partition.throughOffset = Math.max(partition.throughOffset, source.lastOffset);
    if (announced > 0) partition.ranges.push({ source, announced, heard, windows: new Set(windows) });
  }

  /** Offsets of a partition begin again, and with them what is heard of it; what was announced before stands. */
  beginAgain(partition: number): void {
    const known = this.partition(partition);
    known.throughOffset = -1;
    known.early.clear();
  }

  /** Whether all that was announced of a window is here. */
  isWhole(startMs: number): boolean {
    for (const { announced, heard } of this.of(startMs)) if (heard.ids.size < announced) return false;
    return true;
  }

  /** Takes the traces of a window; a source is forgotten when all of its windows were taken. */
  take(startMs: number, durationMs: number): readonly AnomalousTrace[] {
    const worst = new WorstTraces();
    const endMs = startMs + durationMs;
    for (const { heard, windows } of this.of(startMs)) {
      worst.merge(heard.worst, ({ eventTimeMs }) => eventTimeMs >= startMs && eventTimeMs < endMs);
      windows.delete(startMs);
    }
    for (const partition of this.partitions.values()) {
      partition.ranges = partition.ranges.filter(({ windows }) => windows.size > 0);
    }
    return worst.list();
  }

  /** Forgets verdicts that nothing announced for long. */
  forgetStrays(): void {
    for (const { early } of this.partitions.values()) {
      for (const [offset, { sinceMs }] of early) {
        if (early.size <= maxEarly && sinceMs >= this.recordTimeMs - strayMs) continue;
        early.delete(offset);
      }
    }
  }

  private *of(startMs: number): Generator<Range> {
    for (const { ranges } of this.partitions.values()) {
      for (const range of ranges) if (range.windows.has(startMs)) yield range;
    }
  }

  private partition(number: number): Partition {
    let partition = this.partitions.get(number);
    if (partition === undefined) {
      partition = { throughOffset: -1, ranges: [], early: new Map() };
      this.partitions.set(number, partition);
    }
    return partition;
  }
}

/** Ranges that have not been taken are few; the newest are asked for most. */
function rangeOf(ranges: readonly Range[], offset: number): Range | undefined {
  return ranges.findLast(({ source }) => source.firstOffset <= offset && offset <= source.lastOffset);
}

/** The last 48 bits of a trace id are random in every scheme of ids; with five bits of the revision they make an exact number. */
function idOf({ traceId, revision }: Verdict): number {
  return parseInt(traceId.slice(-12), 16) * 32 + (revision % 32);
}
