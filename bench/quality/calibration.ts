import type { Verdict } from './judge';
import { mean } from './figures';

const edges = [0, 0.2, 0.4, 0.6, 0.8, 0.9, 1];
const saidWith = 0.8;

/** How often claims of like confidence are right. */
export interface CalibrationBin {
  /** Confidence from (inclusive) and to (exclusive, but for the last). */
  readonly from: number;
  readonly to: number;
  readonly claims: number;
  /** Mean confidence, and share that was right. */
  readonly said: number;
  readonly right: number;
}

export interface Calibration {
  readonly bins: readonly CalibrationBin[];
  /** Claims of a cause with a confidence of .8 or more: how many there were, what they said on average and what share was right. */
  readonly confident: { readonly claims: number; readonly said: number; readonly right: number };
  /** Mean squared difference of confidence and truth. */
  readonly brier: number;
}

/** Reliability of the confidence in what incidents claim as causes; incidents of no fault count as wrong. */
export function calibration(verdicts: readonly Verdict[], falseClaims: readonly number[] = []): Calibration {
  const claims = [
    ...verdicts.flatMap((verdict) => verdict.claims),
    ...falseClaims.map((confidence) => ({ confidence, right: false })),
  ];
  const reliability = (of: typeof claims) => ({
    claims: of.length,
    said: mean(of.map(({ confidence }) => confidence)),
    right: mean(of.map(({ right }) => (right ? 1 : 0))),
  });
  return {
    bins: edges.slice(1).map((to, index) => {
      const from = edges[index] ?? 0;
      const inBin = claims.filter(
        ({ confidence }) => confidence >= from && (confidence < to || (to === 1 && confidence === 1)),
      );
      return { from, to, ...reliability(inBin) };
    }),
    confident: reliability(claims.filter(({ confidence }) => confidence >= saidWith)),
    brier: mean(claims.map(({ confidence, right }) => (confidence - (right ? 1 : 0)) ** 2)),
  };
}
