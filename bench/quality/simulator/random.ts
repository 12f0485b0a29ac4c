/*
 * Random numbers as a function of what they are for: a draw is a hash of its seed and a key, not the next of a sequence. So two
 * runs that differ in one fault draw the same numbers for everything else (common random numbers).
 */

/** 32 bits from two; the finalizer is murmur3's. */
export function mix(seed: number, key: number): number {
  let h = (Math.imul(seed, 0x9e3779b1) + Math.imul(key ^ 0x7f4a7c15, 0x85ebca77)) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A seed from words and numbers. */
export function seedOf(...parts: readonly (string | number)[]): number {
  let seed = 0x2545f491;
  for (const part of parts) {
    for (const letter of String(part)) seed = mix(seed, letter.codePointAt(0) ?? 0);
    seed = mix(seed, -1);
  }
  return seed;
}

/** In [0, 1). */
export function unit(seed: number, key: number): number {
  return mix(seed, key) / 2 ** 32;
}

const levels = 65_536;
const quantiles = Float64Array.from({ length: levels }, (_, level) => inverseNormal((level + 0.5) / levels));

/** Standard normal, of 65,536 equally likely values within ±4.3. */
export function normal(seed: number, key: number): number {
  return quantiles[mix(seed, key) >>> 16] ?? 0;
}

/** P. J. Acklam's rational approximation, relative error below 1.2e-9. */
function inverseNormal(p: number): number {
  if (p > 0.5) return -inverseNormal(1 - p);
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p));
    return (
      (((((-7.784894002430293e-3 * q - 0.3223964580411365) * q - 2.400758277161838) * q - 2.549732539343734) * q +
        4.374664141464968) *
        q +
        2.938163982698783) /
      ((((7.784695709041462e-3 * q + 0.3224671290700398) * q + 2.445134137142996) * q + 3.754408661907416) * q + 1)
    );
  }
  const q = p - 0.5;
  const r = q * q;
  return (
    ((((((-39.69683028665376 * r + 220.9460984245205) * r - 275.9285104469687) * r + 138.357751867269) * r -
      30.66479806614716) *
      r +
      2.506628277459239) *
      q) /
    (((((-54.47609879822406 * r + 161.5858368580409) * r - 155.6989798598866) * r + 66.80131188771972) * r -
      13.28068155288572) *
      r +
      1)
  );
}

/** A sequence of draws, for what is drawn once: systems, cases. */
export class Random {
  private drawn = 0;

  constructor(private readonly seed: number) {}

  next(): number {
    this.drawn += 1;
    return unit(this.seed, this.drawn);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** Uniform in the logarithm; both above 0. */
  logBetween(low: number, high: number): number {
    return low * (high / low) ** this.next();
  }

  /** A whole number in [low, high]. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** @throws {RangeError} when there is nothing to pick from */
  pick<T>(from: readonly T[]): T {
    const index = Math.floor(this.next() * from.length);
    if (index >= from.length) throw new RangeError('nothing to pick from');
    return from[index] as T;
  }

  shuffle<T>(list: readonly T[]): T[] {
    const keyed = list.map((item) => ({ item, key: this.next() }));
    return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
  }

  /** Index, with a probability in proportion to its weight. */
  weighted(weights: readonly number[]): number {
    let rest = this.next() * weights.reduce((sum, weight) => sum + weight, 0);
    for (const [index, weight] of weights.entries()) {
      rest -= weight;
      if (rest < 0) return index;
    }
    return weights.length - 1;
  }
}
