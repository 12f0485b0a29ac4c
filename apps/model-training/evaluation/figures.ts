import type { ScorerFigures } from '@plumbline/models';
import { seededRandom } from '@plumbline/worker/random';

/** What a scorer says of traces that nothing was learnt from. */
export interface Scored {
  /** Of normal traces. */
  readonly normal: Float64Array;
  /** Of faulty traces. */
  readonly faulty: Float64Array;
}

/**
 * How well scores tell faulty traces from normal ones, where no more than the alarm rate of the normal ones may be called faulty. Equal scores
 * are never told apart: they count half in the area, and none of them where they would exceed the budget.
 */
export function figuresOf({ normal, faulty }: Scored, alarmRate: number): ScorerFigures {
  const threshold = thresholdOf(normal, alarmRate);
  const falsePositives = normal.reduce((count, score) => count + (score > threshold ? 1 : 0), 0);
  const truePositives = faulty.reduce((count, score) => count + (score > threshold ? 1 : 0), 0);
  const precision = truePositives === 0 ? 0 : truePositives / (truePositives + falsePositives);
  const recall = faulty.length === 0 ? 0 : truePositives / faulty.length;
  const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { precision, recall, f1, auc: areaOf(normal, faulty) };
}

/** The least value that at most the alarm rate of the normal scores is above. */
export function thresholdOf(normal: Float64Array, alarmRate: number): number {
  const sorted = Float64Array.from(normal).sort();
  const above = Math.floor(alarmRate * sorted.length);
  return sorted[sorted.length - 1 - above] ?? Infinity;
}

/** Area under the ROC curve: the share of pairs in which the faulty trace scores higher, equal ones half (Mann and Whitney). */
export function areaOf(normal: Float64Array, faulty: Float64Array): number {
  if (normal.length === 0 || faulty.length === 0) return 0.5;
  const sorted = Float64Array.from(normal).sort();
  let sum = 0;
  for (const score of faulty) sum += (firstAtLeast(sorted, score) + firstAbove(sorted, score)) / 2;
  return sum / sorted.length / faulty.length;
}

function firstAtLeast(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function firstAbove(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

const resamples = 1000;
/** Lower end of a two-sided interval of 95 %. */
const lowerShare = 0.025;

/** Recall of one scorer less that of another one at equal alarm rate, on the same traces. */
export interface Gain {
  readonly gain: number;
  /** Lower end of its 95 % interval. */
  readonly lowerBound: number;
}

/**
 * What a scorer gains over another one. The interval comes from a bootstrap over faults, not traces: traces of one fault are alike, and
 * would make it look better known than it is.
 *
 * @param faults name of the fault of each faulty trace
 */
export function gainOf(scorer: Scored, over: Scored, faults: readonly string[], alarmRate: number, seed = 1): Gain {
  const [mine, theirs] = [thresholdOf(scorer.normal, alarmRate), thresholdOf(over.normal, alarmRate)];
  const groups = new Map<string, { gained: number; traces: number }>();
  for (const [i, fault] of faults.entries()) {
    let group = groups.get(fault);
    if (group === undefined) groups.set(fault, (group = { gained: 0, traces: 0 }));
    group.traces += 1;
    group.gained += Number((scorer.faulty[i] ?? 0) > mine) - Number((over.faulty[i] ?? 0) > theirs);
  }
  const all = [...groups.values()];
  const meanOf = (list: readonly { gained: number; traces: number }[]) => {
    const traces = list.reduce((sum, group) => sum + group.traces, 0);
    return traces === 0 ? 0 : list.reduce((sum, group) => sum + group.gained, 0) / traces;
  };
  const random = seededRandom(seed);
  const means = Float64Array.from({ length: resamples }, () =>
    meanOf(all.map(() => all[Math.floor(random() * all.length)] ?? { gained: 0, traces: 0 })),
  ).sort();
  return { gain: meanOf(all), lowerBound: means[Math.floor(lowerShare * resamples)] ?? 0 };
}
