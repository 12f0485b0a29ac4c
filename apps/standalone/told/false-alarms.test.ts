import { seededRandom } from '@plumbline/worker/random';
import { FalseAlarms } from './false-alarms';

/** Exponential values with a mean of 1. */
function values(n: number, seed: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: n }, () => -Math.log(1 - random()));
}

describe('how often normal traffic gets a value', () => {
  it('is counted among normal values, each of which is one too many', () => {
    const alarms = new FalseAlarms(Array.from({ length: 99 }, (_, i) => i + 1));
    expect(alarms.rate(1)).toBeCloseTo(1, 9);
    expect(alarms.rate(51)).toBeCloseTo(0.5, 9);
    expect(alarms.rate(0)).toBe(1);
  });

  it('is kept on other values of the same kind', () => {
    const alarms = new FalseAlarms(values(2000, 1));
    const others = values(20_000, 2);
    for (const share of [0.1, 0.01, 0.001]) {
      const reached = others.filter((value) => alarms.rate(value) <= share).length / others.length;
      expect(reached).toBeGreaterThan(share / 2);
      expect(reached).toBeLessThan(share * 2);
    }
  });

  it('falls with every larger value, also beyond all that were seen', () => {
    const seen = values(200, 3);
    const alarms = new FalseAlarms(seen);
    const largest = Math.max(...seen);
    const rates = [0, 0.5, 1, 2, largest, 2 * largest, 4 * largest].map((value) => alarms.rate(value));
    expect(rates).toEqual([...rates].sort((a, b) => b - a));
    expect(new Set(rates).size).toBe(rates.length);
    expect(rates.at(-1)).toBeGreaterThan(0);
  });

  it('counts equal values as one step', () => {
    const alarms = new FalseAlarms([...new Array<number>(80).fill(0), ...values(20, 4).map((value) => value + 1)]);
    expect(alarms.rate(0)).toBeCloseTo(1, 9);
    expect(alarms.rate(1e-9)).toBeLessThan(1);
    expect(alarms.rate(1)).toBeCloseTo(21 / 101, 1);
  });
});
