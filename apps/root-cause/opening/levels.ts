import { bucketOf, happened, quantile, type StreamKind } from '@plumbline/wire';

/** Times that something takes where it counts as longer: half as long again, three times, eight times. */
const times = [1.5, 3, 8] as const;
/** Sums over many spans move together from day to day, by more than half. */
const sums = [3, 8] as const;
const once = [1] as const;

const levelsOf: Readonly<Record<StreamKind, readonly number[]>> = {
  self: times,
  gap: times,
  peer: times,
  fanout: [1.5, 3],
  own: sums,
  out: sums,
  in: sums,
  whole: times,
  error: once,
  errors: once,
  failed: once,
  lacks: once,
  lack: once,
  volume: once,
};

/** Streams that count what fails or is missing; they come in bursts in normal traffic too, and have to last. */
const mishaps: ReadonlySet<StreamKind> = new Set(['error', 'errors', 'failed', 'lacks', 'lack']);

export function isMishap(kind: StreamKind): boolean {
  return mishaps.has(kind);
}

/**
 * Buckets from which a value of a stream exceeds, one a level. Times exceed where x + c is so many times m + c, with m their
 * learnt median and c what matters to users; ratios have both in them already.
 *
 * @param learnt values of the stream in the profile
 * @param materialMs c, milliseconds
 */
export function exceedingBuckets(
  kind: StreamKind,
  learnt: ReadonlyMap<number, number>,
  materialMs: number,
): readonly number[] {
  const levels = levelsOf[kind];
  switch (kind) {
    case 'self':
    case 'gap':
    case 'peer': {
      const median = quantile(learnt, 0.5);
      return levels.map((level) => bucketOf(level * (median + materialMs) - materialMs) + 1);
    }
    case 'fanout': {
      const median = quantile(learnt, 0.5);
      return levels.map((level) => bucketOf(level * median));
    }
    case 'own':
    case 'out':
    case 'in':
    case 'whole':
      return levels.map((level) => bucketOf(level));
    default:
      return [happened];
  }
}
