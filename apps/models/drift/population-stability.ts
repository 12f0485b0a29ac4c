/** Half an observation more in each bin, as Jeffreys' prior has it: the logarithm of an empty one is finite. */
const prior = 0.5;

/** How far shares have moved. */
export interface Stability {
  /** Population stability index, 0 at least. */
  readonly psi: number;
  /** Bins less one. */
  readonly freedom: number;
  /** 1/n + 1/m, of the values of either side: what chance makes of the index goes with it. */
  readonly unit: number;
}

/**
 * Population stability index: Σ (a − e)·ln(a/e) over the shares of bins, the symmetric divergence of Kullback and Leibler that
 * credit scoring watches its populations by (Siddiqi, Credit Risk Scorecards, 2006); from 0.1 people look, from 0.25 they act.
 *
 * @param expected shares of `m` values, of which there are `values`
 * @param counts of the values now, by bin
 */
export function populationStability(
  expected: { readonly shares: readonly number[]; readonly values: number },
  counts: ArrayLike<number>,
): Stability {
  const { shares, values } = expected;
  let n = 0;
  for (let bin = 0; bin < shares.length; bin += 1) n += counts[bin] ?? 0;
  const priors = prior * shares.length;
  let psi = 0;
  for (const [bin, share] of shares.entries()) {
    const before = (share * values + prior) / (values + priors);
    const now = ((counts[bin] ?? 0) + prior) / (n + priors);
    psi += (now - before) * Math.log(now / before);
  }
  return { psi, freedom: shares.length - 1, unit: 1 / n + 1 / values };
}

/**
 * The index less its mean without drift, 0 at least: it is distributed as unit·χ² of as many degrees of freedom (Yurdakul,
 * Statistical Properties of Population Stability Index, 2018).
 */
export function beyondChance({ psi, freedom, unit }: Stability): number {
  return Math.max(0, psi - freedom * unit);
}

/**
 * What the index without drift is above with at most this probability: χ² by the bound of Laurent and Massart (Annals of
 * Statistics 28, 2000, lemma 1), which holds for any freedom and errs to the safe side.
 */
export function chanceBound({ freedom, unit }: Omit<Stability, 'psi'>, probability: number): number {
  const x = -Math.log(probability);
  return unit * (freedom + 2 * Math.sqrt(freedom * x) + 2 * x);
}
