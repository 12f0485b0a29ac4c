import type { StatsTable } from '@plumbline/wire';
import { isPeer } from './graph';
import { mean } from './reference';

const clientKind = 3;
const producerKind = 4;

/** Observations on either side from which a ratio of means is known, and the least mean it is taken of, milliseconds. */
const leastSupport = 10;
const leastMeanMs = 0.05;
/** Other rows that have to agree before anything is put down to the machine. */
const leastOthers = 2;
/** A machine that is slower than this is no excuse any more. */
const mostSlowdown = 4;

/** How many times longer things take for everybody else: own time, calls of peers, and the way between two services. */
export interface Slowdown {
  readonly own: number;
  readonly peer: number;
  readonly gap: number;
}

interface Ratio {
  /** Services that it says something of. */
  readonly services: readonly string[];
  readonly log: number;
}

/**
 * What slows everybody is the machine's doing and nobody's fault: for each service the median ratio (now over before) of
 * all the others, by kind of time and at least 1. One service's trouble moves the median of the others hardly at all.
 */
export function commonMode(now: StatsTable, before: StatsTable): (service: string) => Slowdown {
  const own: Ratio[] = [];
  for (const [service, logs] of ownRatios(now, before)) own.push({ services: [service], log: lowerMedian(logs) });
  const peer: Ratio[] = [];
  const gap: Ratio[] = [];
  for (const [key, row] of now.edges) {
    const normal = before.edges.get(key);
    if (normal === undefined || row.calls < leastSupport || normal.calls < leastSupport) continue;
    const services = [row.caller, row.callee];
    if (isPeer(row.callee)) add(peer, services, mean(row.duration), mean(normal.duration));
    else add(gap, services, mean(row.gap), mean(normal.gap));
  }
  const known = new Map<string, Slowdown>();
  return (service) => {
    let slowdown = known.get(service);
    if (slowdown === undefined) {
      slowdown = { own: ofOthers(own, service), peer: ofOthers(peer, service), gap: ofOthers(gap, service) };
      known.set(service, slowdown);
    }
    return slowdown;
  };
}

function ownRatios(now: StatsTable, before: StatsTable): ReadonlyMap<string, number[]> {
  const ratios = new Map<string, number[]>();
  for (const [key, row] of now.operations) {
    const normal = before.operations.get(key);
    if (row.kind === clientKind || row.kind === producerKind || normal === undefined) continue;
    if (row.all.count < leastSupport || normal.all.count < leastSupport) continue;
    const log = logRatio(mean(row.all.self), mean(normal.all.self));
    if (log === undefined) continue;
    const list = ratios.get(row.service);
    if (list === undefined) ratios.set(row.service, [log]);
    else list.push(log);
  }
  return ratios;
}

function add(ratios: Ratio[], services: readonly string[], now: number, before: number): void {
  const log = logRatio(now, before);
  if (log !== undefined) ratios.push({ services, log });
}

function logRatio(now: number, before: number): number | undefined {
  return before < leastMeanMs || now <= 0 ? undefined : Math.log(now / before);
}

function ofOthers(ratios: readonly Ratio[], service: string): number {
  const others = ratios.filter(({ services }) => !services.includes(service)).map(({ log }) => log);
  if (others.length < leastOthers) return 1;
  return Math.min(mostSlowdown, Math.max(1, Math.exp(lowerMedian(others))));
}

/** Of an even number the lower: in doubt the machine is innocent. */
function lowerMedian(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0;
}
