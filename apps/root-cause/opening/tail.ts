/** Terms of the tail that are added; beyond it they are too small to matter. */
const mostTerms = 100_000;

/**
 * −ln P(K ≥ k) of k in n under a beta-binomial: the share itself varies from stretch to stretch about `share`, values of the
 * same stretch being correlated by `correlation` (0: a binomial). a = share·M, b = (1 − share)·M, M = 1/correlation − 1; the
 * first term by ln Γ, each next from the one before: (n − j)/(j + 1) · (a + j)/(b + n − j − 1).
 *
 * @param k whole number from 0 to n
 * @param share between 0 and 1, neither of them
 * @param correlation between 0 and 1, neither of them
 */
export function tailEvidence(k: number, n: number, share: number, correlation: number): number {
  if (k <= 0) return 0;
  const m = 1 / correlation - 1;
  const [a, b] = [share * m, (1 - share) * m];
  const first = lnChoose(n, k) + lnBeta(a + k, b + n - k) - lnBeta(a, b);
  let sum = 1;
  let term = 1;
  for (let j = k; j < n && j - k < mostTerms; j += 1) {
    term *= ((n - j) / (j + 1)) * ((a + j) / (b + n - j - 1));
    sum += term;
    if (term < 1e-12 * sum) break;
  }
  return Math.max(0, -(first + Math.log(sum)));
}

/** −ln of what a standard normal exceeds z with, for z from 0 to 12. */
export function normalTail(z: number): number {
  // Continued fraction of Mills' ratio (Abramowitz and Stegun 26.2.14), good to 1e-6 from z = 1 on.
  let fraction = z;
  for (let i = 60; i >= 1; i -= 1) fraction = z + i / fraction;
  return 0.5 * z * z + 0.5 * Math.log(2 * Math.PI) + Math.log(fraction);
}

export function lnBeta(a: number, b: number): number {
  return lnGamma(a) + lnGamma(b) - lnGamma(a + b);
}

function lnChoose(n: number, k: number): number {
  return lnGamma(n + 1) - lnGamma(k + 1) - lnGamma(n - k + 1);
}

const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const;

/** ln Γ by Lanczos' approximation (g = 7, nine terms), to about 15 digits. */
export function lnGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - lnGamma(1 - x);
  const t = x + 6.5;
  let sum: number = lanczos[0];
  for (const [i, coefficient] of lanczos.entries()) if (i > 0) sum += coefficient / (x - 1 + i);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}
