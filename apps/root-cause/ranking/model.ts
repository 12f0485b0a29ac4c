/** What is known of a service that may be the cause; each in natural logarithms of likelihood. A feature that could not be measured is absent. */
export interface FeatureVector {
  /** Own time of its most telling operation. */
  readonly self?: number;
  /** Time between its callers and it, and between it and its callees, summed over edges with their signs. */
  readonly inbound?: number;
  readonly outbound?: number;
  /** Its share of the time that traces take longer, over the largest share of any: 0 to 1, and no logarithm. */
  readonly share?: number;
  /** Failures that begin in it, and rules among its calls that no longer hold: one event, so the larger counts. */
  readonly failing?: number;
  readonly lacking?: number;
  /** Callers that fail wherever they call it, and nowhere else. */
  readonly answers?: number;
  /** Calls that it makes more of than it did. */
  readonly calling?: number;
  /** Requests at its entries that stay away. */
  readonly stopped?: number;
}
export type FeatureName = keyof FeatureVector;

/** A model is data: weights of features, and what makes a probability of a score. */
export interface RankingModel {
  readonly name: string;
  readonly weights: {
    readonly self: number;
    readonly inbound: number;
    readonly outbound: number;
    readonly behaviour: number;
    readonly calling: number;
    readonly stopped: number;
  };
  /** Part of the evidence of time that counts for a service that has no share of the time added. */
  readonly withoutShare: number;
  /** Score of "none of these", and what scores are divided by before they become odds. */
  readonly unknown: number;
  readonly temperature: number;
  /** Confidence said by confidence computed, rising, from 0 to 1; linear between. Empty where nothing was calibrated. */
  readonly calibration: readonly CalibrationPoint[];
  /** Answers of people that it was learnt from. */
  readonly answers?: number | undefined;
  /** What takes the place of both for a tenant whose people answered enough. */
  readonly tenants?: Readonly<Record<string, TenantCalibration>> | undefined;
}

/** How sure to be said of how sure is computed. */
export type CalibrationPoint = readonly [computed: number, said: number];

/** A calibration, and how many answers of people of a tenant it was learnt from. */
export interface TenantCalibration {
  readonly answers: number;
  readonly calibration: readonly CalibrationPoint[];
}

/** The model as it is for a tenant: with the calibration of its own, where there is one. */
export function modelOf({ tenants, ...model }: RankingModel, tenant: string): RankingModel {
  return { ...model, ...(tenants !== undefined && Object.hasOwn(tenants, tenant) ? tenants[tenant] : undefined) };
}

/**
 * Weights as measured on recorded faults of two systems, each by the other (docs/explanation/quality.md): unit weights, but
 * for a tie of a lone edge, which goes to its callee.
 */
export const defaultModel: RankingModel = {
  name: 'rule/1',
  weights: { self: 1, inbound: 1, outbound: 0.85, behaviour: 1, calling: 1, stopped: 1 },
  withoutShare: 0.5,
  unknown: 4,
  temperature: 2,
  calibration: [],
};

/** Contributions of the parts of a score, by name; what a reader sees as signals. */
export type Contributions = Readonly<Record<string, number>>;

/** What each part adds to the score of a service. */
export function contributions(features: FeatureVector, { weights, withoutShare }: RankingModel): Contributions {
  const damp = withoutShare + (1 - withoutShare) * (features.share ?? 0);
  return {
    self: weights.self * (features.self ?? 0) * damp,
    inbound: weights.inbound * (features.inbound ?? 0) * damp,
    outbound: weights.outbound * (features.outbound ?? 0) * damp,
    behaviour: weights.behaviour * Math.max(features.failing ?? 0, features.lacking ?? 0, features.answers ?? 0),
    calling: weights.calling * (features.calling ?? 0),
    stopped: weights.stopped * (features.stopped ?? 0),
  };
}

/**
 * Confidence in each score and in none of them: odds of the scores beside those of "unknown", then the calibration of the
 * model; `computed` is what they are before it. Of odds one is taken off, what a service has of which nothing is known: so that however many there are of those,
 * they take nothing from who stands out.
 */
export function confidences(
  scores: readonly number[],
  model: RankingModel,
): { readonly each: number[]; readonly computed: number[]; readonly unknown: number } {
  const largest = Math.max(model.unknown, ...scores);
  const odds = (score: number): number => Math.exp((score - largest) / model.temperature);
  const nothing = odds(0);
  const strength = (score: number): number => Math.max(0, odds(score) - nothing);
  const none = strength(model.unknown);
  const total = scores.reduce((sum, score) => sum + strength(score), none);
  const computed = scores.map((score) => strength(score) / total);
  return { each: computed.map((each) => calibrated(each, model)), computed, unknown: none / total };
}

function calibrated(computed: number, { calibration }: RankingModel): number {
  let [x0, y0] = [0, 0];
  for (const [x, y] of calibration) {
    if (computed <= x) return x > x0 ? y0 + ((computed - x0) / (x - x0)) * (y - y0) : y;
    [x0, y0] = [x, y];
  }
  return calibration.length === 0 ? computed : y0;
}
