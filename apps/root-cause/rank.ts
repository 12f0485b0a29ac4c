import { featuresOf, type ServiceFeatures } from './ranking/features';
import {
  confidences,
  contributions,
  defaultModel,
  type Contributions,
  type FeatureVector,
  type RankingModel,
} from './ranking/model';
import type { Scope } from './ranking/scope';
import type { Fact } from './signals/fact';

/** A service that may be the cause, with what speaks for it. */
export interface Candidate {
  /** Service key, or `peer:…` for one that sends no spans. */
  readonly service: string;
  /** Share of belief among the candidates and "unknown", as it is to be said: calibrated, where the model is. */
  readonly confidence: number;
  /** The same before calibration. */
  readonly computed: number;
  readonly score: number;
  /** What it was computed from. */
  readonly features: FeatureVector;
  /** What each part added to the score. */
  readonly signals: Contributions;
  /** Most telling first. */
  readonly facts: readonly Fact[];
}

/** Candidates best first, and the belief that it is none of them, before calibration. */
export interface Ranking {
  readonly candidates: readonly Candidate[];
  readonly unknown: number;
  /** Whether confidences are calibrated, and by how many answers of people where it was learnt from those. */
  readonly calibrated: boolean;
  readonly answers?: number;
}

/** Ranks the services that may have caused an incident. Pure: equal tables give equal rankings. */
export function rank(scope: Scope, model: RankingModel = defaultModel): Ranking {
  return rankFeatures(featuresOf(scope), model);
}

/** Ranks services by what is known of each. */
export function rankFeatures(
  features: ReadonlyMap<string, ServiceFeatures>,
  model: RankingModel = defaultModel,
): Ranking {
  const scored = [...features].map(([service, { vector: exact, facts }]) => {
    const vector = rounded(exact);
    const signals = rounded(contributions(vector, model));
    const score = Object.values(signals).reduce((sum, value) => sum + value, 0);
    return { service, score, features: vector, signals, facts };
  });
  const { each, computed, unknown } = confidences(
    scored.map(({ score }) => score),
    model,
  );
  const candidates = scored
    .map((candidate, i) => ({
      ...candidate,
      score: round(candidate.score),
      confidence: round(each[i] ?? 0),
      computed: round(computed[i] ?? 0),
    }))
    .sort((a, b) => b.score - a.score || (a.service < b.service ? -1 : 1));
  const { calibration, answers } = model;
  return {
    candidates,
    unknown: round(unknown),
    calibrated: calibration.length > 0,
    ...(answers === undefined ? {} : { answers }),
  };
}

/** What adds up in another order differs in the last digits. */
const digits = 1e9;

function round(value: number): number {
  // Adding zero turns -0 into 0, which JSON does not tell apart.
  return Math.round(value * digits) / digits + 0;
}

function rounded<T extends object>(values: T): T {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'number' ? round(value) : value,
    ]),
  ) as T;
}
