import { parts, type Part } from '../features/feature-table';

/** Parts of the normal traces: what the profile and the shapes are learnt from, and the parts of a feature table. */
export type Split = 'profile' | Part;

/** Stretches of time that the traces are divided into; neighbours in time are alike, and would flatter each other. */
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
  private readonly fromMs: number;
  private readonly stretchMs: number;

  /** @param fromMs start of the first trace, `throughMs` of the last one */
  constructor(fromMs: number, throughMs: number) {
    this.fromMs = fromMs;
    this.stretchMs = Math.max(1, (throughMs - fromMs + 1) / stretches);
  }

  of(eventTimeMs: number): Split {
    const stretch = Math.min(stretches - 1, Math.max(0, Math.floor((eventTimeMs - this.fromMs) / this.stretchMs)));
    return pattern[stretch % pattern.length] ?? 'train';
  }
}

/** Whether a name is that of a part of a feature table. */
export function isPart(name: string): name is Part {
  return (parts as readonly string[]).includes(name);
}
