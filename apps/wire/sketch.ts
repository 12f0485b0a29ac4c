import { CompactSketch } from './compact-sketch';

/**
 * Distributions in logarithmic buckets, as in DDSketch (Masson, Rim and Lee, VLDB 2019): a value v > {@link floor} falls into bucket
 * ⌈log_γ v⌉, so every quantile is known to within a relative error of (γ−1)/(γ+1). Counts may be negative while a
 * revision takes back what the one before it said; sums are exact, so merging in any order gives the same sketch.
 */
export type Sketch = Map<number, number>;

/** γ: 5 % wide buckets, a relative error of 2.4 %. */
export const gamma = 1.05;

/** Values at or below this (milliseconds, or calls) fall into {@link zeroBucket}. */
export const floor = 0.001;

/** Bucket of values at or below {@link floor}; below every other bucket. */
export const zeroBucket = -1000;

const logGamma = Math.log(gamma);

/** Bucket of 10¹⁵ (30,000 years in milliseconds) and of everything above, infinity included: a bucket has to be a number. */
const lastBucket = Math.ceil(Math.log(1e15) / logGamma);

/** Bucket of the smallest values above {@link floor}. */
const firstBucket = Math.ceil(Math.log(floor) / logGamma - 1e-9);

/** Bucket of a value; values that are no number count as zero. */
export function bucketOf(value: number): number {
  // Adding zero makes one bucket of -0 and 0.
  return value > floor ? Math.min(Math.ceil(Math.log(value) / logGamma - 1e-9), lastBucket) + 0 : zeroBucket;
}

/** Middle of a bucket, the value it stands for. */
export function valueOf(bucket: number): number {
  return bucket === zeroBucket ? 0 : (2 * Math.pow(gamma, bucket)) / (1 + gamma);
}

/** Adds `weight` observations of `value`; a bucket that comes to zero disappears. */
export function addToSketch(sketch: Sketch, value: number, weight = 1): void {
  addBucket(sketch, bucketOf(value), weight);
}

/** Adds all of `other` to `sketch`, `weight` times. */
export function mergeSketch(sketch: Sketch, other: ReadonlyMap<number, number>, weight = 1): void {
  if (sketch instanceof CompactSketch) sketch.merge(other, weight);
  else for (const [bucket, count] of other) addBucket(sketch, bucket, count * weight);
}

export function addBucket(sketch: Sketch, bucket: number, count: number): void {
  const sum = (sketch.get(bucket) ?? 0) + count;
  if (sum === 0) sketch.delete(bucket);
  else sketch.set(bucket, sum);
}

/** Number of observations; buckets below zero count as empty. */
export function sketchCount(sketch: ReadonlyMap<number, number>): number {
  let count = 0;
  for (const n of sketch.values()) if (n > 0) count += n;
  return count;
}

/**
 * Value below which the share `q` of observations lies; `NaN` when there are none.
 *
 * @param q between 0 and 1
 */
export function quantile(sketch: ReadonlyMap<number, number>, q: number): number {
  const buckets = [...sketch].filter(([, n]) => n > 0).sort(([a], [b]) => a - b);
  const total = buckets.reduce((sum, [, n]) => sum + n, 0);
  if (total === 0) return NaN;
  // Counts may be fractions where a profile forgets; the last bucket is then the last observation.
  const last = Math.min(1, buckets[buckets.length - 1]?.[1] ?? 1);
  const rank = Math.min(Math.max(q, 0), 1) * (total - last);
  let seen = 0;
  for (const [bucket, n] of buckets) {
    seen += n;
    if (seen > rank) return valueOf(bucket);
  }
  return valueOf(buckets[buckets.length - 1]?.[0] ?? zeroBucket);
}

/** How many observations lie in the bucket of `value` or above it. */
export function countAtLeast(sketch: ReadonlyMap<number, number>, value: number): number {
  const from = bucketOf(value);
  let count = 0;
  for (const [bucket, n] of sketch) if (bucket >= from && n > 0) count += n;
  return count;
}

/** Median and spread of ln(value): spread is 1.4826 · MAD, the standard deviation it would be for a log-normal. */
export function robustLog(sketch: ReadonlyMap<number, number>): { readonly median: number; readonly spread: number } {
  const median = Math.log(Math.max(quantile(sketch, 0.5), floor));
  const deviations: [number, number][] = [];
  for (const [bucket, n] of sketch) {
    if (n > 0) deviations.push([Math.abs(Math.log(Math.max(valueOf(bucket), floor)) - median), n]);
  }
  deviations.sort(([a], [b]) => a - b);
  const half = deviations.reduce((sum, [, n]) => sum + n, 0) / 2;
  let seen = 0;
  for (const [deviation, n] of deviations) {
    seen += n;
    if (seen >= half) return { median, spread: 1.4826 * deviation };
  }
  return { median: NaN, spread: NaN };
}

/** Flat form on the wire: bucket, count, bucket, count …, by rising bucket, so equal sketches are equal texts. */
export function encodeSketch(sketch: ReadonlyMap<number, number>): number[] {
  return [...sketch].sort(([a], [b]) => a - b).flat();
}

/** Reads {@link encodeSketch}'s form; an odd last number is ignored, and buckets that no value falls into become the nearest. */
export function decodeSketch(flat: readonly number[]): Sketch {
  const sketch: Sketch = new Map();
  for (let i = 0; i + 1 < flat.length; i += 2) addBucket(sketch, knownBucket(flat[i] ?? 0), flat[i + 1] ?? 0);
  return sketch;
}

/** The nearest bucket that a value can fall into. */
export function knownBucket(bucket: number): number {
  const whole = Math.trunc(bucket);
  if (whole >= firstBucket) return Math.min(whole, lastBucket);
  return whole === zeroBucket ? zeroBucket : firstBucket;
}
