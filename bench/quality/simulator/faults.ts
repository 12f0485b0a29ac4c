/** What can go wrong. */
export const faultKinds = [
  'slow-work',
  'slow-network',
  'failing',
  'pool',
  'slow-database',
  'left-out',
  'wrong-answer',
  'retry-storm',
  'one-pod',
  'hang',
] as const;

export type FaultKind = (typeof faultKinds)[number];

export const sizes = ['small', 'medium', 'large'] as const;

export type Size = (typeof sizes)[number];

export const onsets = ['sharp', 'ramp', 'intermittent'] as const;

export type Onset = (typeof onsets)[number];

/** A fault in a system, with everything decided. */
export interface Fault {
  readonly kind: FaultKind;
  readonly onset: Onset;
  readonly size: Size;
  /**
   * How much: `slow-work`, `one-pod`, `slow-database`: times longer; `slow-network`: milliseconds more on request and answer together;
   * `failing`, `left-out`, `wrong-answer`, `hang`: share of visits; `pool`: share of time in which its connections are taken;
   * `retry-storm`: calls more for each call.
   */
  readonly magnitude: number;
  /** Culprit; where a peer is to blame, none. */
  readonly service?: number;
  readonly peer?: number;
  /** Only in this operation; in all of the service when left out. */
  readonly operation?: number;
  /** `left-out`: calls that are not made. */
  readonly edges?: readonly number[];
  /** `one-pod`: which of the service's pods. */
  readonly pod?: number;
  /** `pool`: which pool, how many connections are left, how long each stays taken after a call. */
  readonly pool?: { readonly index: number; readonly limit: number; readonly holdMs: number };
  /** `wrong-answer`: what shows at the culprit. */
  readonly shows?: 'missing-child' | 'changed-answer';
  readonly fromUs: number;
  readonly untilUs: number;
}

const rampUs = 60_000_000;
/** Intermittent faults are there for this long, then away for as long. */
const turnUs = 15_000_000;

/** How much of a fault there is at a time, from 0 to 1. */
export function intensity({ fromUs, untilUs, onset }: Fault, timeUs: number): number {
  if (timeUs < fromUs || timeUs >= untilUs) return 0;
  if (onset === 'ramp') return Math.min(1, (timeUs - fromUs) / rampUs);
  if (onset === 'intermittent') return Math.floor((timeUs - fromUs) / turnUs) % 2 === 0 ? 1 : 0;
  return 1;
}

/** The faults of a run, by what they touch. */
export class Faults {
  private readonly byService = new Map<number, Fault[]>();
  private readonly byPeer = new Map<number, Fault[]>();

  constructor(faults: readonly Fault[]) {
    for (const fault of faults) {
      const [map, key] = fault.peer === undefined ? [this.byService, fault.service ?? -1] : [this.byPeer, fault.peer];
      map.set(key, [...(map.get(key) ?? []), fault]);
    }
  }

  /** How many times longer work takes. */
  work(service: number, operation: number, pod: number, timeUs: number): number {
    const faults = this.byService.get(service);
    if (faults === undefined) return 1;
    let factor = 1;
    for (const fault of faults) {
      const here = fault.kind === 'slow-work' ? isIn(fault, operation) : fault.kind === 'one-pod' && fault.pod === pod;
      if (here) factor *= 1 + (fault.magnitude - 1) * intensity(fault, timeUs);
    }
    return factor;
  }

  statement(peer: number, timeUs: number): number {
    let factor = 1;
    for (const fault of this.byPeer.get(peer) ?? []) factor *= 1 + (fault.magnitude - 1) * intensity(fault, timeUs);
    return factor;
  }

  /** Milliseconds that one message from or to a service takes longer. */
  network(service: number, timeUs: number): number {
    const faults = this.byService.get(service);
    if (faults === undefined) return 0;
    let extra = 0;
    for (const fault of faults) {
      if (fault.kind === 'slow-network') extra += (fault.magnitude / 2) * intensity(fault, timeUs);
    }
    return extra;
  }

  /** The fault of a kind that strikes a visit, where `luck` is uniform in [0, 1). */
  strikes(kind: FaultKind, service: number, operation: number, timeUs: number, luck: number): Fault | undefined {
    const faults = this.byService.get(service);
    if (faults === undefined) return undefined;
    return faults.find(
      (fault) => fault.kind === kind && isIn(fault, operation) && luck < fault.magnitude * intensity(fault, timeUs),
    );
  }

  leavesOut(service: number, edge: number, timeUs: number, luck: number): boolean {
    const faults = this.byService.get(service);
    if (faults === undefined) return false;
    return faults.some(
      (fault) =>
        fault.kind === 'left-out' &&
        fault.edges?.includes(edge) === true &&
        luck < fault.magnitude * intensity(fault, timeUs),
    );
  }

  /** How often a call is made again though it was answered. */
  repeats(service: number, timeUs: number, luck: number): number {
    let extra = 0;
    for (const fault of this.byService.get(service) ?? []) {
      if (fault.kind === 'retry-storm') extra += fault.magnitude * intensity(fault, timeUs);
    }
    return Math.floor(extra + luck);
  }

  /** The exhausted pool of a service, if it is one. */
  pool(service: number, pool: number, timeUs: number): { limit: number; holdMs: number } | undefined {
    for (const fault of this.byService.get(service) ?? []) {
      if (fault.kind !== 'pool' || fault.pool?.index !== pool) continue;
      const much = intensity(fault, timeUs);
      if (much > 0) return { limit: fault.pool.limit, holdMs: fault.pool.holdMs * much };
    }
    return undefined;
  }
}

function isIn(fault: Fault, operation: number): boolean {
  return fault.operation === undefined || fault.operation === operation;
}
