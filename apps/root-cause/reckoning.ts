import type { Incident } from '@plumbline/wire';
import type { Ranking } from './rank';
import { confidences, contributions, type Contributions, type RankingModel } from './ranking/model';

/** Services of the ranking that are published. */
const mostRanked = 64;

/** The ranking as it is published, with all that its confidences follow from. */
export function publishedRanking(
  { candidates, unknown }: Ranking,
  model: RankingModel,
): Required<Pick<Incident, 'ranking' | 'reckoning'>> {
  const ranked = candidates.filter(({ score }) => score > 0).slice(0, mostRanked);
  const others = candidates.slice(ranked.length).map(({ score }) => score);
  return {
    ranking: ranked.map(({ service, confidence, score, features }) => ({
      service,
      confidence,
      score,
      features: { ...features },
    })),
    reckoning: {
      model: model.name,
      unknown,
      ...(others.length === 0 ? {} : { others: { services: others.length, score: together(others, model) } }),
    },
  };
}

/** T·ln(1 + Σ(exp(score/T) − 1)): the score of one that weighs as much as all, see `confidences`. */
function together(scores: readonly number[], { temperature }: RankingModel): number {
  const odds = scores.reduce((total, score) => total + Math.max(0, Math.expm1(score / temperature)), 0);
  return temperature * Math.log1p(odds);
}

/** How one service comes by its confidence. */
export interface Reckoned {
  readonly service: string;
  readonly features: Readonly<Record<string, number>>;
  /** What each part adds to the score. */
  readonly contributions: Contributions;
  readonly score: number;
  readonly confidence: number;
  /** What was published. */
  readonly published: { readonly score: number; readonly confidence: number };
}

/** An incident's confidences computed again. */
export interface Reckoning {
  readonly services: readonly Reckoned[];
  readonly unknown: number;
  /** Largest difference between a confidence, of "unknown" too, or a score and what was published of it. */
  readonly difference: number;
}

/** A verdict that cannot be computed again, and why. */
export class ReckoningError extends Error {
  readonly code = 'PLUMBLINE_RECKONING';
  override readonly name = 'ReckoningError';
}

/**
 * Computes the confidences of an incident again from the features that it carries and the model that ranked.
 *
 * @throws {ReckoningError} when the incident carries no features, or was ranked by another model
 */
export function reckon({ id, ranking, reckoning }: Incident, model: RankingModel): Reckoning {
  if (reckoning === undefined || ranking.some(({ features }) => features === undefined)) {
    throw new ReckoningError(`incident ${id} carries no features: it is of a version that did not publish them`);
  }
  if (reckoning.model !== model.name) {
    throw new ReckoningError(`incident ${id} was ranked by model "${reckoning.model}", not by "${model.name}"`);
  }
  const parts = ranking.map(({ features = {} }) => contributions(features, model));
  const scores = parts.map((part) => Object.values(part).reduce((sum, value) => sum + value, 0));
  const others = reckoning.others === undefined ? [] : [reckoning.others.score];
  const { each, unknown } = confidences([...scores, ...others], model);
  const services = ranking.map(({ service, features = {}, score, confidence }, i) => ({
    service,
    features,
    contributions: parts[i] ?? {},
    score: scores[i] ?? 0,
    confidence: each[i] ?? 0,
    published: { score, confidence },
  }));
  const differences = services.flatMap(({ score, confidence, published }) => [
    Math.abs(score - published.score),
    Math.abs(confidence - published.confidence),
  ]);
  return { services, unknown, difference: Math.max(Math.abs(unknown - reckoning.unknown), ...differences) };
}
