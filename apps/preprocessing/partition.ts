import type { RecordBatch } from '@plumbline/worker';
import { TraceAssembler, type AssemblyLimits, type AssemblyTimings } from './assembly/assemble';
import type { OpenTrace } from './assembly/open-trace';
import { SpanStore } from './assembly/span-store';
import type { Resources } from './naming/resources';

/** A partition that was assigned without records is believed to be quiet after so long, milliseconds of the wall clock. */
const believeQuietAfterMs = 10_000;
/** What passes between two ticks at most, milliseconds: a clock that is set forward is no time that passed. */
const longestStepMs = 5_000;

/** What is known of one partition of `traces`: its open traces, and whether it went quiet. */
export class Partition {
  readonly store: SpanStore;
  readonly assembler: TraceAssembler;
  /** Watermark that was sent last. */
  sentWatermarkMs = -Infinity;
  /** Something was sent since the last tick. */
  spoke = false;

  private nextOffset: number | undefined;
  private atEnd = false;
  private active = false;
  /** Record time when it went quiet, and how long ago that was. */
  private quiet: { readonly fromMs: number; forMs: number } | undefined;
  private wallMs: number | undefined;

  constructor(
    readonly number: number,
    resources: Resources,
    timings: AssemblyTimings,
    limits: AssemblyLimits,
    emit: (partition: Partition, trace: OpenTrace) => void,
  ) {
    this.store = new SpanStore(resources);
    this.assembler = new TraceAssembler(this.store, timings, limits, (trace) => emit(this, trace));
  }

  /** First offset that a restart needs. */
  get committable(): number | undefined {
    return this.assembler.firstNeededOffset ?? this.nextOffset;
  }

  /** Records were folded in. */
  processed({ records, highWatermark }: RecordBatch): void {
    const last = records.at(-1);
    if (last === undefined) return;
    this.nextOffset = last.offset + 1;
    this.atEnd = this.nextOffset >= highWatermark;
    this.active = true;
  }

  /**
   * Wall clock passes. A partition whose records are all read and that gets no more is taken to advance in record time as
   * the wall clock does; one with a lag is only slow, and its time stands still.
   */
  tick(wallMs: number): void {
    const stepMs = Math.min(Math.max(0, wallMs - (this.wallMs ?? wallMs)), longestStepMs);
    this.wallMs = wallMs;
    if (this.active || this.quiet === undefined) {
      this.active = false;
      this.quiet = { fromMs: this.assembler.nowMs, forMs: 0 };
      return;
    }
    const { quiet } = this;
    quiet.forMs += stepMs;
    if (quiet.fromMs !== -Infinity) {
      if (this.atEnd) this.assembler.advance(quiet.fromMs + quiet.forMs);
    } else if (quiet.forMs >= believeQuietAfterMs) {
      this.assembler.advance(wallMs);
      this.quiet = { fromMs: wallMs, forMs: 0 };
      this.atEnd = true;
    }
  }
}
