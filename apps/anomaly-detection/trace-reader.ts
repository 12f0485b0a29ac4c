import type { TraceBatch } from '@plumbline/wire';
import type { BatchIndex } from './batch-index';
import type { TraceMeasurer } from './measure';
import type { TraceScore } from './score';

/** A trace as the profile scorer measured it. */
export interface MeasuredTrace {
  readonly batch: TraceBatch;
  readonly index: BatchIndex;
  /** Row of the trace in the batch. */
  readonly trace: number;
  /** Holds this trace until {@link TraceReader.read} returns, the next one after that. */
  readonly measurer: TraceMeasurer;
  /** What the profile says of it. */
  readonly score: TraceScore;
}

/**
 * Reads what was measured of traces when the profile scored them, so that whoever judges them by something else as well does
 * not measure them again.
 */
export interface TraceReader {
  /** Called once a trace, in the order in which they were asked for. What it throws stops the scoring. */
  read(measured: MeasuredTrace): void;
}
