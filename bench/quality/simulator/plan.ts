import type { Load } from './arrivals';
import { drawCase, type CaseSpec, type DrawnCase } from './cases';
import type { Fault, FaultKind, Size } from './faults';
import { Random, seedOf } from './random';
import { SystemError, type System } from './system';
import type { Release } from './telemetry';

/** Services are busy up to 40 % of the time at the mean load; with twice of it they would queue without any fault. */
const mostLoad = 1.5;

/** When a run begins, microseconds since the epoch: a whole minute. */
export const baseUs = 1_780_000_020_000_000;
export const minuteUs = 60_000_000;

export interface RunOptions {
  readonly seed: number;
  /** Minutes without faults first. @default 20 */
  readonly warmMinutes?: number;
  /** What goes wrong, one after the other. @default - nothing */
  readonly cases?: readonly CaseSpec[];
  /** @default 3 */
  readonly caseMinutes?: number;
  /** Minutes without faults before each case but the first, and after the last. @default 2 */
  readonly betweenMinutes?: number;
  /** Minutes without faults in a day: traffic swings once in it, down to 0.3. @default - no rhythm */
  readonly dayMinutes?: number;
  /** New versions of a service that change nothing but the version, an hour. @default 0 */
  readonly releasesPerHour?: number;
  /** Names of services that send no spans. @default - none */
  readonly dark?: readonly string[];
  /** Changes of traffic to 0.3 to 1.5 times the mean, an hour: what services carry that are sized as in `capacity.ts`. @default 0 */
  readonly shiftsPerHour?: number;
}

/** One of the faults of a plan, for a judge. */
export interface PlannedFault {
  /** Name of the culprit: a service, or a peer by its address. */
  readonly service: string;
  readonly fault: FaultKind;
  readonly size: Size;
  readonly magnitude: number;
  readonly onset: Fault['onset'];
  /** Calls between the culprit and the entry, at least. */
  readonly depth: number;
  /** Names that are as right as `service`. */
  readonly accept: readonly string[];
  /** Operation, where only one is struck. */
  readonly operation?: string;
  /** Whether one who knows culprit and time can see it; see `oracle.ts`. Missing where nobody asked. */
  readonly visible?: boolean;
}

export interface PlannedCase extends PlannedFault {
  readonly case_id: string;
  readonly start_us: number;
  readonly inject_us: number;
  readonly end_us: number;
  readonly also?: PlannedFault;
}

/** What is in a recording; never shown to who is judged. */
export interface Plan {
  readonly system: string;
  readonly side: 'simulated';
  readonly family: string;
  readonly profile: string;
  readonly services: number;
  readonly minutes: number;
  readonly cases: readonly PlannedCase[];
}

/** A run with everything decided but the requests. */
export interface Schedule {
  readonly plan: Plan;
  /** Of each case, one or two. */
  readonly faults: readonly (readonly Fault[])[];
  readonly releases: readonly Release[];
  readonly load: Load;
  readonly untilUs: number;
}

/**
 * Decides what happens when.
 *
 * @throws {SystemError} when an option is out of its range, or a case has no place in the system
 */
export function schedule(system: System, options: RunOptions): Schedule {
  const { seed, warmMinutes = 20, cases = [], caseMinutes = 3, betweenMinutes = 2 } = options;
  for (const [name, value, least] of [
    ['warmMinutes', warmMinutes, cases.length > 0 ? 0 : 1],
    ['caseMinutes', caseMinutes, 2],
    ['betweenMinutes', betweenMinutes, 0],
  ] as const) {
    if (!Number.isInteger(value) || value < least || value > 20_000) {
      throw new SystemError(`${name}: ${value} is not a whole number from ${least} to 20000`);
    }
  }
  const names = [system.family, system.profile.name, system.seed, seed];
  const random = new Random(seedOf('run', ...names));
  const planned: PlannedCase[] = [];
  const faults: Fault[][] = [];
  const releases: Release[] = [];
  let nowUs = baseUs + warmMinutes * minuteUs;
  for (const [index, spec] of cases.entries()) {
    if (index > 0) nowUs += betweenMinutes * minuteUs;
    const endUs = nowUs + caseMinutes * minuteUs;
    const injectUs = nowUs + Math.round(random.between(10, 40) * 1000) * 1000;
    const window = { fromUs: injectUs, untilUs: endUs };
    const both = [drawCase(system, spec, seedOf(...names, index), window)];
    if (spec.also !== undefined) {
      const other = { ...spec.also, release: false };
      both.push(drawCase(system, other, seedOf(...names, index, 'also'), window, both[0]?.culprit));
    }
    const [drawn, also] = spec.only === 'second' ? both.slice(1) : both.slice(0, spec.only === 'first' ? 1 : 2);
    if (drawn === undefined) throw new SystemError(`case ${index + 1} has no second fault`);
    faults.push([drawn, ...(also === undefined ? [] : [also])].map(({ fault }) => fault));
    if (drawn.release && drawn.fault.service !== undefined)
      releases.push({ service: drawn.fault.service, atUs: injectUs });
    planned.push({
      case_id: `${[...names, index + 1].join('-')}${spec.only === undefined ? '' : `-${spec.only}`}`,
      start_us: nowUs,
      inject_us: injectUs,
      end_us: endUs,
      ...describe(system, drawn),
      ...(also === undefined ? {} : { also: describe(system, also) }),
    });
    nowUs = endUs;
  }
  if (cases.length > 0) nowUs += betweenMinutes * minuteUs;
  const load = drawLoad(options, random, nowUs);
  releases.push(...innocent(system, options.releasesPerHour ?? 0, random, nowUs));
  const plan: Plan = {
    system: `${system.family}-${system.profile.name}-${system.seed}`,
    side: 'simulated',
    family: system.family,
    profile: system.profile.name,
    services: system.services.length,
    minutes: (nowUs - baseUs) / minuteUs,
    cases: planned,
  };
  return { plan, faults, releases, load, untilUs: nowUs };
}

function describe(system: System, { culprit, depth, accept, fault }: DrawnCase): PlannedFault {
  const { kind, size, magnitude, onset, operation } = fault;
  const name =
    operation === undefined ? undefined : system.templates[system.operations[operation]?.template ?? -1]?.name;
  return {
    service: culprit,
    fault: kind,
    size,
    magnitude: Number(magnitude.toPrecision(4)),
    onset,
    depth,
    accept,
    ...(name === undefined ? {} : { operation: name }),
  };
}

function drawLoad({ dayMinutes, shiftsPerHour = 0 }: RunOptions, random: Random, untilUs: number): Load {
  const hours = (untilUs - baseUs) / minuteUs / 60;
  const shifts = Array.from({ length: Math.round(shiftsPerHour * hours) }, () => ({
    atUs: Math.round(random.between(baseUs, untilUs) / minuteUs) * minuteUs,
    factor: random.logBetween(0.3, mostLoad),
  })).sort((a, b) => a.atUs - b.atUs);
  return { shifts, ...(dayMinutes === undefined ? {} : { rhythm: { dayMinutes, low: 0.3 } }) };
}

function innocent(system: System, perHour: number, random: Random, untilUs: number): Release[] {
  const hours = (untilUs - baseUs) / minuteUs / 60;
  return Array.from({ length: Math.round(perHour * hours) }, () => ({
    service: random.whole(0, system.services.length - 1),
    atUs: Math.round(random.between(baseUs, untilUs)),
  }));
}
