import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { compactTable, mergeTable, type StatsTable } from './stats';
import { decodeStatsTable, encodeStatsTable } from './stats-codec';
import type { WindowStats } from './window-stats';

/** A window that no partition will add to any more. */
export interface ClosedWindow {
  readonly startMs: number;
  readonly durationMs: number;
  readonly stats: StatsTable;
}

/**
 * A window that is open. Spans have seconds to come, so most of the windows that are open get next to nothing any more: what was
 * gathered is then held as bytes, and what still comes in a table beside it.
 */
class OpenWindow {
  private table = compactTable();
  private packed: Uint8Array | undefined;
  /** Messages that added to it since it was packed. */
  private additions = 0;

  constructor(
    readonly durationMs: number,
    private readonly budget: ByteBudget,
  ) {}

  add(stats: StatsTable): void {
    mergeTable(this.table, stats);
    this.additions += 1;
  }

  /** Holds it as bytes; while much may still come only if that is worth it. */
  pack(isCold: boolean): void {
    if (this.additions < (isCold ? 1 : worthPacking)) return;
    const packed = deflateRawSync(encodeStatsTable(this.whole()), { level: 1 });
    this.budget.used += packed.byteLength - (this.packed?.byteLength ?? 0);
    this.packed = packed;
    this.table = compactTable();
    this.additions = 0;
  }

  get isPacked(): boolean {
    return this.packed !== undefined;
  }

  /** All that was added, when nothing more is. */
  close(): StatsTable {
    const whole = this.whole();
    this.budget.used -= this.packed?.byteLength ?? 0;
    return whole;
  }

  private whole(): StatsTable {
    if (this.packed === undefined) return this.table;
    const whole = decodeStatsTable(inflateRawSync(this.packed), { compact: true });
    mergeTable(whole, this.table);
    return whole;
  }
}

/** Messages from which packing saves memory. */
const worthPacking = 8;
/** Windows of which the newest are not packed, that most is added to. */
const warmWindows = 2;
/** Windows of which older ones are packed however little came: nobody waits so long but for a partition that stalls. */
const coolWindows = 30;

/** What is known of a partition. */
interface Progress {
  readonly lastOffset: number;
  readonly watermarkMs: number;
  /** Newest record time; `undefined` while the records do not tell. */
  readonly recordTimeMs: number | undefined;
}

/**
 * How many unclosed windows are held; they share a budget of bytes, too. Beyond either the oldest is closed early, so that one
 * partition that stalls costs bounded memory. A window of 20,000 operations has some 2 MB.
 */
const maxOpenWindows = 10_000;
const defaultBudgetBytes = 128 * 1024 * 1024;

/** Bytes that the packed windows of several collectors may take together. */
export class ByteBudget {
  used = 0;

  constructor(private readonly limit: number) {}

  get isExceeded(): boolean {
    return this.used > this.limit;
  }
}

/**
 * Joins the window statistics of all partitions: each source record once, windows closed in order when the smallest
 * watermark of all partitions has passed their end. So one partition or four, live or replayed, give the same windows.
 *
 * Records name ranges of source offsets, which a restart of detection cuts at the same places. A range that ends at or before
 * what was seen is a repetition. One that begins after a gap is new: what lies in the gap was for other tenants, or is lost. One
 * that begins within what was seen and ends beyond it was cut by other rules (the worker's first after an upgrade, or where
 * the log begins in the middle of a range): it cannot be told apart what of it was counted, so it moves time on and adds nothing,
 * at most the traces of a second that are counted too little once, rather than twice.
 *
 * A range with offsets that were seen, but newer records than any that was, is of a topic that was made anew: its offsets begin again.
 */
export class WindowCollector {
  private readonly progress = new Map<number, Progress>();
  private readonly windows = new Map<number, OpenWindow>();
  private newestMs = -Infinity;
  private closedBefore = -Infinity;

  /** Deltas that came for windows already closed. */
  late = 0;
  /** Records that had come before. */
  repeated = 0;
  /** Records that had come before in part, of which nothing was added. */
  overlapping = 0;
  /** Partitions whose offsets began again. */
  remade = 0;
  /** Windows that were closed before their time for want of memory. */
  closedEarly = 0;

