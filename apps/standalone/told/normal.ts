import { judge, ProfileScorer, windowDeltas, type Activation, type Judgement } from '@plumbline/anomaly-detection';
import { calibrate, learnerConfig, type LearnerConfig } from '@plumbline/training';
import { emptyTable, featureSchema, mergeTable, type Bundle, type StatsTable } from '@plumbline/wire';
import type { Settings } from '../preset';
import type { AssembledBatch } from './assemble';

/** Whether a trace of a batch is meant. */
export type TraceFilter = (assembled: AssembledBatch, trace: number) => boolean;

const every: TraceFilter = () => true;
/** Longer than any recording: all of it is one window. */
const windowMs = 1e15;
/** Only told normal traffic is known by it. */
const version = 'told';

/** Judgements on the traces of a batch by what was learnt, or by nothing. */
export function judgeBatch(
  assembled: AssembledBatch,
  activation: Activation | undefined,
  wanted: TraceFilter = every,
): Judgement[] {
  const { batch, index } = assembled;
  const traces = Array.from({ length: batch.traces.count }, (_, trace) => trace);
  const toJudge = traces.filter((trace) => wanted(assembled, trace)).map((trace) => ({ trace, activation }));
  return judge(batch, index, toJudge, undefined);
}

/** All that detection counts of traces, as one table. */
export function tableOf(
  batches: readonly AssembledBatch[],
  activation: Activation | undefined,
  wanted: TraceFilter = every,
): StatsTable {
  const table = emptyTable();
  for (const assembled of batches) {
    const judgements = judgeBatch(assembled, activation, wanted);
    for (const windows of windowDeltas(assembled.batch, assembled.index, judgements, windowMs).values()) {
      for (const { stats } of windows) mergeTable(table, stats);
    }
  }
  return table;
}

/**
 * Learns what is normal from traces that are told to be, in two readings: what is usual of operations and calls, and then, measured
 * against that, what is usual of services and whole traces and which steps and calls are regular.
 */
export function learn(batches: readonly AssembledBatch[], settings: Settings = {}, wanted?: TraceFilter): Activation {
  const config = learnerConfig(settings);
  const first = activationOf(tableOf(batches, undefined, wanted), config);
  return activationOf(tableOf(batches, first, wanted), config);
}

function activationOf(profile: StatsTable, config: LearnerConfig): Activation {
  let traces = 0;
  for (const row of profile.entries.values()) traces += row.traces;
  const bundle: Bundle = {
    version,
    featureSchema,
    effectiveFromMs: 0,
    learnt: { fromMs: 0, throughMs: 0, windows: 1, traces },
    thresholds: calibrate(profile, config),
    profile,
    spread: new Map(),
  };
  return { bundle, effectiveFromMs: 0, scorer: new ProfileScorer(bundle) };
}
