import type { Finding, TraceBatch } from '@plumbline/wire';
import type { BatchIndex } from './batch-index';
import type { Normal } from './normal';
import type { TraceReader } from './trace-reader';

/** A finding before it is written out: rows instead of names. */
export interface SpanFinding {
  readonly kind: Finding['kind'];
  /** Row of the span; for findings about the number of calls the caller's entry span. */
  readonly row: number;
  readonly callee?: string;
  readonly calleeOperation?: string;
  readonly value: number;
  readonly expected: number;
  readonly upper: number;
  readonly p: number;
}

/** What a scorer says of one trace. */
export interface TraceScore {
  /** Independent things that could have been improbable; none means that the scorer abstains. */
  readonly tests: number;
  /** ln of how much longer than usual the most conspicuous service took, see `largestExcess`; 0 where none took longer. */
  readonly score: number;
  /**
   * −ln p of the least probable error or call, corrected for the number of errors that began in the trace, or of tests; 0
   * without. Apart from `score`, because a trace with an error is looked at for that reason, and how often in vain is no
   * more than the rate.
   */
  readonly errorScore: number;
  /** p ≤ α each, least probable first. */
  readonly findings: readonly SpanFinding[];
}

/** Judges how improbable traces are. The profile is the first; a model is another. Pure: equal input, equal scores. */
export interface Scorer {
  /** What traces are measured against for statistics; without it only sums are taken. */
  readonly normal?: Normal;

  /**
   * One score for each given trace, in that order.
   *
   * @param reader given what was measured of each trace; changes nothing of its score
   */
  score(batch: TraceBatch, index: BatchIndex, traces: readonly number[], reader?: TraceReader): TraceScore[];
}
