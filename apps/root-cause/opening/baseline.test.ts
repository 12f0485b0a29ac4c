import { operationKey, streamKey, type StatsTable } from '@plumbline/wire';
import { key } from '../testing/detector';
import { learntFrom, timesOf } from '../testing/streams';
import { Baselines, type Baseline } from './baseline';

const settledBlocks = 25;
const row = operationKey(key('payment'), 'POST /charge', 2, true);

/** Blocks of twenty traces, of which so many are slow. */
function blocksOf(slow: readonly number[], failing: readonly number[] = []): StatsTable[] {
  return slow.map((n, i) =>
    timesOf(
      Array.from({ length: 20 }, (_, trace) => (trace < n ? 500 : 20)),
      failing[i] ?? 0,
    ),
  );
}

function baseline(blocks: readonly StatsTable[], kind: 'self' | 'error' = 'self'): Baseline | undefined {
  return new Baselines(learntFrom(blocks), settledBlocks).of(streamKey(kind, row))[0];
}

const spread = Array.from({ length: 60 }, () => 1);
/** As many in all, but three blocks have all of them. */
const clumped = spread.map((_, i) => (i % 20 === 0 ? 20 : 0));

describe('what is normal of a stream', () => {
  test('is the share of traces that take half as long again as usual, what matters added', () => {
    expect(baseline(blocksOf(spread))?.share).toBeCloseTo(60 / 1200, 2);
    // Median 20 ms, and a fifth of 50 ms matters: from 1.5 · (20 + 10) − 10 = 35 ms on.
    const to = (ms: number): number | undefined =>
      baseline(spread.map((_, i) => timesOf(Array.from({ length: 20 }, (_t, n) => (n === 0 && i < 30 ? ms : 20)))))
        ?.share;
    expect(to(33)).toBeLessThan(0.001);
    expect(to(40)).toBeCloseTo(30 / 1200, 2);
  });

  test('has levels, the higher the rarer', () => {
    const levels = new Baselines(learntFrom(blocksOf(spread)), settledBlocks).of(streamKey('self', row));
    expect(levels.map(({ bucket }) => bucket)).toEqual(levels.map(({ bucket }) => bucket).sort((a, b) => a - b));
    expect(levels.length).toBeGreaterThan(1);
  });

  test('varies more together where slow traces come in clumps', () => {
    const [even, uneven] = [baseline(blocksOf(spread)), baseline(blocksOf(clumped))];
    expect(uneven?.share).toBe(even?.share);
    expect(even?.correlation).toBeLessThan(0.02);
    expect(uneven?.correlation).toBeGreaterThan(0.5);
  });

  test('varies together as they came: for failures, too', () => {
    const none = clumped.map(() => 0);
    const even = baseline(blocksOf(none, spread), 'error');
    const uneven = baseline(blocksOf(none, clumped), 'error');
    expect(uneven?.correlation).toBeGreaterThan(5 * (even?.correlation ?? 1));
  });

  test('is believed to vary a good deal where failures were watched for minutes only', () => {
    const few = baseline(blocksOf(spread.slice(0, 10).map(() => 0)), 'error');
    const many = baseline(blocksOf(spread.map(() => 0)), 'error');
    expect(few?.correlation).toBeGreaterThan(3 * (many?.correlation ?? 1));
  });
});

describe('a stream is not watched', () => {
  test('before it was seen in three stretches of time', () => {
    expect(baseline(blocksOf([1, 1]))).toBeUndefined();
    expect(baseline(blocksOf([1, 1, 1]))).toBeDefined();
  });

  test('before it has twenty traces', () => {
    const thin = (traces: number): StatsTable[] =>
      [5, 5, traces - 10].map((n) => timesOf(Array.from({ length: n }, () => 20)));
    expect(baseline(thin(19))).toBeUndefined();
    expect(baseline(thin(20))).toBeDefined();
  });

  test('when nothing was learnt of how it varies', () => {
    const reference = learntFrom(blocksOf(spread));
    expect(new Baselines({ ...reference, spread: new Map() }, settledBlocks).size).toBe(0);
  });
});
