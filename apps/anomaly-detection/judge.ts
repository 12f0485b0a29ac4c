import { entryKey, type Bundle, type TraceBatch } from '@plumbline/wire';
import type { BatchIndex } from './batch-index';
import type { LearnedJudgement, LearnedModels, LearnedReader } from './learned-models';
import type { Scorer, SpanFinding, TraceScore } from './score';
import type { TraceReader } from './trace-reader';

/** A bundle that judges from an event time on. */
export interface Activation {
  readonly effectiveFromMs: number;
  readonly bundle: Bundle;
  readonly scorer: Scorer;
  /** Models that judge beside the profile, given what it measures. @default none */
  readonly learned?: LearnedModels;
}

/** A trace of a batch, and what judges it. */
export interface TraceToJudge {
  readonly trace: number;
  /** Absent while nothing was learnt: the trace abstains. */
  readonly activation: Activation | undefined;
  /** What the emission was judged to be that this one takes back, where that is known: the same comes off. */
  readonly wasAnomalous?: boolean;
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
  /** What the learned models say; absent where none judge the trace. */
  readonly learned?: LearnedJudgement;
  /** It is anomalous because of the learned models alone. */
  readonly byModels?: true;
}

/** Three times as long as usual: where a bundle names no threshold. */
export const defaultTraceScore = Math.log(3);

/**
 * Scores traces, each by its own bundle and never two in one call, and compares with the threshold of the operation they
 * entered at.
 *
 * Learned models add to what the profile says and take nothing away: a failure that the profile finds is one whatever else is
 * usual of the trace, and by how much the alarms are more is bounded by the alarm rate of the models. Where the profile abstains
 * so do they, for what they read is measured against it.
 *
 * @param override threshold for all; 0 or less makes every trace anomalous, also one that abstained
 */
export function judge(
  batch: TraceBatch,
  index: BatchIndex,
  traces: readonly TraceToJudge[],
  override: number | undefined,
): Judgement[] {
  const byActivation = new Map<Activation | undefined, TraceToJudge[]>();
  for (const each of traces) {
    const list = byActivation.get(each.activation);
    if (list === undefined) byActivation.set(each.activation, [each]);
    else list.push(each);
  }
  const judged = new Map<number, Judgement>();
  for (const [activation, list] of byActivation) {
    const rows = list.map(({ trace }) => trace);
    const reader = activation?.learned?.read(batch);
    const scores = activation?.scorer.score(batch, index, rows, reader && withoutKnown(reader, list));
    for (const [i, trace] of rows.entries()) {
      const scored = scores?.[i] ?? { tests: 0, score: 0, errorScore: 0, findings: [] };
      const abstained = scored.tests === 0;
      const decided = decide(scored, override, thresholdOf(batch, trace, activation?.bundle), activation?.bundle);
      const anomalous = abstained ? decided.threshold <= 0 : decided.score >= decided.threshold;
      const { score: calibrating, findings } = scored;
      judged.set(trace, { trace, activation, abstained, calibrating, ...decided, anomalous, findings });
    }
    if (reader !== undefined) addLearned(judged, reader, list);
  }
  return traces.flatMap(({ trace }) => judged.get(trace) ?? []);
}

/** Of what was judged before, models need not be asked again. */
function withoutKnown(reader: LearnedReader, traces: readonly TraceToJudge[]): TraceReader {
  const known = new Set(traces.flatMap(({ trace, wasAnomalous }) => (wasAnomalous === undefined ? [] : [trace])));
  if (known.size === 0) return reader;
  return {
    read: (measured) => {
      if (!known.has(measured.trace)) reader.read(measured);
    },
  };
}

function addLearned(judged: Map<number, Judgement>, reader: LearnedReader, traces: readonly TraceToJudge[]): void {
  const learnt = reader.judge((trace) => {
    const known = judged.get(trace);
    return known === undefined || known.abstained ? undefined : known.anomalous;
  });
  for (const { trace, wasAnomalous } of traces) {
    const judgement = judged.get(trace);
    if (judgement === undefined) continue;
    if (wasAnomalous !== undefined) {
      judged.set(trace, { ...judgement, anomalous: wasAnomalous });
      continue;
    }
    const learned = learnt.get(trace);
    if (learned === undefined) continue;
    const decides = learned.anomalous && !judgement.anomalous;
    const { score, threshold } = learned;
    judged.set(
      trace,
      decides
        ? { ...judgement, learned, anomalous: true, byModels: true, score: Math.max(score, threshold), threshold }
        : { ...judgement, learned },
    );
  }
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
