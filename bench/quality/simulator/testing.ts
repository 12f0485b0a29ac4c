import { arrivals } from './arrivals';
import { drawCase, type CaseSpec } from './cases';
import { Engine } from './engine';
import { Faults, type Fault } from './faults';
import { baseUs } from './plan';
import type { SimSpan, System } from './system';

/** Spans of a minute from `baseUs` on. */
export function minuteOf(system: System, seed: number, faults: readonly Fault[]): SimSpan[] {
  const spans: SimSpan[] = [];
  const engine = new Engine(system, { seed, faults: new Faults(faults), sink: { add: (span) => spans.push(span) } });
  engine.run(arrivals(system, seed, baseUs, baseUs + 60_000_000));
  return spans;
}

/** A fault that lasts for all of that minute and comes at once. */
export function faultFor(system: System, spec: CaseSpec, seed = 1) {
  return drawCase(system, { onset: 'sharp', ...spec }, seed, { fromUs: baseUs, untilUs: baseUs + 60_000_000 });
}

export interface Pair {
  readonly before: SimSpan;
  readonly after: SimSpan;
}

/** The same spans with and without a fault, and those that one side has only. */
export function compare(system: System, seed: number, fault: Fault) {
  const key = ({ request, idHigh, idLow }: SimSpan) => `${request} ${idHigh} ${idLow}`;
  const before = new Map(minuteOf(system, seed, []).map((span) => [key(span), span]));
  const after = new Map(minuteOf(system, seed, [fault]).map((span) => [key(span), span]));
  const pairs: Pair[] = [...before].flatMap(([id, span]) => {
    const twin = after.get(id);
    return twin === undefined ? [] : [{ before: span, after: twin }];
  });
  return {
    pairs,
    gone: [...before].filter(([id]) => !after.has(id)).map(([, span]) => span),
    added: [...after].filter(([id]) => !before.has(id)).map(([, span]) => span),
  };
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Median of what the time in the place itself grew by, microseconds. */
export function growth(pairs: readonly Pair[]): number {
  return median(pairs.map(({ before, after }) => after.localUs - before.localUs));
}
