import { WindowCollector, type ByteBudget, type ClosedWindow, type WindowStats } from '@plumbline/wire';

/** Source offsets and the time up to which a tenant's windows are in the profile, or were left out of it. */
export interface TenantProgress {
  readonly throughMs: number;
  readonly positions: Readonly<Record<string, number>>;
}

/** Most source records remembered for their positions; beyond it pairs are joined. */
const maxMarks = 4096;

/** The windows of one tenant on their way into the profile: open, closed and waiting, decided. */
export class TenantWindows {
  private readonly collector: WindowCollector;
  private readonly waiting: ClosedWindow[] = [];
  /** Of each source partition: the last source offset of a run of records, and the end of their last window. */
  private readonly marks = new Map<number, { offset: number; endMs: number }[]>();
  private readonly positions = new Map<number, number>();
  private readonly knownThroughMs: number;
  private known = 0;
  /** End of the last window that was decided about, milliseconds since the epoch. */
  throughMs: number;

  /**
   * @param budget what windows that are open may take
   * @param progress where a restart continues; windows before are known
   */
  constructor(partitions: number, budget: ByteBudget, progress?: TenantProgress) {
    this.collector = new WindowCollector(partitions, budget);
    this.throughMs = this.knownThroughMs = progress?.throughMs ?? -Infinity;
    // Source offsets are not restored: a record may reach beyond the windows that were decided, and has to be read again.
    if (progress !== undefined) this.collector.restore(new Map(), progress.throughMs);
    for (const [partition, offset] of Object.entries(progress?.positions ?? {})) {
      this.positions.set(Number(partition), offset);
    }
  }

  /** Statistics that came for windows already closed, but for those that a restart reads again. */
  get late(): number {
    return this.collector.late - this.known;
  }

  /** The topic grew, or was made anew with fewer. */
  setPartitions(partitions: number): void {
    this.collector.partitions = partitions;
  }

  get watermarkMs(): number {
    return this.collector.watermarkMs;
  }

  /** Adds a record; windows that it closes wait to be taken. */
  add(message: WindowStats): void {
    if (!this.collector.add(message)) return;
    for (const { startMs } of message.windows) if (startMs < this.knownThroughMs) this.known += 1;
    this.mark(message);
    this.waiting.push(...this.collector.takeClosed());
  }

  /** End of the oldest window that waits, milliseconds since the epoch; `undefined` when none does. */
  get oldestEndMs(): number | undefined {
    const oldest = this.waiting[0];
    return oldest === undefined ? undefined : oldest.startMs + oldest.durationMs;
  }

  /** Event time from the end of the oldest window that waits to that of the newest, milliseconds. */
  get waitingMs(): number {
    const newest = this.waiting.at(-1);
    return newest === undefined ? 0 : newest.startMs + newest.durationMs - (this.oldestEndMs ?? 0);
  }

  /** Takes the oldest window if it ended by the given event time. */
  take(endedByMs: number): ClosedWindow | undefined {
    const oldest = this.waiting[0];
    if (oldest === undefined || oldest.startMs + oldest.durationMs > endedByMs) return undefined;
    this.waiting.shift();
    this.throughMs = Math.max(this.throughMs, oldest.startMs + oldest.durationMs);
    return oldest;
  }

  /** Settled once and for all; with {@link throughMs} as it is. */
  progress(): TenantProgress {
    for (const [partition, marks] of this.marks) {
      while (marks[0] !== undefined && marks[0].endMs <= this.throughMs) {
        this.positions.set(partition, marks[0].offset);
        marks.shift();
      }
    }
    const positions = [...this.positions].sort(([a], [b]) => a - b);
    return { throughMs: this.throughMs, positions: Object.fromEntries(positions) };
  }

  private mark(message: WindowStats): void {
    const { source } = message;
    const endMs = windowsEndMs(message);
    let marks = this.marks.get(source.partition);
    if (marks === undefined) this.marks.set(source.partition, (marks = []));
    marks.push({ offset: source.lastOffset, endMs });
    if (marks.length > maxMarks) this.marks.set(source.partition, joinPairs(marks));
  }
}

/** End of a record's last window, milliseconds since the epoch; −∞ when it has none. */
export function windowsEndMs({ windows }: WindowStats): number {
  return windows.reduce((end, { startMs, durationMs }) => Math.max(end, startMs + durationMs), -Infinity);
}

function joinPairs(marks: readonly { offset: number; endMs: number }[]): { offset: number; endMs: number }[] {
  const joined: { offset: number; endMs: number }[] = [];
  for (let i = 0; i < marks.length; i += 2) {
    const [a, b] = [marks[i], marks[i + 1]];
    if (a !== undefined) joined.push(b === undefined ? a : { offset: b.offset, endMs: Math.max(a.endMs, b.endMs) });
  }
  return joined;
}
