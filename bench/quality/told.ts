import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { baselines, rankByBaselines, type Baseline } from './baselines';
import { figures, pairedDifference, type Figure, type Scored } from './figures';
import { groupBy } from './groups';
import { writeRecording } from './otlp';
import { toldRanker } from './pipeline-functions';
import { readRecordedSystem, toldWindows, type RecordedCase, type RecordedSystem } from './recordings';
import type { Trace } from './spans';
import { cacheFolder, systems, type System } from './streams';

/** Who ranks: the pipeline, or a simple rule. */
export type Ranker = 'plumbline' | Baseline;

/** Scores of one ranker on one system, told the windows. */
export interface ToldScores {
  readonly system: System;
  readonly ranker: Ranker;
  readonly cases: number;
  readonly ac1: Figure;
  readonly ac3: Figure;
  readonly mrr: Figure;
}

/** How much better the pipeline is than a rule, over both systems: differences of AC@1 and reciprocal rank by paired bootstrap. */
export interface ToldDifference {
  readonly baseline: Baseline;
  readonly ac1: Figure;
  readonly mrr: Figure;
}

export interface Told {
  readonly scores: readonly ToldScores[];
  /** Empty where the pipeline cannot rank recordings. */
  readonly differences: readonly ToldDifference[];
  /** What the pipeline answered in each case; place from 1. */
  readonly cases: readonly { readonly caseId: string; readonly service: string; readonly ranking: readonly string[] }[];
}

interface Answer extends Scored {
  readonly caseId: string;
  readonly ranking: readonly string[];
}

/** Ranks every recorded fault, told when it began, by the pipeline and by every baseline. */
export async function rankTold(onProgress: (text: string) => void): Promise<Told> {
  const answers = new Map<Ranker, Map<System, Answer[]>>();
  for (const system of systems) {
    const recorded = readRecordedSystem(system);
    const commonest = commonestCulprits(recorded);
    for (const each of recorded.cases) {
      const ranked = rankByBaselines(toldWindows(recorded, each), commonest);
      for (const baseline of baselines) put(answers, baseline, system, answer(each, ranked[baseline]));
      const ours = await rankByPipeline(recorded, each);
      if (ours !== undefined) put(answers, 'plumbline', system, answer(each, ours));
    }
    onProgress(`${system}: ${recorded.cases.length} faults ranked`);
  }
  return {
    scores: [...answers].flatMap(([ranker, bySystem]) =>
      [...bySystem].map(([system, of]) => {
        const { cases, ac1, ac3, mrr } = figures(of);
        return { system, ranker, cases, ac1, ac3, mrr };
      }),
    ),
    differences: differencesOf(answers),
    cases: all(answers, 'plumbline').map(({ caseId, service, ranking }) => ({ caseId, service, ranking })),
  };
}

/** Files of the two windows of a case, written where they are not yet. */
export function toldRecordings({ system, normal }: RecordedSystem, { caseId, before, after }: RecordedCase) {
  const folder = join(cacheFolder(), 'told-1', system);
  return {
    normal: [
      written(join(folder, 'normal.bin'), normal),
      // Late labels can leave nothing that is certain to be from before the fault.
      ...(before.length === 0 ? [] : [written(join(folder, `${caseId}-before.bin`), before)]),
    ],
    abnormal: [written(join(folder, `${caseId}-after.bin`), after)],
  };
}

function written(file: string, traces: readonly Trace[]): string {
  if (!existsSync(file)) writeRecording(file, traces);
  return file;
}

async function rankByPipeline(recorded: RecordedSystem, each: RecordedCase): Promise<string[] | undefined> {
  const rank = toldRanker();
  if (rank === undefined) return undefined;
  const { normal, abnormal } = toldRecordings(recorded, each);
  return rank(normal, abnormal);
}

/** Culprits of a system, the commonest first: knowing nothing but what breaks often. */
function commonestCulprits({ cases }: RecordedSystem): string[] {
  return [...groupBy(cases, ({ service }) => service)]
    .sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1))
    .map(([service]) => service);
}

function answer({ caseId, service }: RecordedCase, ranking: readonly string[]): Answer {
  const place = ranking.indexOf(service);
  return { caseId, service, ranking, found: ranking.length > 0, rank: place < 0 ? undefined : place + 1 };
}

function put(answers: Map<Ranker, Map<System, Answer[]>>, ranker: Ranker, system: System, each: Answer): void {
  const bySystem = answers.get(ranker) ?? new Map<System, Answer[]>();
  answers.set(ranker, bySystem);
  bySystem.set(system, [...(bySystem.get(system) ?? []), each]);
}

function all(answers: ReadonlyMap<Ranker, ReadonlyMap<System, readonly Answer[]>>, ranker: Ranker): readonly Answer[] {
  return [...(answers.get(ranker)?.values() ?? [])].flat();
}

function differencesOf(answers: ReadonlyMap<Ranker, ReadonlyMap<System, readonly Answer[]>>): ToldDifference[] {
  const ours = all(answers, 'plumbline');
  if (ours.length === 0) return [];
  const first = ({ rank }: Answer) => (rank === 1 ? 1 : 0);
  const reciprocal = ({ rank }: Answer) => (rank === undefined ? 0 : 1 / rank);
  return baselines.map((baseline) => {
    const theirs = all(answers, baseline);
    return {
      baseline,
      ac1: pairedDifference(ours.map(first), theirs.map(first)),
      mrr: pairedDifference(ours.map(reciprocal), theirs.map(reciprocal)),
    };
  });
}
