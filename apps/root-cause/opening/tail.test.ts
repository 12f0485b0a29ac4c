import { lnBeta, lnGamma, normalTail, tailEvidence } from './tail';

/** P(K ≥ k) by adding up every term, each as a product and without any Γ. */
function directTail(k: number, n: number, share: number, correlation: number): number {
  const m = 1 / correlation - 1;
  const [a, b] = [share * m, (1 - share) * m];
  let tail = 0;
  for (let j = k; j <= n; j += 1) {
    let term = 1;
    for (let i = 0; i < j; i += 1) term *= ((n - i) / (j - i)) * ((a + i) / (a + b + i));
    for (let i = 0; i < n - j; i += 1) term *= (b + i) / (a + b + j + i);
    tail += term;
  }
  return tail;
}

describe('the tail of a beta-binomial', () => {
  test.each([
    [1, 10, 0.1, 0.05],
    [4, 10, 0.1, 0.05],
    [10, 10, 0.02, 0.2],
    [30, 60, 0.3, 0.01],
    [55, 60, 0.9, 0.5],
  ])('of %d of %d at a share of %d, correlated by %d, is the sum of its terms', (k, n, share, correlation) => {
    expect(tailEvidence(k, n, share, correlation)).toBeCloseTo(-Math.log(directTail(k, n, share, correlation)), 8);
  });

  test('becomes that of a binomial where nothing is correlated', () => {
    // 3 of 5 at 1/4: 10·(1/4)³(3/4)² + 5·(1/4)⁴(3/4) + (1/4)⁵ = 106/1024.
    expect(tailEvidence(3, 5, 0.25, 1e-7)).toBeCloseTo(-Math.log(106 / 1024), 5);
  });

  test('becomes one yes or no where all is the same', () => {
    expect(tailEvidence(1, 50, 0.2, 1 - 1e-9)).toBeCloseTo(-Math.log(0.2), 5);
    expect(tailEvidence(50, 50, 0.2, 1 - 1e-9)).toBeCloseTo(-Math.log(0.2), 5);
  });

  test('says less the more values have in common', () => {
    const evidence = [0.005, 0.05, 0.2, 0.5].map((correlation) => tailEvidence(20, 40, 0.1, correlation));
    expect(evidence).toEqual([...evidence].sort((x, y) => y - x));
    expect(new Set(evidence).size).toBe(4);
  });

  test('says nothing where nothing exceeds, and never less than nothing', () => {
    expect(tailEvidence(0, 100, 0.5, 0.1)).toBe(0);
    expect(tailEvidence(1, 1000, 0.99, 0.01)).toBeGreaterThanOrEqual(0);
  });

  test('is finite for numbers of busy systems', () => {
    const evidence = tailEvidence(40_000, 200_000, 0.01, 0.005);
    expect(Number.isFinite(evidence)).toBe(true);
    expect(evidence).toBeGreaterThan(normalTail(5));
  });
});

describe('ln Γ', () => {
  test('is the sum of logarithms of the whole numbers below', () => {
    let factorial = 0;
    for (let n = 1; n <= 170; n += 1) {
      expect(Math.abs(lnGamma(n) - factorial)).toBeLessThan(1e-10 * Math.max(1, factorial));
      factorial += Math.log(n);
    }
  });

  test('is right at halves and below one', () => {
    expect(lnGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 12);
    expect(lnGamma(2.5)).toBeCloseTo(Math.log(0.75 * Math.sqrt(Math.PI)), 12);
    expect(lnGamma(0.1)).toBeCloseTo(2.2527126517342, 10);
  });

  test('makes ln B', () => {
    expect(lnBeta(3, 4)).toBeCloseTo(Math.log(1 / 60), 12);
  });
});

test('the normal tail is that of the tables', () => {
  expect(Math.exp(-normalTail(3))).toBeCloseTo(1.349898e-3, 8);
  expect(Math.exp(-normalTail(5)) * 1e7).toBeCloseTo(2.866516, 4);
});
