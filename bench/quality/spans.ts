/** A span as the bench reads it, from a table or from OTLP. Times are microseconds since the epoch. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root. */
  readonly parentId: string;
  readonly service: string;
  readonly pod: string;
  readonly operation: string;
  readonly startUs: number;
  readonly durationUs: number;
  readonly failed: boolean;
}

/** Spans of one trace. */
export type Trace = readonly Span[];

/** When a trace began, microseconds. */
export function traceStart(trace: Trace): number {
  return trace.reduce((earliest, { startUs }) => Math.min(earliest, startUs), Infinity);
}

/** Traffic before and during a fault, as somebody who is told the time of the fault cuts it. */
export interface ToldWindows {
  readonly reference: readonly Trace[];
  readonly abnormal: readonly Trace[];
}
