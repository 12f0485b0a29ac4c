import type { Evidence } from '@plumbline/wire';

/** What traces can show of a service; other sources of evidence have kinds of their own. */
export type FactKind =
  'self-time' | 'error-origin' | 'gap' | 'callee-time' | 'missing-call' | 'extra-calls' | 'wrong-answers' | 'stopped';

/** A measured change at one service, before it is put into words. Times are milliseconds. */
export interface Fact {
  readonly kind: FactKind;
  readonly service: string;
  readonly operation: string;
  readonly callee?: string;
  /** What is missing: operation of a call or of a step within the service. */
  readonly step?: string;
  readonly signal: string;
  readonly unit: Evidence['unit'];
  readonly before: number;
  readonly now: number;
  readonly normalLow?: number;
  readonly normalHigh?: number;
  readonly spans: number;
  /** Share of the whole incident's change of this class (time, errors or calls) that this is. */
  readonly share: number;
}
