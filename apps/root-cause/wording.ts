import { isPeer, serviceLabel, type Evidence } from '@plumbline/wire';
import { isDatabase } from './graph';
import type { Fact } from './signals/fact';

/** What a person calls a service or a peer. */
export const label = serviceLabel;

/** `14:02–14:09 UTC`, or one time where both are the same minute. */
export function timeSpan(fromMs: number, throughMs: number): string {
  const [from, through] = [clock(fromMs), clock(throughMs)];
  return from === through ? `${from} UTC` : `${from}–${through} UTC`;
}

function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 16);
}

/** `{operation} {signal}: {before} to {now} (×{ratio}, {n} spans, {window}); normal {low}–{high}.` */
export function sentence(fact: Fact, window: string): string {
  const { operation, before, now, unit } = fact;
  const ratio = before > 0 ? now / before : undefined;
  const told = [
    ...(ratio !== undefined && ratio >= 0.05 && ratio < 10_000 ? [`×${significant(ratio)}`] : []),
    `${fact.spans} ${observed(fact)}`,
    window,
  ];
  const { normalLow: low, normalHigh: high } = fact;
  const normal = low === undefined || high === undefined ? '' : `; normal ${range(low, high)} ms`;
  return `${cut(operation)} ${signal(fact)}: ${amounts(before, now, unit)} (${told.join(', ')})${normal}.`;
}

function signal({ kind, signal: measured, callee, service, step }: Fact): string {
  if (step !== undefined) return `calls of ${cut(step)} per request`;
  if (callee === undefined || callee === service) return measured;
  switch (kind) {
    case 'missing-call':
    case 'extra-calls':
      return `calls of ${label(callee)} per request`;
    case 'wrong-answers':
      return `${measured} of its caller ${label(callee)}`;
    case 'callee-time':
    case 'error-origin':
      return `at ${label(callee)} ${measured}`;
    default:
      return `to ${label(callee)} ${measured}`;
  }
}

function observed({ kind }: Fact): string {
  switch (kind) {
    case 'missing-call':
    case 'extra-calls':
    case 'stopped':
      return 'requests';
    case 'gap':
    case 'callee-time':
      return 'calls';
    default:
      return 'spans';
  }
}

function amounts(before: number, now: number, unit: Evidence['unit']): string {
  if (unit === 'share') return `${percent(before)} to ${percent(now)}`;
  return `${significant(before)} to ${significant(now)}${unit === 'ms' ? ' ms' : ''}`;
}

function range(low: number, high: number): string {
  return `${significant(low)}–${significant(high)}`;
}

/** Two significant digits below ten, whole numbers from there. */
export function significant(value: number): string {
  if (!Number.isFinite(value)) return '0';
  if (Math.abs(value) >= 10) return String(Math.round(value));
  return String(Number(value.toFixed(Math.abs(value) >= 1 ? 1 : 2)));
}

/** `1,200`. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `0.4 %`, `62 %`. */
export function percent(share: number): string {
  return `${significant(share * 100)} %`;
}

/** `its own time rose`, `it no longer calls shipping` …: what a fact says of its service, in few words. */
export function changeOf(fact: Fact): string {
  const { callee = '', kind, before, now, step } = fact;
  const called = step !== undefined ? cut(step) : callee === '' ? '' : whom(callee);
  switch (kind) {
    case 'self-time':
      return 'its own time rose';
    case 'wrong-answers':
      return `${whom(callee)} fails wherever it calls it, and nowhere else`;
    case 'error-origin':
      return callee === '' || callee === fact.service ? 'it fails' : `its calls of ${whom(callee)} fail`;
    case 'callee-time':
      if (isPeer(callee) && /pool|connect/i.test(fact.operation)) return 'it waits for a connection of its pool';
      return callee === fact.service ? 'it is slow for all of its callers' : `it waits for ${whom(callee)}`;
    case 'gap':
      return callee === fact.service
        ? 'calls wait before it begins on them'
        : `its calls of ${whom(callee)} are slow under way`;
    case 'missing-call':
      // The window in which it stopped is counted in.
      return now < 0.25 * before ? `it no longer calls ${called}` : `it calls ${called} less often`;
    case 'extra-calls':
      if (before <= 0) return `it calls ${whom(callee)}, which it did not`;
      return `it calls ${whom(callee)} ${significant(now / before)} times as often`;
    case 'stopped':
      return now < 0.25 * before
        ? `requests at ${cut(fact.operation)} no longer come to an end`
        : `fewer requests at ${cut(fact.operation)} come to an end`;
  }
}

function whom(callee: string): string {
  return isDatabase(callee) ? 'its database' : label(callee);
}

/** Four significant digits: the sketches know less. */
export function precise(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(4)) : 0;
}

export function cut(text: string, most = 200): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
