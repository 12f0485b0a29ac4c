import { happened, materialMs, streamsOf, sumFrom, type StreamKind, type StreamValues } from '@plumbline/wire';
import type { ReferenceProfile } from '../reference';
import { exceedingBuckets, isMishap } from './levels';
import { presumedLacking } from './presumed';

/** What is normal of one stream at one level. */
export interface Baseline {
  /** Bucket from which a value exceeds. */
  readonly bucket: number;
  /** Share of values that exceed. */
  readonly share: number;
  /** Correlation of values of the same minute. */
  readonly correlation: number;
}

/** Traces, and stretches of time with any, from which a stream is watched. */
const leastTraces = 20;
const leastBlocks = 3;
/** Correlation before anything is known of it, and the blocks that this belief is worth. */
const prior = { times: 0.05, mishaps: 0.03, volume: 0.004, blocks: 10 } as const;
/** Bursts of failures are rare: before enough blocks have been seen, little is believed of how they come. */
const unsettledCorrelation = 0.08;
const correlationRange = { least: 0.005, most: 0.95 } as const;
/** Requests come of themselves: shares of them vary together far less than what requests have in common. */
const leastOfVolume = 0.0005;

/** Normal of all streams of a profile. */
export class Baselines {
  private readonly streams = new Map<string, readonly Baseline[]>();

  /** @param settledBlocks stretches of time after which it is known how failures come */
  constructor({ profile, spread }: ReferenceProfile, settledBlocks = 25) {
    const c = materialMs(profile);
    for (const stream of streamsOf(profile)) {
      const known = spread.get(stream.key);
      if (known === undefined || known.blocks < leastBlocks) continue;
      const baselines = baselinesOf(stream, known, c, settledBlocks);
      if (baselines.length > 0) this.streams.set(stream.key, baselines);
    }
    for (const { key, like, lacking, traces } of presumedLacking(profile)) {
      const blocks = spread.get(like)?.blocks ?? 0;
      if (this.streams.has(key) || blocks < leastBlocks || traces < leastTraces) continue;
      const share = (lacking + 0.5) / (traces + 1);
      this.streams.set(key, [{ bucket: happened, share, correlation: believedOf('lacks', blocks, settledBlocks) }]);
    }
  }

  /** One a level; empty while too little is known. */
  of(key: string): readonly Baseline[] {
    return this.streams.get(key) ?? [];
  }

  get size(): number {
    return this.streams.size;
  }
}

function baselinesOf(
  { kind, values }: StreamValues,
  { blocks, squares }: { readonly blocks: number; readonly squares: ReadonlyMap<number, number> },
  c: number,
  settledBlocks: number,
): Baseline[] {
  const n = sumFrom(values, -Infinity);
  if (n < leastTraces) return [];
  return exceedingBuckets(kind, values, c).map((bucket) => {
    const k = sumFrom(values, bucket);
    const share = (k + 0.5) / (n + 1);
    return {
      bucket,
      share,
      correlation: Math.max(
        kind === 'volume' ? leastOfVolume : correlationRange.least,
        correlation(believedOf(kind, blocks, settledBlocks), k, n, share, blocks, sumFrom(squares, bucket)),
      ),
    };
  });
}

/** What is believed of the correlation before much was seen. */
function believedOf(kind: StreamKind, blocks: number, settledBlocks: number): number {
  if (kind === 'volume') return prior.volume;
  if (!isMishap(kind)) return prior.times;
  return blocks < settledBlocks ? unsettledCorrelation : prior.mishaps;
}

/**
 * Moment estimate of the correlation within blocks, shrunk towards a prior: with χ = [Σk²/n − 2p₀Σk + p₀²Σn]/(p₀(1−p₀)) over B
 * blocks of N values, E χ = B + ρ(N − B).
 */
function correlation(believed: number, k: number, n: number, share: number, blocks: number, squares: number): number {
  const chi = (squares - 2 * share * k + share * share * n) / (share * (1 - share));
  const excess = Math.max(n - blocks, 1);
  const estimate = Math.min(Math.max((chi - blocks) / excess, 0), 0.9);
  // Blocks of one or two values say nothing of what values of the same block have in common.
  const telling = Math.min(blocks, excess / 2);
  const shrunk = (telling * estimate + prior.blocks * believed) / (telling + prior.blocks);
  return Math.min(shrunk, correlationRange.most);
}
