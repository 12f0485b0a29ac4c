/** Exceedance rates that count as a fault: rare, now and then, often, nearly always. */
const faultRates = [0.03, 0.1, 0.3, 0.9] as const;

/**
 * How much likelier k exceedances of n are under a fault than under the baseline rate, as a logarithm:
 * ln mean_q (q/p₀)^k ((1−q)/(1−p₀))^(n−k) over {@link faultRates} well above the baseline.
 *
 * @returns `-Infinity` never; 0 where n is 0 or no fault rate stands out from the baseline
 */
export function logLikelihoodRatio(k: number, n: number, baseline: number): number {
  if (n <= 0) return 0;
  const rates = faultRates.filter((q) => q > 2 * baseline);
  if (rates.length === 0) return 0;
  const hits = Math.min(Math.max(k, 0), n);
  const terms = rates.map(
    (q) => hits * Math.log(q / baseline) + (n - hits) * Math.log((1 - q) / (1 - Math.min(baseline, 0.999))),
  );
  const largest = Math.max(...terms);
  return largest + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - largest), 0) / rates.length);
}

/** Windows that the prior belief of {@link dispersion} is worth, and what it is: real machines are burstier than coins. */
const priorWindows = 8;
const priorDispersion = 1.5;
/** A single window counts as at most so far off, and the whole as at most so dispersed. */
const mostSurprise = 50;
const mostDispersion = 8;

/**
 * Variance of the counts over that of independent trials (Pearson's χ² over its degrees of freedom, shrunk towards a
 * prior): neighbouring requests are slow together, so their evidence is worth less than their number.
 */
export function dispersion(counts: readonly { readonly k: number; readonly n: number }[], baseline: number): number {
  let sum = priorWindows * priorDispersion;
  let windows = priorWindows;
  for (const { k, n } of counts) {
    const expected = n * baseline;
    if (expected <= 0) continue;
    sum += Math.min(mostSurprise, (k - expected) ** 2 / (expected * (1 - baseline)));
    windows += 1;
  }
  return Math.min(Math.max(sum / windows, 1), mostDispersion);
}

/** State of a one-sided CUSUM after its last increment. */
export interface Cusum {
  readonly value: number;
  /** Index of the first increment after the last zero; the number of increments when the value is zero. */
  readonly onset: number;
}

/** C ← max(0, C + ℓ) over all increments, from zero (Page 1954), never above `ceiling`. */
export function cusum(increments: readonly number[], ceiling: number): Cusum {
  let value = 0;
  let onset = 0;
  for (const [index, increment] of increments.entries()) {
    value = Math.min(ceiling, Math.max(0, value + increment));
    if (value === 0) onset = index + 1;
  }
  return { value, onset };
}

/**
 * n·KL(p̂‖p₀) of k in n against a baseline rate, 0 where p̂ does not exceed it: the log-likelihood ratio of the observed
 * rate over the baseline.
 */
export function rateExcess(k: number, n: number, baseline: number): number {
  if (n <= 0) return 0;
  const rate = Math.min(Math.max(k / n, 0), 1);
  if (rate <= baseline) return 0;
  const upper = rate >= 1 ? 0 : (1 - rate) * Math.log((1 - rate) / (1 - baseline));
  return n * (rate * Math.log(rate / baseline) + upper);
}
