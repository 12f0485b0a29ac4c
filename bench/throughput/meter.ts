import { readFileSync } from 'node:fs';

/** What one process measured of itself. */
export interface Reading {
  /** Spans worked on while measuring. */
  readonly spans: number;
  /** User and system time of all threads of the process meanwhile. */
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
}

/** Counts spans against CPU time, beginning when the process is warm. */
export class Meter {
  private seenSpans = 0;
  private measuredSpans = 0;
  private cpuMicroseconds = 0;
  private startedAt: NodeJS.CpuUsage | undefined;

  /** @param warmUpSpans spans during which nothing is measured: code is compiled and memory grows to what it stays at */
  constructor(private readonly warmUpSpans: number) {}

  /** Spans so far, measured or not. */
  get spans(): number {
    return this.seenSpans;
  }

  start(): void {
    this.startedAt = process.cpuUsage();
  }

  /** So many spans were worked on since. Time goes on being measured. */
  add(spans: number): void {
    const warm = this.seenSpans >= this.warmUpSpans;
    this.seenSpans += spans;
    if (warm) this.measuredSpans += spans;
    else if (this.startedAt !== undefined) this.startedAt = process.cpuUsage();
  }

  /** Stops until the next {@link start}. */
  pause(): void {
    if (this.startedAt === undefined) return;
    const { user, system } = process.cpuUsage(this.startedAt);
    this.startedAt = undefined;
    if (this.seenSpans > this.warmUpSpans) this.cpuMicroseconds += user + system;
  }

  reading(): Reading {
    this.pause();
    return {
      spans: this.measuredSpans,
      cpuSeconds: this.cpuMicroseconds / 1e6,
      peakRssBytes: peakRssBytes(),
    };
  }
}

/**
 * Most memory that the process ever had resident. `ru_maxrss` will not do on Linux: it is inherited from the process that started
 * this one (`exec_mmap` in fs/exec.c takes over the high-water mark).
 */
function peakRssBytes(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return Number(kibibytes) * 1024;
}

/** The middle one, or the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle) - 1] ?? NaN)) / 2;
}
