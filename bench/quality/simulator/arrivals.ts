import { mix, normal, unit } from './random';
import type { System } from './system';

/** A request from outside. */
export interface Arrival {
  /** Unique within a run. */
  readonly request: number;
  readonly seed: number;
  readonly timeUs: number;
  readonly operation: number;
}

/** How traffic differs from its mean. */
export interface Load {
  /** Length of a day in minutes: traffic swings between `low` and 1 once in it. @default - no rhythm */
  readonly rhythm?: { readonly dayMinutes: number; readonly low: number };
  /** From a time on, this many times as much, until the next shift. */
  readonly shifts?: readonly { readonly atUs: number; readonly factor: number }[];
}

const minuteUs = 60_000_000;
/** Requests of a minute are numbered within it. */
const perMinute = 2 ** 20;
/** Standard deviation of the logarithm of a minute's traffic. */
const minuteSpread = 0.08;

/** Poisson arrivals; those of a minute are a function of seed and minute, wherever a run starts. */
export function* arrivals(
  system: System,
  seed: number,
  fromUs: number,
  untilUs: number,
  load: Load = {},
): Generator<Arrival> {
  for (let minute = Math.floor(fromUs / minuteUs); minute * minuteUs < untilUs; minute += 1) {
    const key = mix(seed, minute);
    const rate = system.tracesPerSecond * Math.exp(minuteSpread * normal(key, 1)) * factorAt(load, minute * minuteUs);
    let timeUs = minute * minuteUs;
    for (let number = 0; number < perMinute && rate > 0; number += 1) {
      const own = mix(key, 16 + number);
      timeUs += (-Math.log(1 - unit(own, 1)) / rate) * 1_000_000;
      if (timeUs >= (minute + 1) * minuteUs || timeUs >= untilUs) break;
      if (timeUs < fromUs) continue;
      yield { request: minute * perMinute + number, seed: own, timeUs, operation: entryOf(system, unit(own, 2)) };
    }
  }
}

function entryOf({ entries }: System, luck: number): number {
  let rest = luck;
  for (const { operation, share } of entries) {
    rest -= share;
    if (rest < 0) return operation;
  }
  return entries[0]?.operation ?? 0;
}

function factorAt({ rhythm, shifts = [] }: Load, timeUs: number): number {
  let factor = 1;
  for (const shift of shifts) {
    if (shift.atUs <= timeUs) factor = shift.factor;
  }
  if (rhythm !== undefined) {
    const turn = (timeUs / minuteUs / rhythm.dayMinutes) * 2 * Math.PI;
    factor *= rhythm.low + ((1 - rhythm.low) * (1 + Math.sin(turn))) / 2;
  }
  return factor;
}
