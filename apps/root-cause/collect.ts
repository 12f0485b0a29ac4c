import { WindowCollector, type ByteBudget, type ClosedWindow, type Verdict, type WindowStats } from '@plumbline/wire';
import { AnnouncedVerdicts } from './announced-verdicts';
import type { AnomalousTrace } from './anomalous-trace';
import { canonical } from './reference';

/** A closed window with the worst of its anomalous traces. */
export interface JudgedWindow extends ClosedWindow {
  /** The newest revision of each; by trace id. */
  readonly verdicts: readonly AnomalousTrace[];
}

interface Waiting extends ClosedWindow {
  /** Record time of the statistics that closed it, and wall clock. */
  readonly closedAtMs: number;
  readonly closedAtWallMs: number;
}

/**
 * Joins window statistics of all partitions with the verdicts that their records announced. The order in which the two
 * topics are read does not matter; what comes again is recognized.
 */
export class Collector {
  private readonly windows: WindowCollector;
  private readonly verdicts = new AnnouncedVerdicts();
  private waiting: Waiting[] = [];
  private verdictTimeMs = -Infinity;
  private wallMs = -Infinity;

  /** Windows that were looked at without all of their verdicts. */
  incomplete = 0;

  /**
   * @param partitions how many partitions `traces-preprocessed` has
   * @param patienceMs how long a closed window waits for verdicts, by their record time or by wall clock
   * @param budget what windows that are open may take
   */
  constructor(
    partitions: number,
    private readonly patienceMs: number,
    budget?: ByteBudget,
  ) {
    this.windows = new WindowCollector(partitions, budget);
  }

  get late(): number {
    return this.windows.late;
  }

  /** Windows that were closed for want of memory. */
  get closedEarly(): number {
    return this.windows.closedEarly;
  }

  /** The topic grew, or was made anew with fewer. */
  setPartitions(partitions: number): void {
    this.windows.partitions = partitions;
  }

  get repeated(): number {
    return this.windows.repeated;
  }

  /** @param recordTimeMs record time of the message */
  addStats(message: WindowStats, recordTimeMs: number): void {
    const remadeBefore = this.windows.remade;
    const isNew = this.windows.add(message);
    if (this.windows.remade > remadeBefore) this.verdicts.beginAgain(message.source.partition);
    const starts = message.windows.map(({ startMs }) => startMs);
    this.verdicts.announce(message.source, isNew ? message.verdicts : 0, starts);
    if (!isNew) return;
    const closed = this.windows.takeClosed();
    for (const window of closed) {
      this.waiting.push({ ...window, closedAtMs: recordTimeMs, closedAtWallMs: this.wallMs });
    }
    if (closed.length > 0) this.verdicts.forgetStrays();
  }

  /** @param recordTimeMs record time of the verdict's record */
  addVerdict(verdict: Verdict, recordTimeMs: number): void {
    this.verdictTimeMs = Math.max(this.verdictTimeMs, recordTimeMs);
    this.verdicts.add(verdict, recordTimeMs);
  }

  /** Moves the wall clock, which alone ends the wait for verdicts when nothing more is read. */
  tick(nowMs: number): void {
    this.wallMs = Math.max(this.wallMs, nowMs);
    // What closed before the first tick waits from the first tick on.
    this.waiting = this.waiting.map((window) =>
      window.closedAtWallMs === -Infinity ? { ...window, closedAtWallMs: nowMs } : window,
    );
  }

  /** Takes out the windows that are closed and have their verdicts, oldest first. */
  takeReady(): JudgedWindow[] {
    const ready: JudgedWindow[] = [];
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      if (!this.verdicts.isWhole(next.startMs)) {
        if (!this.outOfPatience(next)) break;
        this.incomplete += 1;
      }
      this.waiting.shift();
      const { startMs, durationMs, stats } = next;
      ready.push({ startMs, durationMs, stats: canonical(stats), verdicts: this.verdicts.take(startMs, durationMs) });
    }
    return ready;
  }

  /** Start of the oldest window not yet taken, milliseconds since the epoch. */
  get oldestPendingMs(): number | undefined {
    return this.waiting[0]?.startMs ?? this.windows.oldestOpenMs;
  }

  /** Every window that ended by then was taken; −∞ until all partitions were heard of. Milliseconds since the epoch. */
  get takenThroughMs(): number {
    return Math.min(this.windows.watermarkMs, this.oldestPendingMs ?? Infinity);
  }

  /** Verdicts are late when much later ones were read, or when none are for long; not while one topic is read before the other. */
  private outOfPatience(window: Waiting): boolean {
    return (
      this.verdictTimeMs - window.closedAtMs > this.patienceMs ||
      (window.closedAtWallMs !== -Infinity && this.wallMs - window.closedAtWallMs > this.patienceMs)
    );
  }
}
