import { parts, type Part } from '../features/feature-table';

/** Parts of the normal traces: what the profile and the shapes are learnt from, and the parts of a feature table. */
export type Split = 'profile' | Part;

/** Stretches of time with equally many traces that the traces are divided into; neighbours in time are alike, and would flatter each other. */
const stretches = 40;
/** Parts of each ten stretches, spread over them so that every part has of every time. */
const pattern: readonly Split[] = [
  'profile',
  'train',
  'combine',
  'train',
  'profile',
  'calibrate',
  'train',
  'evaluate',
  'train',
  'combine',
];

/** Which part a normal trace belongs to, by its time. */
export class Splits {
  /** Times at which stretches end, each of which has equally many traces. */
  private readonly bounds: readonly number[];

  /** @param timesMs of all traces, in any order */
  constructor(timesMs: readonly number[]) {
    const sorted = Float64Array.from(timesMs).sort();
    this.bounds = Array.from(
      { length: stretches - 1 },
      (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / stretches)] ?? Infinity,
    );
  }

  of(timeMs: number): Split {
    const at = this.bounds.findIndex((bound) => timeMs < bound);
    return pattern[(at < 0 ? this.bounds.length : at) % pattern.length] ?? 'train';
  }
}

/** Whether a name is that of a part of a feature table. */
export function isPart(name: string): name is Part {
  return (parts as readonly string[]).includes(name);
}
