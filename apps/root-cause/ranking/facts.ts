import { quantile, sketchCount, type Sketch } from '@plumbline/wire';
import { mean } from '../reference';
import type { ExtraCalls } from '../signals/amplification';
import type { Fact } from '../signals/fact';
import type { TimeRow } from './latency';
import type { StoppedEntry } from './scope';

/** Least ratio of a quantile that is told; else the mean is. */
const leastRatio = 0.2;
const leastTimeMs = 0.05;

type Untold = Omit<Fact, 'share'>;

/** A time that rose, as said of one service: its own, its callee's, or the time between. */
export function timeFact(service: string, row: TimeRow): Untold {
  const { kind, operation, callee, before, now } = row;
  const measured = { own: 'self time', peer: 'time', gap: 'time between caller and callee' }[kind];
  const kinds = { own: 'self-time', peer: 'callee-time', gap: 'gap' } as const;
  return {
    kind: kinds[kind],
    service,
    operation,
    ...(callee === undefined ? {} : { callee }),
    ...describe(measured, now, before),
  };
}

/** The quantile that moved most, p95 in doubt; the mean where none did. */
function describe(
  what: string,
  now: Sketch,
  before: Sketch,
): Pick<Fact, 'signal' | 'unit' | 'before' | 'now' | 'spans' | 'normalLow' | 'normalHigh'> {
  const ratio = (q: number): number => quantile(now, q) / Math.max(quantile(before, q), leastTimeMs);
  const q = ratio(0.5) > 1.5 * ratio(0.95) ? 0.5 : 0.95;
  const told =
    ratio(q) > 1 + leastRatio
      ? { signal: `${what} ${q === 0.5 ? 'median' : 'p95'}`, before: quantile(before, q), now: quantile(now, q) }
      : { signal: `${what} mean`, before: mean(before), now: mean(now) };
  return {
    ...told,
    unit: 'ms',
    spans: Math.round(sketchCount(now)),
    normalLow: quantile(before, 0.05),
    normalHigh: quantile(before, 0.95),
  };
}

export function callFact(edge: ExtraCalls): Untold {
  return {
    kind: 'extra-calls',
    service: edge.caller,
    operation: edge.callerOperation,
    callee: edge.callee,
    signal: 'calls per request',
    unit: 'calls',
    before: edge.perRequestBefore,
    now: edge.perRequest,
    spans: Math.round(edge.entrySpans),
  };
}

export function stoppedFact({ service, operation, before, now, requests }: StoppedEntry): Untold {
  return {
    kind: 'stopped',
    service,
    operation,
    signal: 'share of all requests',
    unit: 'share',
    before,
    now,
    spans: Math.round(requests),
  };
}
