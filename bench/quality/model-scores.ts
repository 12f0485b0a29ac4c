import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { gainOf, ModelTrial, type Gain, type TrialScore } from '@plumbline/model-training';
import { modelScorers, type ModelScorer } from './model-scorers';
import { writeRecording } from './otlp';
import { readRecordedSystem, type RecordedCase } from './recordings';
import { traceStart } from './spans';
import { cacheFolder, systems, type System } from './streams';
import {
  discrimination,
  falsePositiveRate,
  folds,
  ignoredUs,
  latencyFaults,
  readLabels,
  type ScoredTrace,
} from './trace-scores';

/** Trainings, each with first weights, splits and faults of its own. */
const seeds = 5;

/** How well a scorer tells traces of latency faults from others, and what it gains over the profile on the same traces. */
export interface ModelFigures {
  readonly scorer: ModelScorer;
  /** Medians of the seeds. */
  readonly auc: number;
  readonly recall: number;
  /** Recall at one false positive in a hundred less that of the profile, and the lower end of its 95 % interval over faults. */
  readonly gain: number;
  readonly gainLowerBound: number;
}

export interface ModelScores {
  readonly system: System;
  readonly normalTraces: number;
  readonly faults: number;
  readonly seeds: number;
  readonly scorers: readonly ModelFigures[];
}

interface Labelled {
  readonly caseId: string;
  readonly faulty: boolean;
  readonly scores: TrialScore['scores'];
}

/**
 * Trains models with the fault-free minutes of a recorded system, and scores the traces of its latency faults: each fault by models that
 * never saw its own fold.
 */
export async function scoreModels(onProgress: (text: string) => void): Promise<ModelScores[]> {
  const results: ModelScores[] = [];
  for (const system of systems) {
    const recorded = readRecordedSystem(system);
    const labels = readLabels(system);
    const cases = recorded.cases.filter(({ fault }) => latencyFaults.has(fault));
    const bySeed = Array.from({ length: seeds }, (): Labelled[] => []);
    let normalTraces = 0;
    for (let fold = 0; fold < folds; fold += 1) {
      const mine = cases.filter((_, index) => index % folds === fold);
      const others = recorded.cases.filter((each) => !mine.includes(each));
      const normal = [...recorded.normal, ...others.flatMap(({ before }) => before)];
      normalTraces = Math.max(normalTraces, normal.length);
      const folder = join(cacheFolder(), 'traces-1', system);
      const file = join(folder, `normal-${fold}.bin`);
      if (!existsSync(file)) writeRecording(file, normal);
      const files = mine.map(({ caseId, traces }) => {
        const path = join(folder, `${caseId}.bin`);
        if (!existsSync(path)) writeRecording(path, traces);
        return [path];
      });
      const trial = await ModelTrial.prepare([file]);
      for (const [seed, labelled] of bySeed.entries()) {
        const scored = await trial.score(files, seed + 1);
        for (const [i, each] of mine.entries()) labelled.push(...labelCase(each, labels, scored[i] ?? []));
      }
      onProgress(`${system}: ${seeds} trainings with ${normal.length} traces, ${mine.length} faults scored`);
    }
    results.push({
      system,
      normalTraces,
      faults: cases.length,
      seeds,
      scorers: modelScorers.map((s) => figuresOf(s, bySeed)),
    });
  }
  return results;
}

function labelCase(
  { caseId, injectUs, traces }: RecordedCase,
  labels: ReadonlyMap<string, boolean>,
  scores: readonly TrialScore[],
): Labelled[] {
  const byId = new Map(scores.map((each) => [each.traceId, each.scores]));
  return traces.flatMap((trace) => {
    const startUs = traceStart(trace);
    if (startUs < injectUs && startUs >= injectUs - ignoredUs) return [];
    const traceId = trace[0]?.traceId ?? '';
    const of = byId.get(traceId.padStart(32, '0'));
    const faulty = startUs >= injectUs && labels.get(`${caseId} ${traceId}`) === true;
    return of === undefined ? [] : [{ caseId, faulty, scores: of }];
  });
}

function figuresOf(scorer: ModelScorer, bySeed: readonly (readonly Labelled[])[]): ModelFigures {
  const of = (traces: readonly Labelled[], by: ModelScorer): ScoredTrace[] =>
    traces.map(({ faulty, scores }) => ({ faulty, score: scores[by] }));
  const figures = bySeed.map((traces) => discrimination(of(traces, scorer)));
  const gains = bySeed.map((traces, seed) => gainOverProfile(traces, scorer, seed + 1));
  return {
    scorer,
    auc: median(figures.map(({ auc }) => auc)),
    recall: median(figures.map(({ recall }) => recall)),
    gain: median(gains.map(({ gain }) => gain)),
    // The least of the seeds: what a training is worth must not hang on its luck.
    gainLowerBound: Math.min(...gains.map(({ lowerBound }) => lowerBound)),
  };
}

/** Gain in recall over the profile, each at its own threshold of one false positive in a hundred, with a bootstrap over faults. */
function gainOverProfile(traces: readonly Labelled[], scorer: ModelScorer, seed: number): Gain {
  const [faulty, normal] = [traces.filter((each) => each.faulty), traces.filter((each) => !each.faulty)];
  const of = (by: ModelScorer) => ({
    normal: Float64Array.from(normal, ({ scores }) => scores[by]),
    faulty: Float64Array.from(faulty, ({ scores }) => scores[by]),
  });
  const faults = faulty.map(({ caseId }) => caseId);
  return gainOf(of(scorer), of('profile'), faults, falsePositiveRate, seed);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
