import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readCsv } from './csv';
import { writeRecording } from './otlp';
import { traceScorer } from './pipeline-functions';
import { readRecordedSystem } from './recordings';
import { traceStart } from './spans';
import { cacheFolder, dataFolder, systems, type System } from './streams';

/** Kinds of faults that show in time; a label of the others means exposure, not an effect. */
export const latencyFaults = new Set(['network_delay', 'cpu_contention', 'cpu_consumed']);
/** Labels can be late: traces that began within so long before an injection are ignored, microseconds. */
export const ignoredUs = 90_000_000;
/** A case is scored by what is normal in the fault-free minutes and before the cases of other folds. */
export const folds = 4;
export const falsePositiveRate = 0.01;

/** A trace with its label and what it was scored. */
export interface ScoredTrace {
  readonly faulty: boolean;
  readonly score: number;
}

export interface Discrimination {
  readonly positives: number;
  readonly negatives: number;
  /** Area under the ROC curve. */
  readonly auc: number;
  /** Recall at one false positive in a hundred. */
  readonly recall: number;
}

/** How well scores tell faulty traces from others; equal scores count half in the area and never as told apart in the recall. */
export function discrimination(traces: readonly ScoredTrace[]): Discrimination {
  const positives = traces.filter(({ faulty }) => faulty).length;
  const negatives = traces.length - positives;
  const sorted = [...traces].sort((a, b) => b.score - a.score);
  let [truePositives, falsePositives, area, recall] = [0, 0, 0, 0];
  for (let at = 0; at < sorted.length;) {
    const score = sorted[at]?.score;
    let [faulty, usual] = [0, 0];
    for (; sorted[at]?.score === score && at < sorted.length; at += 1) {
      if (sorted[at]?.faulty === true) faulty += 1;
      else usual += 1;
    }
    area += usual * (truePositives + faulty / 2);
    truePositives += faulty;
    falsePositives += usual;
    if (falsePositives <= falsePositiveRate * negatives) recall = truePositives / positives;
  }
  return { positives, negatives, auc: area / positives / negatives, recall };
}

/** Discrimination on the latency faults of a recorded system. */
export interface TraceScores extends Discrimination {
  readonly system: System;
  /** The same where traces during a fault that miss the faulty service are left out, as the published scorer does. */
  readonly exposedOnly: Discrimination;
}

/** Scores every trace of the latency faults; `undefined` where the pipeline scores no traces. */
export async function scoreTraces(onProgress: (text: string) => void): Promise<TraceScores[] | undefined> {
  const score = traceScorer();
  if (score === undefined) return undefined;
  const results: TraceScores[] = [];
  for (const system of systems) {
    const recorded = readRecordedSystem(system);
    const labels = readLabels(system);
    const cases = recorded.cases.filter(({ fault }) => latencyFaults.has(fault));
    const traces: (ScoredTrace & { touches: boolean; during: boolean })[] = [];
    for (let fold = 0; fold < folds; fold += 1) {
      const mine = cases.filter((_, index) => index % folds === fold);
      const others = recorded.cases.filter((each) => !mine.includes(each));
      const folder = join(cacheFolder(), 'traces-1', system);
      const normal = join(folder, `normal-${fold}.bin`);
      if (!existsSync(normal)) writeRecording(normal, [...recorded.normal, ...others.flatMap(({ before }) => before)]);
      for (const { caseId, injectUs, traces: all } of mine) {
        const file = join(folder, `${caseId}.bin`);
        if (!existsSync(file)) writeRecording(file, all);
        const scores = await score(normal, file);
        for (const trace of all) {
          const startUs = traceStart(trace);
          if (startUs < injectUs && startUs >= injectUs - ignoredUs) continue;
          const traceId = trace[0]?.traceId ?? '';
          const during = startUs >= injectUs;
          const touches = labels.get(`${caseId} ${traceId}`) === true;
          const value = scores.get(traceId.padStart(32, '0')) ?? -Infinity;
          traces.push({ faulty: during && touches, touches, during, score: value });
        }
      }
    }
    const exposedOnly = discrimination(traces.filter(({ during, touches }) => touches || !during));
    results.push({ system, ...discrimination(traces), exposedOnly });
    onProgress(`${system}: ${traces.length} traces scored`);
  }
  return results;
}

/** Whether a trace of a case touches what broke. */
export function readLabels(system: System): Map<string, boolean> {
  const labels = new Map<string, boolean>();
  for (const row of readCsv(join(dataFolder, system, 'dev', 'trace_labels.csv.gz'))) {
    const key = `${row('case_id')} ${row('trace_id')}`;
    labels.set(key, labels.get(key) === true || row('touches_root_cause') === '1');
  }
  return labels;
}
