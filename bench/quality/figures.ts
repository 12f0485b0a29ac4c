import type { Verdict } from './judge';
import { seededRandom } from './random';

/** A figure with its 95 % interval. */
export interface Figure {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export const scores = ['found', 'ac1', 'ac3', 'mrr', 'rightOfFound', 'macroAc1'] as const;
export type Score = (typeof scores)[number];

/** Scores of a set of faults. */
export interface Summary extends Readonly<Record<Score, Figure>> {
  readonly cases: number;
  readonly foundCases: number;
  readonly rightCases: number;
  /** Medians in seconds from the injection; `undefined` when nothing was found or named. */
  readonly openedAfter: number | undefined;
  readonly namedAfter: number | undefined;
}

const resamples = 2000;

/** What is needed of a case to score it: {@link Verdict} or an answer to a told window. */
export interface Scored {
  readonly service: string;
  readonly found: boolean;
  readonly rank: number | undefined;
}

/** Summarizes what became of faults, with intervals from a bootstrap over cases. */
export function summarize(verdicts: readonly Verdict[]): Summary {
  const scored = verdicts.map((verdict) => ({
    service: verdict.case.service,
    found: verdict.incident !== undefined,
    rank: verdict.rank,
  }));
  return {
    ...figures(scored),
    openedAfter: median(verdicts.flatMap(({ openedAfter }) => openedAfter ?? [])),
    namedAfter: median(verdicts.flatMap(({ namedAfter }) => namedAfter ?? [])),
  };
}

/** Every {@link Score} of the cases. */
export function figures(
  cases: readonly Scored[],
): Readonly<Record<Score, Figure>> & Pick<Summary, 'cases' | 'foundCases' | 'rightCases'> {
  const samples = resampled(cases.length).map((indices) => scoresOf(indices.flatMap((index) => cases[index] ?? [])));
  const whole = scoresOf(cases);
  const figure = (score: Score): Figure => ({
    value: whole[score],
    ...interval(samples.map((sample) => sample[score])),
  });
  return {
    cases: cases.length,
    foundCases: cases.filter(({ found }) => found).length,
    rightCases: cases.filter(({ rank }) => rank === 1).length,
    found: figure('found'),
    ac1: figure('ac1'),
    ac3: figure('ac3'),
    mrr: figure('mrr'),
    rightOfFound: figure('rightOfFound'),
    macroAc1: figure('macroAc1'),
  };
}

/** The paired bootstrap: interval of the mean difference of two values a case. */
export function pairedDifference(ours: readonly number[], theirs: readonly number[]): Figure {
  if (ours.length !== theirs.length) throw new RangeError(`${ours.length} cases against ${theirs.length}`);
  const differences = ours.map((value, index) => value - (theirs[index] ?? 0));
  const samples = resampled(differences.length).map((indices) => mean(indices.map((index) => differences[index] ?? 0)));
  return { value: mean(differences), ...interval(samples) };
}

function scoresOf(cases: readonly Scored[]): Record<Score, number> {
  const hit = (k: number) => cases.filter(({ rank }) => rank !== undefined && rank <= k).length;
  const found = cases.filter((each) => each.found).length;
  const byService = new Map<string, number[]>();
  for (const { service, rank } of cases) {
    const hits = byService.get(service) ?? [];
    hits.push(rank === 1 ? 1 : 0);
    byService.set(service, hits);
  }
  const n = cases.length;
  return {
    found: found / n,
    ac1: hit(1) / n,
    ac3: hit(3) / n,
    mrr: mean(cases.map(({ rank }) => (rank === undefined ? 0 : 1 / rank))),
    rightOfFound: found === 0 ? NaN : hit(1) / found,
    macroAc1: mean([...byService.values()].map(mean)),
  };
}

/** Draws of `n` indices with replacement; the same for the same `n`, so that comparisons are paired. */
function resampled(n: number): number[][] {
  const random = seededRandom(n);
  return Array.from({ length: resamples }, () => Array.from({ length: n }, () => Math.floor(random() * n)));
}

function interval(samples: readonly number[]): { low: number; high: number } {
  const sorted = samples.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN;
  return { low: at(0.025), high: at(0.975) };
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Middle of the values, `undefined` of none. */
export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  const lower = sorted[sorted.length % 2 === 0 ? middle - 1 : middle];
  return upper === undefined || lower === undefined ? undefined : (lower + upper) / 2;
}
