import { exponential, logNormal, pick, seededRandom, seedOf, uniform } from './prng';

function draw(count: number, next: () => number): number[] {
  return Array.from({ length: count }, next).sort((a, b) => a - b);
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('the seeded generator', () => {
  it('repeats itself for the same seed and not for another', () => {
    const numbers = (seed: number): number[] => Array.from({ length: 5 }, seededRandom(seed));
    expect(numbers(7)).toEqual(numbers(7));
    expect(numbers(7)).not.toEqual(numbers(8));
  });

  it('gives parts of one seed numbers of their own', () => {
    expect(seedOf(1, 'cart')).not.toBe(seedOf(1, 'catalog'));
    expect(seedOf(1, 'cart')).not.toBe(seedOf(2, 'cart'));
  });

  it('is uniform in [0, 1)', () => {
    const random = seededRandom(1);
    const values = draw(20_000, random);
    expect(values[0]).toBeGreaterThanOrEqual(0);
    expect(values.at(-1)).toBeLessThan(1);
    expect(values[5000]).toBeCloseTo(0.25, 1);
    expect(values[15_000]).toBeCloseTo(0.75, 1);
  });

  it('draws gaps of a Poisson process', () => {
    const random = seededRandom(2);
    const gaps = draw(20_000, () => exponential(random, 50));
    expect(mean(gaps)).toBeGreaterThan(48);
    expect(mean(gaps)).toBeLessThan(52);
    // The median of an exponential is its mean times ln 2.
    expect((gaps[10_000] ?? 0) / 50).toBeCloseTo(Math.LN2, 1);
  });

  it('draws log-normal values around their median', () => {
    const random = seededRandom(3);
    const values = draw(20_000, () => logNormal(random, 10, 0.4));
    expect((values[10_000] ?? 0) / 10).toBeCloseTo(1, 1);
    // One deviation up is the 84th percentile.
    expect((values[16_827] ?? 0) / 10).toBeCloseTo(Math.exp(0.4), 1);
  });

  it('stays within a range', () => {
    const values = draw(1000, () => uniform(seededRandom(4), 3, 5));
    expect(values.every((value) => value >= 3 && value < 5)).toBe(true);
  });

  it('picks every item, and refuses to pick from none', () => {
    const random = seededRandom(5);
    expect(new Set(Array.from({ length: 100 }, () => pick(random, ['a', 'b', 'c'])))).toEqual(new Set(['a', 'b', 'c']));
    expect(() => pick(random, [])).toThrow(RangeError);
  });
});