  /**
   * @param partitions how many partitions `traces-preprocessed` has; no window closes before all have been heard of. A topic may
   *   grow, or be made anew with fewer; those that are no more hold nothing back.
   * @param budget what windows that are no longer new may take
   */
  constructor(
    public partitions: number,
    private readonly budget: ByteBudget = new ByteBudget(defaultBudgetBytes),
  ) {}

  /** Adds a record; returns whether it was new. Records of one partition come by rising source offsets, but may start again. */
  add(message: WindowStats): boolean {
    const { partition, firstOffset, lastOffset, recordTimeMs } = message.source;
    const known = this.progress.get(partition);
    const remade = known !== undefined && isRemade(known, message);
    if (remade) this.remade += 1;
    else if (known !== undefined && lastOffset <= known.lastOffset) {
      this.repeated += 1;
      return false;
    }
    this.progress.set(partition, {
      lastOffset,
      watermarkMs: Math.max(message.watermarkMs, known?.watermarkMs ?? -Infinity),
      recordTimeMs: later(known?.recordTimeMs, recordTimeMs),
    });
    if (known !== undefined && !remade && firstOffset <= known.lastOffset) {
      this.overlapping += 1;
      return false;
    }
    for (const { startMs, durationMs, stats } of message.windows) {
      if (startMs < this.closedBefore) {
        this.late += 1;
        continue;
      }
      let window = this.windows.get(startMs);
      if (window === undefined) this.windows.set(startMs, (window = this.open(startMs, durationMs)));
      window.add(stats);
    }
    return true;
  }

  private open(startMs: number, durationMs: number): OpenWindow {
    if (startMs > this.newestMs) {
      this.newestMs = startMs;
      for (const [start, window] of this.windows)
        if (start <= startMs - warmWindows * durationMs) window.pack(start <= startMs - coolWindows * durationMs);
    }
    return new OpenWindow(durationMs, this.budget);
  }

  /** Smallest watermark of all partitions; −∞ until each has been heard of. Milliseconds since the epoch. */
  get watermarkMs(): number {
    let least = Infinity;
    for (let partition = 0; partition < this.partitions; partition += 1) {
      least = Math.min(least, this.progress.get(partition)?.watermarkMs ?? -Infinity);
    }
    return least;
  }

  /** Takes out the windows that ended by the watermark, oldest first. */
  takeClosed(): ClosedWindow[] {
    const watermark = this.watermarkMs;
    const starts = [...this.windows.keys()].sort((a, b) => a - b);
    const closed: ClosedWindow[] = [];
    for (const [index, startMs] of starts.entries()) {
      const window = this.windows.get(startMs);
      if (window === undefined) continue;
      const crowded = starts.length - index > maxOpenWindows || (this.budget.isExceeded && window.isPacked);
      if (startMs + window.durationMs > watermark) {
        if (!crowded) break;
        this.closedEarly += 1;
      }
      this.windows.delete(startMs);
      this.closedBefore = startMs + window.durationMs;
      closed.push({ startMs, durationMs: window.durationMs, stats: window.close() });
    }
    return closed;
  }

  /** Start of the oldest window still open, `undefined` when none is. */
  get oldestOpenMs(): number | undefined {
    let oldest: number | undefined;
    for (const startMs of this.windows.keys()) oldest = Math.min(oldest ?? startMs, startMs);
    return oldest;
  }

  /** Highest source offset that was added, by partition. */
  positions(): ReadonlyMap<number, number> {
    return new Map([...this.progress].map(([partition, { lastOffset }]) => [partition, lastOffset]));
  }

  /** Continues after the given source offsets, as a restart does that restored its state from elsewhere. */
  restore(positions: ReadonlyMap<number, number>, closedBeforeMs: number): void {
    for (const [partition, lastOffset] of positions) {
      this.progress.set(partition, { lastOffset, watermarkMs: -Infinity, recordTimeMs: undefined });
    }
    this.closedBefore = closedBeforeMs;
  }
}

/** Records that come again are no newer than what was seen: their range was in it. */
function isRemade({ lastOffset, recordTimeMs }: Progress, { source }: WindowStats): boolean {
  if (recordTimeMs === undefined || source.recordTimeMs === undefined) return false;
  return source.lastOffset <= lastOffset && source.recordTimeMs > recordTimeMs;
}

function later(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (b ?? a) : Math.max(a, b);
}
