import { WindowCollector, type ClosedWindow, type Source, type Verdict, type WindowStats } from '@plumbline/wire';
import { canonical } from './reference';

/** A closed window with the verdicts on its traces. */
export interface JudgedWindow extends ClosedWindow {
  /** One a trace, its newest revision; by trace id. */
  readonly verdicts: readonly Verdict[];
}

/** What came from one record of `traces-preprocessed`. */
interface SourceState {
  /** Verdicts that its statistics announced; `undefined` until those came. */
  announced: number | undefined;
  readonly verdicts: Map<string, Verdict>;
  /** Windows not yet taken that it added to. */
  readonly windows: Set<number>;
  touchedAtMs: number;
}

interface Waiting extends ClosedWindow {
  /** Record time of the statistics that closed it, and wall clock. */
  readonly closedAtMs: number;
  readonly closedAtWallMs: number;
}

/** Verdicts whose statistics never come are forgotten after this much record time. */
const strayVerdictMs = 600_000;
/** Most sources held; beyond it the oldest are forgotten. */
const maxSources = 200_000;

/**
 * Joins window statistics of all partitions with the verdicts that their records announced. The order in which the two
 * topics are read does not matter; what comes again is recognized.
 */
export class Collector {
  private readonly windows: WindowCollector;
  private readonly sources = new Map<string, SourceState>();
  private readonly sourcesOf = new Map<number, Set<string>>();
  private waiting: Waiting[] = [];
  private recordTimeMs = -Infinity;
  private verdictTimeMs = -Infinity;
  private wallMs = -Infinity;

  /** Windows that were looked at without all of their verdicts. */
  incomplete = 0;

  /**
   * @param partitions how many partitions `traces-preprocessed` has
   * @param patienceMs how long a closed window waits for verdicts, by their record time or by wall clock
   */
  constructor(
    partitions: number,
    private readonly patienceMs: number,
  ) {
    this.windows = new WindowCollector(partitions);
  }

  get late(): number {
    return this.windows.late;
  }

  get repeated(): number {
    return this.windows.repeated;
  }

  /** @param recordTimeMs record time of the message */
  addStats(message: WindowStats, recordTimeMs: number): void {
    this.recordTimeMs = Math.max(this.recordTimeMs, recordTimeMs);
    if (!this.windows.add(message)) return;
    const key = sourceKey(message.source);
    if (message.verdicts > 0) {
      const source = this.source(key);
      source.announced = message.verdicts;
      for (const { startMs } of message.windows) {
        source.windows.add(startMs);
        let keys = this.sourcesOf.get(startMs);
        if (keys === undefined) this.sourcesOf.set(startMs, (keys = new Set()));
        keys.add(key);
      }
    }
    const closed = this.windows.takeClosed();
    for (const window of closed) {
      this.waiting.push({ ...window, closedAtMs: recordTimeMs, closedAtWallMs: this.wallMs });
    }
    if (closed.length > 0) this.forgetStrays();
  }

  /** @param recordTimeMs record time of the verdict's record */
  addVerdict(verdict: Verdict, recordTimeMs: number): void {
    this.recordTimeMs = Math.max(this.recordTimeMs, recordTimeMs);
    this.verdictTimeMs = Math.max(this.verdictTimeMs, recordTimeMs);
    this.source(sourceKey(verdict.source)).verdicts.set(`${verdict.traceId}/${verdict.revision}`, verdict);
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
      if (!this.hasVerdicts(next.startMs)) {
        if (!this.outOfPatience(next)) break;
        this.incomplete += 1;
      }
      this.waiting.shift();
      const { startMs, durationMs, stats } = next;
      ready.push({ startMs, durationMs, stats: canonical(stats), verdicts: this.takeVerdicts(startMs, durationMs) });
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

  private hasVerdicts(startMs: number): boolean {
    for (const key of this.sourcesOf.get(startMs) ?? []) {
      const source = this.sources.get(key);
      if (source?.announced !== undefined && source.verdicts.size < source.announced) return false;
    }
    return true;
  }

  /** Verdicts are late when much later ones were read, or when none are for long; not while one topic is read before the other. */
  private outOfPatience(window: Waiting): boolean {
    return (
      this.verdictTimeMs - window.closedAtMs > this.patienceMs ||
      (window.closedAtWallMs !== -Infinity && this.wallMs - window.closedAtWallMs > this.patienceMs)
    );
  }

  private takeVerdicts(startMs: number, durationMs: number): Verdict[] {
    const newest = new Map<string, Verdict>();
    for (const key of this.sourcesOf.get(startMs) ?? []) {
      const source = this.sources.get(key);
      if (source === undefined) continue;
      for (const verdict of source.verdicts.values()) {
        if (verdict.eventTimeMs < startMs || verdict.eventTimeMs >= startMs + durationMs) continue;
        const known = newest.get(verdict.traceId);
        if (known === undefined || known.revision < verdict.revision) newest.set(verdict.traceId, verdict);
      }
      source.windows.delete(startMs);
      if (source.windows.size === 0) this.sources.delete(key);
    }
    this.sourcesOf.delete(startMs);
    return [...newest.values()].sort((a, b) => (a.traceId < b.traceId ? -1 : 1));
  }

  private source(key: string): SourceState {
    let source = this.sources.get(key);
    if (source === undefined) {
      source = { announced: undefined, verdicts: new Map(), windows: new Set(), touchedAtMs: this.recordTimeMs };
      this.sources.set(key, source);
    }
    return source;
  }

  private forgetStrays(): void {
    for (const [key, source] of this.sources) {
      const stray = source.announced === undefined || source.windows.size === 0;
      const old = source.touchedAtMs < this.recordTimeMs - strayVerdictMs;
      if (this.sources.size <= maxSources && !(stray && old)) continue;
      this.sources.delete(key);
    }
  }
}

function sourceKey({ partition, offset }: Source): string {
  return `${partition}:${offset}`;
}
