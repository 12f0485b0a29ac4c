import { areaOf, figuresOf, gainOf, thresholdOf } from './figures';

const f = (...values: number[]) => Float64Array.from(values);
const hundred = Float64Array.from({ length: 100 }, (_, i) => i);

describe('Figures of a scorer', () => {
  it('call no more normal traces faulty than the alarm rate allows', () => {
    expect(thresholdOf(hundred, 0.01)).toBe(98);
    expect(thresholdOf(hundred, 0.05)).toBe(94);
    expect(thresholdOf(f(...new Array<number>(100).fill(1)), 0.05)).toBe(1);
  });

  it('are precision, recall and their harmonic mean at that threshold', () => {
    const { precision, recall, f1 } = figuresOf({ normal: hundred, faulty: f(99, 200, 50, 10) }, 0.01);
    expect(precision).toBeCloseTo(2 / 3);
    expect(recall).toBe(0.5);
    expect(f1).toBeCloseTo((2 * (2 / 3) * 0.5) / (2 / 3 + 0.5));
  });

  it('find nothing where scores say nothing', () => {
    const same = f(...new Array<number>(50).fill(3));
    expect(figuresOf({ normal: same, faulty: same }, 0.1)).toEqual({ precision: 0, recall: 0, f1: 0, auc: 0.5 });
  });

  it('have the area of all pairs', () => {
    expect(areaOf(f(1, 2, 3), f(2, 4))).toBeCloseTo((1.5 + 3) / 6);
    expect(areaOf(f(), f(1))).toBe(0.5);
  });
});

describe('What a scorer gains over another', () => {
  const normal = hundred;

  it('is certain where it finds one in each of many faults more, and not where all are of one fault', () => {
    const faults = Array.from({ length: 40 }, (_, i) => `fault ${i % 20}`);
    const better = Float64Array.from(faults, () => 1000);
    const worse = Float64Array.from(faults, (_, i) => (i < 20 ? 1000 : 0));
    const many = gainOf({ normal, faulty: better }, { normal, faulty: worse }, faults, 0.01);
    expect(many).toEqual({ gain: 0.5, lowerBound: 0.5 });
    const clustered = faults.map((_, i) => (i < 20 ? 'one' : 'other'));
    expect(gainOf({ normal, faulty: better }, { normal, faulty: worse }, clustered, 0.01).lowerBound).toBe(0);
  });

  it('is nothing over itself', () => {
    const scored = { normal, faulty: f(1, 99, 5) };
    expect(gainOf(scored, scored, ['a', 'b', 'c'], 0.01)).toEqual({ gain: 0, lowerBound: 0 });
  });
});
