import { entryKey, type Bundle, type TraceBatch } from '@plumbline/wire';
import type { BatchIndex } from './batch-index';
import type { Scorer, SpanFinding, TraceScore } from './score';

/** A bundle that judges from an event time on. */
export interface Activation {
  readonly effectiveFromMs: number;
  readonly bundle: Bundle;
  readonly scorer: Scorer;
}

/** A trace of a batch, and what judges it. */
export interface TraceToJudge {
  readonly trace: number;
  /** Absent while nothing was learnt: the trace abstains. */
  readonly activation: Activation | undefined;
}

export interface Judgement {
  readonly trace: number;
  readonly activation: Activation | undefined;
  /** No bundle, or nothing in the trace that the bundle knows well enough. */
  readonly abstained: boolean;
  /** Score of the times and calls, the one that thresholds are calibrated by. */
  readonly calibrating: number;
  /** The score that decided, and what it was compared with. */
  readonly score: number;
  readonly threshold: number;
  readonly anomalous: boolean;
  /** Least probable first. */
  readonly findings: readonly SpanFinding[];
}

/** Three times as long as usual: where a bundle names no threshold. */
export const defaultTraceScore = Math.log(3);

/**
 * Scores traces, each by its own bundle and never two in one call, and compares with the threshold of the operation they
 * entered at.
 *
 * @param override threshold for all; 0 or less makes every trace anomalous, also one that abstained
 */
export function judge(
  batch: TraceBatch,
  index: BatchIndex,
  traces: readonly TraceToJudge[],
  override: number | undefined,
): Judgement[] {
  const byActivation = new Map<Activation | undefined, number[]>();
  for (const { trace, activation } of traces) {
    const list = byActivation.get(activation);
    if (list === undefined) byActivation.set(activation, [trace]);
    else list.push(trace);
  }
  const judged = new Map<number, Judgement>();
  for (const [activation, list] of byActivation) {
    const scores = activation?.scorer.score(batch, index, list);
    for (const [i, trace] of list.entries()) {
      const scored = scores?.[i] ?? { tests: 0, score: 0, errorScore: 0, findings: [] };
      const abstained = scored.tests === 0;
      const decided = decide(scored, override, thresholdOf(batch, trace, activation?.bundle), activation?.bundle);
      const anomalous = abstained ? decided.threshold <= 0 : decided.score >= decided.threshold;
      const { score: calibrating, findings } = scored;
      judged.set(trace, { trace, activation, abstained, calibrating, ...decided, anomalous, findings });
    }
  }
  return traces.flatMap(({ trace }) => judged.get(trace) ?? []);
}

/**
 * Times and calls are compared with the calibrated threshold, errors with α: an error is anomalous where fewer than α of the
 * spans fail. What is reported is the comparison that made the trace anomalous, else that of times and calls.
 */
function decide(
  { score, errorScore }: TraceScore,
  override: number | undefined,
  threshold: number,
  bundle: Bundle | undefined,
): { readonly score: number; readonly threshold: number } {
  if (override !== undefined) return { score: Math.max(score, errorScore), threshold: override };
  const errorThreshold = bundle === undefined ? Infinity : -Math.log(bundle.thresholds.alpha);
  const byError = score < threshold && errorScore >= errorThreshold;
  return byError ? { score: errorScore, threshold: errorThreshold } : { score, threshold };
}

function thresholdOf({ traces, services, operations }: TraceBatch, trace: number, bundle: Bundle | undefined): number {
  const thresholds = bundle?.thresholds.traceScore;
  const service = services[traces.entryService[trace] ?? 0] ?? '';
  const operation = operations[traces.entryOperation[trace] ?? 0] ?? '';
  return thresholds?.[entryKey(service, operation)] ?? thresholds?.default ?? defaultTraceScore;
}
