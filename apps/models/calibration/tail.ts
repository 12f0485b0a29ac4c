import { z } from 'zod';

/** Scores kept exactly and quantiles below them. */
const mostUpper = 4096;
const lowerQuantiles = 64;
/** Part of the scores that are the upper tail; a tenth of them says how fast it falls. */
const upperShare = 0.1;

const score = z.number().min(0);
export const tailSchema = z.object({
  /** Scores that it was made of. */
  n: z.number().int().min(1),
  /** The greatest scores, all of them, falling. */
  upper: z.array(score).min(1).max(mostUpper),
  /** From the least of them downwards: a score, and how many are at least as great; falling. */
  lower: z
    .array(z.tuple([score, z.number().int().min(1)]))
    .min(1)
    .max(lowerQuantiles + 1),
  /** Mean of what the upper scores have above the smallest of them. */
  scale: z.number().min(0),
});
export type Tail = z.infer<typeof tailSchema>;

/**
 * The distribution of scores of normal traces that a score is compared with.
 *
 * @param upper greatest scores that are kept exactly @default a tenth, at most 4096
 * @throws {RangeError} without scores, or where one is no number of at least 0
 */
export function tailOf(
  scores: ArrayLike<number>,
  upper = Math.min(mostUpper, Math.ceil(upperShare * scores.length)),
): Tail {
  const falling = Float64Array.from(scores).sort().reverse();
  const n = falling.length;
  if (n === 0) throw new RangeError('a calibration needs scores');
  const unusable = falling.find((value) => !(value >= 0 && value < Infinity));
  if (unusable !== undefined) throw new RangeError(`a score is at least 0, not ${unusable}`);
  const kept = Math.min(n, mostUpper, Math.max(1, upper));
  const exact = [...falling.subarray(0, kept)];
  const least = exact[kept - 1] ?? 0;
  // The least of the upper scores may go on below them.
  const lower: [number, number][] = [[least, countAtLeast(falling, least)]];
  for (let i = 1; i <= lowerQuantiles; i += 1) {
    const rank = kept + Math.ceil(((n - kept) * i) / lowerQuantiles);
    const value = falling[rank - 1] ?? 0;
    if (value < (lower.at(-1)?.[0] ?? least)) lower.push([value, countAtLeast(falling, value)]);
  }
  const scale = exact.reduce((sum, value) => sum + value - least, 0) / kept;
  return { n, upper: exact, lower, scale };
}

/** @throws {RangeError} when the numbers are in no order that a tail has */
export function checkTail({ n, upper, lower }: Tail): void {
  const falls = upper.every((value, i) => i === 0 || value <= (upper[i - 1] ?? 0));
  const lowerFalls = lower.every(([value, count], i) => {
    const [before, fewer] = lower[i - 1] ?? [Infinity, upper.length - 1];
    return value < before && count > fewer && count <= n;
  });
  if (!falls || !lowerFalls || upper.length > n || lower[0]?.[0] !== upper.at(-1))
    throw new RangeError('scores of a calibration are not in order');
}

/**
 * p = (1 + #{calibration scores ≥ s})/(n + 1): of a trace like those that were held back it is at most α with a probability of at most
 * α (Vovk, Gammerman, Shafer: Algorithmic Learning in a Random World, 2005; split conformal). Below the upper scores the number is
 * rounded up to the next quantile, so p is never too small.
 */
export function pOf({ n, upper, lower }: Tail, value: number): number {
  const exact = value > (upper.at(-1) ?? 0);
  const count = exact ? countAtLeast(upper, value) : (lower.find(([at]) => at <= value)?.[1] ?? n);
  return (1 + count) / (n + 1);
}

/**
 * −ln p, and above the greatest score of the calibration, where p says no more, ln(1 + excess/scale) in addition: never falling, so
 * that what is far out still ranks above what is nearly so. It is no probability; a second calibration makes one of it.
 *
 * @param p of the value, where it is known
 */
export function surpriseOf(tail: Tail, value: number, p = pOf(tail, value)): number {
  const greatest = tail.upper[0] ?? 0;
  const beyond = value > greatest ? Math.log1p((value - greatest) / Math.max(tail.scale, 1e-9)) : 0;
  return Math.min(-Math.log(p) + beyond, 1e6);
}

/** Falling numbers that are at least this. */
function countAtLeast(falling: ArrayLike<number>, value: number): number {
  let [low, high] = [0, falling.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((falling[middle] ?? 0) >= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
