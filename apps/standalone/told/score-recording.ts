import type { Judgement } from '@plumbline/anomaly-detection';
import { hex, parseServiceKey, traceFlags } from '@plumbline/wire';
import type { Settings } from '../preset';
import { RecordingError } from '../replay/recording';
import { assemble, type AssembledBatch } from './assemble';
import { FalseAlarms } from './false-alarms';
import { judgeBatch, learn, type TraceFilter } from './normal';

/** How conspicuous one trace is. */
export interface TraceScoreLine {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** −log10 of `falseAlarmRate`: 2 is reached by one normal trace in a hundred. */
  readonly score: number;
  /** Share of normal traces that score as high or higher. */
  readonly falseAlarmRate: number;
  /** ln of how much longer than usual the most conspicuous service took, less what is not unusual; what the score is made from. */
  readonly excess: number;
  /** Nothing in it is known well enough from the normal recording. */
  readonly abstained: boolean;
  readonly service: string;
  readonly operation: string;
  readonly startMs: number;
}

/** Parts of the normal recording, each of which is judged by what the others teach. */
const folds = 4;
/** Stretches that each part consists of: neighbours in time are alike, and would flatter each other. */
const stretches = 5;
/** Fewest traces to learn from and to be calibrated by. */
const leastTraces = 50;

/**
 * Scores every trace of a recording by a normal one. Each of {@link folds} parts of the normal recording is judged by what the rest
 * teaches, so what scores are calibrated by was never learnt from.
 *
 * @throws {RecordingError} when a recording cannot be read, or too little of the normal one can be judged
 */
export async function* scoreRecording(
  normal: string | readonly string[],
  path: string | readonly string[],
  settings: Settings = {},
): AsyncGenerator<TraceScoreLine, void, undefined> {
  const [reference = [], observed = []] = await assemble([listOf(normal), listOf(path)], settings);
  const alarms = new FalseAlarms(heldOut(reference, settings));
  const activation = learn(reference, settings);
  for (const assembled of observed) {
    for (const judgement of judgeBatch(assembled, activation, isNewest)) {
      yield lineOf(assembled, judgement, alarms);
    }
  }
}

function lineOf({ batch }: AssembledBatch, judgement: Judgement, alarms: FalseAlarms): TraceScoreLine {
  const { traces, services, operations } = batch;
  const { trace, abstained } = judgement;
  const excess = excessOf(judgement);
  const falseAlarmRate = abstained ? 1 : alarms.rate(excess);
  return {
    traceId: hex(traces.traceId, trace * 16, 16),
    score: -Math.log10(falseAlarmRate) + 0,
    falseAlarmRate,
    excess,
    abstained,
    service: parseServiceKey(services[traces.entryService[trace] ?? 0] ?? '').service,
    operation: operations[traces.entryOperation[trace] ?? 0] ?? '',
    startMs: traces.eventTimeMs[trace] ?? 0,
  };
}

function excessOf({ calibrating }: Judgement): number {
  return calibrating;
}

/** What normal traces measure when judged by what the others teach. */
function heldOut(batches: readonly AssembledBatch[], settings: Settings): number[] {
  const foldOf = foldsOf(batches);
  const values: number[] = [];
  for (let fold = 0; fold < folds; fold += 1) {
    const activation = learn(batches, settings, (assembled, trace) => foldOf(assembled, trace) !== fold);
    for (const assembled of batches) {
      const mine: TraceFilter = (of, trace) => isNewest(of, trace) && foldOf(of, trace) === fold;
      for (const judgement of judgeBatch(assembled, activation, mine)) {
        if (!judgement.abstained) values.push(excessOf(judgement));
      }
    }
  }
  if (values.length >= leastTraces) return values;
  throw new RecordingError(
    `too little to calibrate by: ${values.length} normal traces can be judged by others; ${leastTraces} are needed`,
  );
}

/** Divides traces by their time into stretches, and these in turn among the folds. */
function foldsOf(batches: readonly AssembledBatch[]): (assembled: AssembledBatch, trace: number) => number {
  const times = batches.flatMap(({ batch }) => [...batch.traces.eventTimeMs]).sort((a, b) => a - b);
  const bounds = Array.from(
    { length: folds * stretches - 1 },
    (_, i) => times[Math.floor(((i + 1) * times.length) / (folds * stretches))] ?? Infinity,
  );
  return ({ batch }, trace) => {
    const timeMs = batch.traces.eventTimeMs[trace] ?? 0;
    const at = bounds.findIndex((bound) => timeMs < bound);
    return (at < 0 ? bounds.length : at) % folds;
  };
}

const isNewest: TraceFilter = ({ batch }, trace) => ((batch.traces.flags[trace] ?? 0) & traceFlags.retraction) === 0;

function listOf(paths: string | readonly string[]): readonly string[] {
  return typeof paths === 'string' ? [paths] : paths;
}
