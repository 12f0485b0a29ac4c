import { addToSketch, type Sketch } from '@plumbline/wire';
import { fanoutFloor, Reference, timeFloor } from './reference';
import { seeded } from './testing';

function sketchOf(values: readonly number[]): Sketch {
  const sketch: Sketch = new Map();
  for (const value of values) addToSketch(sketch, value);
  return sketch;
}

/** Log-normal values around a median of 10. */
function values(count: number, seed: number, spread = 0.35): number[] {
  const random = seeded(seed);
  return Array.from({ length: count }, () => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return 10 * Math.exp(spread * normal);
  });
}

describe('the p of a value', () => {
  test('is conformal inside the data: one more than as many as reach it, of one more than all', () => {
    const reference = new Reference(sketchOf(Array.from({ length: 99 }, (_, i) => i + 1)), 0.5, timeFloor);
    expect(reference.p(50)).toBeCloseTo(0.51, 1);
    expect(reference.p(0)).toBe(1);
  });

  test('is never claimed smaller than it is: new values of the same kind fall below each level no more often than it says', () => {
    for (const count of [100, 1000, 10_000]) {
      const reference = new Reference(sketchOf(values(count, 1)), 0.35, timeFloor);
      const fresh = values(200_000, 2).map((value) => reference.p(value));
      for (const level of [0.1, 0.01, 0.001]) {
        const share = fresh.filter((p) => p <= level).length / fresh.length;
        expect(share).toBeLessThan(level * 2 + 1 / count);
      }
    }
  });

  test('falls with the value, and ten times is far less probable than 1.3 times', () => {
    const reference = new Reference(sketchOf(values(500, 3)), 0.35, timeFloor);
    const slightly = reference.p(10 * 1.3);
    const much = reference.p(10 * 10);
    expect(slightly).toBeGreaterThan(0.1);
    expect(much).toBeLessThan(1e-4);
    const rising = [10, 15, 20, 30, 50, 100, 1000].map((value) => reference.p(value));
    expect(rising).toEqual([...rising].sort((a, b) => b - a));
  });

  test('is larger for the same excess where normal itself has a heavy tail', () => {
    const light = new Reference(sketchOf(values(500, 4, 0.2)), 0.3, timeFloor);
    const heavy = new Reference(sketchOf(values(500, 4, 1)), 0.3, timeFloor);
    expect(heavy.p(100)).toBeGreaterThan(100 * light.p(100));
  });

  test('of a rare operation leans on the spread of its service', () => {
    const few = sketchOf(Array.from({ length: 20 }, (_, i) => 10 + i / 100));
    expect(new Reference(few, 1.5, timeFloor).p(40)).toBeGreaterThan(new Reference(few, 0.1, timeFloor).p(40));
  });

  test('stays above zero and at most one, whatever the value', () => {
    const reference = new Reference(sketchOf(values(100, 5)), 0.35, timeFloor);
    for (const value of [-1, 0, NaN, 1e-9, 1e12, Infinity]) {
      expect(reference.p(value)).toBeGreaterThan(0);
      expect(reference.p(value)).toBeLessThanOrEqual(1);
    }
  });
});

describe('the floor', () => {
  test('keeps quiet below 1.25 times the 95th percentile, and within a millisecond of it', () => {
    const fast = new Reference(sketchOf(Array<number>(1000).fill(0.2)), 0.05, timeFloor);
    expect(fast.p(0.9)).toBeLessThan(0.01);
    expect(fast.quietBelow).toBeCloseTo(1.2, 1);
    const slow = new Reference(sketchOf(Array<number>(1000).fill(100)), 0.05, timeFloor);
    expect(slow.quietBelow).toBeCloseTo(125, -1);
  });

  test('needs two calls more, and twice as many', () => {
    const once = new Reference(sketchOf(Array<number>(1000).fill(1)), 0.05, fanoutFloor);
    expect(once.quietBelow).toBeCloseTo(3, 1);
  });
});
