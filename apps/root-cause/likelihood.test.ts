import fc from 'fast-check';
import { cusum, dispersion, logLikelihoodRatio, rateExcess } from './likelihood';

describe('the evidence of one window', () => {
  test('speaks against a fault when nothing exceeds', () => {
    expect(logLikelihoodRatio(0, 50, 0.01)).toBeLessThan(0);
  });

  test('speaks for one when a tenth exceeds, and more so when all do', () => {
    expect(logLikelihoodRatio(5, 50, 0.01)).toBeGreaterThan(3);
    expect(logLikelihoodRatio(50, 50, 0.01)).toBeGreaterThan(100);
  });

  test('is worth nothing without observations, or where normal already is like a fault', () => {
    expect(logLikelihoodRatio(0, 0, 0.01)).toBe(0);
    expect(logLikelihoodRatio(10, 10, 0.5)).toBe(0);
  });

  test('is fair: under the baseline its likelihood ratio averages one', () => {
    const [n, p] = [20, 0.02];
    let binomial = Math.pow(1 - p, n);
    let mean = 0;
    for (let k = 0; k <= n; k += 1) {
      mean += binomial * Math.exp(logLikelihoodRatio(k, n, p));
      binomial *= ((n - k) / (k + 1)) * (p / (1 - p));
    }
    expect(mean).toBeCloseTo(1, 9);
  });

  test('rises with the number that exceeds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 0, max: 499 }), (n, k) => {
        fc.pre(k < n);
        return logLikelihoodRatio(k + 1, n, 0.01) > logLikelihoodRatio(k, n, 0.01);
      }),
    );
  });
});

describe('CUSUM', () => {
  test('starts anew at each zero and remembers where', () => {
    expect(cusum([2, -5, 1, 3], 100)).toEqual({ value: 4, onset: 2 });
  });

  test('has no onset while it is zero', () => {
    expect(cusum([-1, -1], 100)).toEqual({ value: 0, onset: 2 });
  });

  test('does not grow beyond its ceiling, so that it can fall again', () => {
    expect(cusum([50, 50, -3], 20).value).toBe(17);
  });
});

describe('dispersion', () => {
  test('is near the prior for counts like coins', () => {
    expect(
      dispersion(
        Array.from({ length: 20 }, () => ({ k: 1, n: 100 })),
        0.01,
      ),
    ).toBeLessThan(1.5);
  });

  test('grows with bursts, within bounds', () => {
    const bursts = Array.from({ length: 20 }, (_, i) => ({ k: i % 5 === 0 ? 30 : 0, n: 100 }));
    expect(dispersion(bursts, 0.01)).toBeGreaterThan(5);
    expect(dispersion(bursts, 0.01)).toBeLessThanOrEqual(8);
  });
});

describe('the excess of a rate', () => {
  test('is zero at or below the baseline', () => {
    expect(rateExcess(1, 100, 0.01)).toBe(0);
    expect(rateExcess(0, 100, 0.01)).toBe(0);
  });

  test('is n times the divergence, also where everything exceeds', () => {
    expect(rateExcess(10, 10, 0.1)).toBeCloseTo(10 * Math.log(10), 9);
  });
});
