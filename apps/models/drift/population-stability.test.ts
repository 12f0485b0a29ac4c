import { seededRandom } from '@plumbline/worker/random';
import { beyondChance, chanceBound, populationStability } from './population-stability';

describe('the population stability index', () => {
  test('is the sum over shares that was computed by hand', () => {
    const many = 1e9;
    const { psi } = populationStability({ shares: [0.5, 0.3, 0.2], values: many }, [
      0.4 * many,
      0.3 * many,
      0.3 * many,
    ]);
    expect(psi).toBeCloseTo(-0.1 * Math.log(0.4 / 0.5) + 0.1 * Math.log(0.3 / 0.2), 6);
  });

  test('is 0 where nothing moved, and the same in either direction', () => {
    expect(populationStability({ shares: [0.5, 0.5], values: 800 }, [400, 400]).psi).toBe(0);
    const there = populationStability({ shares: [0.9, 0.1], values: 1000 }, [700, 300]).psi;
    const back = populationStability({ shares: [0.7, 0.3], values: 1000 }, [900, 100]).psi;
    expect(there).toBeCloseTo(back, 12);
  });

  test('is finite where a bin was or is empty', () => {
    expect(populationStability({ shares: [1, 0], values: 1000 }, [0, 1000]).psi).toBeLessThan(20);
  });
});

describe('chance', () => {
  const [n, m, bins] = [600, 2000, 10];
  const random = seededRandom(5);
  const drawn = Array.from({ length: 2000 }, () => {
    const draw = (count: number): number[] => {
      const counts = new Array<number>(bins).fill(0);
      for (let i = 0; i < count; i += 1) {
        const bin = Math.floor(random() * bins);
        counts[bin] = (counts[bin] ?? 0) + 1;
      }
      return counts;
    };
    return populationStability({ shares: draw(m).map((count) => count / m), values: m }, draw(n));
  });

  test('makes of the index (bins − 1)·(1/n + 1/m) in the mean', () => {
    const mean = drawn.reduce((sum, { psi }) => sum + psi, 0) / drawn.length;
    expect(mean / ((bins - 1) * (1 / n + 1 / m))).toBeCloseTo(1, 1);
    expect(drawn.filter((each) => beyondChance(each) === 0).length).toBeGreaterThan(drawn.length / 2);
  });

  test.each([0.1, 0.01])('makes more than its bound of it at most %s of the time', (probability) => {
    const above = drawn.filter((each) => each.psi > chanceBound(each, probability)).length;
    expect(above / drawn.length).toBeLessThanOrEqual(probability);
  });
});
