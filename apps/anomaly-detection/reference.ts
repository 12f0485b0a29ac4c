import { bucketOf, quantile, robustLog, valueOf, type Sketch } from '@plumbline/wire';

/** How much larger than normal a value must be to be a finding at all, whatever its probability. */
export interface EffectFloor {
  /** Multiple of the 95th percentile. */
  readonly factor: number;
  /** Above the 95th percentile, in the unit of the values. */
  readonly margin: number;
}

/** A span that takes 1.25 times the 95th percentile and 1 ms more; less than that nobody would act on. */
export const timeFloor: EffectFloor = { factor: 1.25, margin: 1 };

/** Twice as many calls, and two more. */
export const fanoutFloor: EffectFloor = { factor: 2, margin: 2 };

/** Observations beyond which the empirical tail is too thin to count in. */
const tailSupport = 10;
/** Share of the largest observations that the tail's exponent is estimated from. */
const tailShare = 0.1;
/** Observations that the log-normal prior of the exponent is worth. */
const priorStrength = 10;
/** Exponents of Pareto tails that are believed: 1 is as heavy as network times get, 8 nearly a bound. */
const exponentRange = { least: 1, most: 8 } as const;
/** Smallest probability that is claimed. */
export const leastP = 1e-12;
/** Smallest spread of ln(value): 5 %, as clocks and buckets are no finer. */
const leastSpread = 0.05;
/** Observations that the spread of the whole service is worth for one of its operations. */
const spreadStrength = 20;
const smallestValue = 0.001;

/**
 * What values of one kind normally are, ready for look-ups: a sketch as sorted arrays, and a tail beyond its data.
 *
 * Inside the data p is conformal, (1 + #{normal ≥ v}) / (n + 1) (Vovk et al. 2005), valid whatever the distribution.
 * Beyond the {@link tailSupport} largest values it goes on as a Pareto tail, so that ten times is less probable than
 * 1.3 times: Hill's estimate of the exponent, shrunk towards that of a log-normal whose spread is in turn shrunk towards
 * the service's (s̃² = (n·s² + 20·s_svc²)/(n + 20)), and clamped.
 */
export class Reference {
  readonly count: number;
  readonly median: number;
  readonly upper: number;
  /** Values below are never findings. */
  readonly quietBelow: number;

  private readonly buckets: Int32Array;
  /** Observations in the bucket of the same index or above. */
  private readonly atLeast: Float64Array;
  /** Last bucket with {@link tailSupport} observations at or above it. */
  private readonly anchorBucket: number;
  private readonly anchorValue: number;
  private readonly anchorP: number;
  private readonly exponent: number;

  /** @param serviceSpread spread of ln(value) in the service at large */
  constructor(sketch: Sketch, serviceSpread: number, floor: EffectFloor) {
    const sorted = [...sketch].filter(([, n]) => n > 0).sort(([a], [b]) => a - b);
    this.buckets = Int32Array.from(sorted, ([bucket]) => bucket);
    this.atLeast = new Float64Array(sorted.length + 1);
    for (let i = sorted.length - 1; i >= 0; i -= 1) {
      this.atLeast[i] = (this.atLeast[i + 1] ?? 0) + (sorted[i]?.[1] ?? 0);
    }
    this.count = this.atLeast[0] ?? 0;
    this.median = this.count > 0 ? quantile(sketch, 0.5) : 0;
    this.upper = this.count > 0 ? quantile(sketch, 0.99) : 0;
    const high = this.count > 0 ? quantile(sketch, 0.95) : 0;
    this.quietBelow = Math.max(floor.factor * high, high + floor.margin);

    const anchor = this.lastWith(tailSupport);
    this.anchorBucket = this.buckets[anchor] ?? 0;
    this.anchorValue = Math.max(valueOf(this.anchorBucket), smallestValue);
    this.anchorP = (1 + (this.atLeast[anchor + 1] ?? 0)) / (this.count + 1);
    const { spread } = robustLog(sketch);
    const shrunk = Math.sqrt(
      (this.count * square(spread) + spreadStrength * square(serviceSpread)) / (this.count + spreadStrength),
    );
    this.exponent = this.estimateExponent(sorted, Math.max(shrunk, leastSpread));
  }

  /** Probability of a value at least as large under the reference, at least {@link leastP}. */
  p(value: number): number {
    const bucket = bucketOf(value);
    if (bucket > this.anchorBucket) {
      const tail = this.anchorP * Math.pow(value / this.anchorValue, -this.exponent);
      return Math.min(Math.max(tail, leastP), this.anchorP);
    }
    return Math.min(1, (1 + (this.atLeast[this.firstFrom(bucket)] ?? 0)) / (this.count + 1));
  }

  private estimateExponent(sorted: readonly (readonly [number, number])[], spread: number): number {
    const start = this.lastWith(Math.max(tailSupport, tailShare * this.count));
    const threshold = Math.max(valueOf(this.buckets[start] ?? 0), smallestValue);
    let observations = 0;
    let logs = 0;
    for (const [bucket, n] of sorted.slice(start)) {
      observations += n;
      logs += n * Math.log(Math.max(valueOf(bucket), smallestValue) / threshold);
    }
    const prior = normalHazard(observations / Math.max(this.count, 1)) / spread;
    const estimate = (observations + priorStrength) / (logs + priorStrength / prior);
    return Math.min(Math.max(estimate, exponentRange.least), exponentRange.most);
  }

  /** Index of the last bucket with `n` observations at or above it; the first where there are fewer in all. */
  private lastWith(n: number): number {
    let index = 0;
    while (index + 1 < this.buckets.length && (this.atLeast[index + 1] ?? 0) >= n) index += 1;
    return index;
  }

  /** Index of the first bucket at or above the given one. */
  private firstFrom(bucket: number): number {
    let low = 0;
    let high = this.buckets.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.buckets[middle] ?? 0) < bucket) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/**
 * φ(z)/q at the z that a share q of a normal distribution exceeds: the slope of ln p there, in units of the spread.
 * The quantile is Abramowitz and Stegun 26.2.23, right to 4.5·10⁻⁴.
 */
function normalHazard(share: number): number {
  const q = Math.min(Math.max(share, 1e-6), 0.5);
  const t = Math.sqrt(-2 * Math.log(q));
  const z = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  return Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI) / q;
}

function square(x: number): number {
  return Number.isFinite(x) ? x * x : 0;
}
