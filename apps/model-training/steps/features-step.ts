import { ProfileScorer, type Scorer, type TraceReader } from '@plumbline/anomaly-detection';
import {
  encodeFeatureSchema,
  encodePathCounts,
  FeatureCounter,
  FeatureReader,
  PathCounter,
  type FeatureRows,
  type FeatureSchema,
  type PathModel,
} from '@plumbline/models';
import { assembleTraces, learn, type AssembledBatch } from '@plumbline/standalone';
import { decodeBundle, encodeBundle, hex, traceFlags, type Bundle, type TraceBatch } from '@plumbline/wire';
import type { Log } from '@plumbline/worker';
import type { RunFolder } from '../dataset/run-folder';
import { readParts, recordedTraces, type TraceLabel } from '../dataset/span-parts';
import { TrainingError } from '../errors';
import { faultyTraces } from '../evaluation/faulty-traces';
import { joinTables, writeFeatureTable, type FeatureTable, type Part } from '../features/feature-table';
import { startOf } from '../selection/exclusions';
import { datasets } from '../selection/select';
import { isPart, Splits, type Split } from './splits';

/** Files that the step leaves. */
export const featureFiles = {
  profile: 'features/profile.bin',
  schema: 'features/schema.json',
  paths: 'features/paths.json',
  /** Of traces of a part, or that the pipeline called anomalous, or into which faults were put. */
  table: (of: Part | 'anomalous' | 'faulty') => `features/${of}.parquet`,
} as const;

export interface FeaturesOptions {
  readonly run: RunFolder;
  /** The profile that judges today; features are measured against it. @default - one that is learnt from a part of the traces */
  readonly profile?: Bundle;
  /** Of the faults that are put into traces. @default 1 */
  readonly seed?: number;
  readonly log: Log;
}

export interface FeaturesReport {
  readonly traces: Readonly<Record<Part | 'anomalous' | 'faulty', number>>;
  readonly features: number;
  readonly profile: string;
}

/** Fewest traces of each part: fewer teach nothing, and prove less. */
const leastTraces = 50;

/**
 * Computes the features of the chosen traces, by the code that serves. How traces are made is learnt from one part of the normal traces, so that
 * the others are as new to it as what comes later; what is usual is said by the profile that judges, or learnt from that part and the training's.
 *
 * @throws {TrainingError} when there are too few traces
 */
export async function computeFeatures(options: FeaturesOptions): Promise<FeaturesReport> {
  const { run, seed = 1, log } = options;
  const splits = await splitsOf(run);
  const known = await assembled(run, 'normal', (timeMs) => splits.of(timeMs) === 'profile');
  requireTraces(known, 'to know how they are made');
  const activation = options.profile ?? (await learnProfile(run, known, splits));
  // Read back, so that features are computed by what is stored.
  const bytes = encodeBundle(activation);
  const scorer = new ProfileScorer(decodeBundle(bytes));
  const [paths, schema] = countAll(known, scorer);
  await run.put(featureFiles.profile, bytes);
  await run.put(featureFiles.schema, encodeFeatureSchema(schema));
  await run.put(featureFiles.paths, encodePathCounts(paths.counts));
  log.info({ traces: count(known), features: schema.names.length }, 'learnt what is usual');

  const traces = { train: 0, calibrate: 0, combine: 0, evaluate: 0, anomalous: 0, faulty: 0 };
  const write = async (of: keyof typeof traces, tables: readonly FeatureTable[]): Promise<void> => {
    const table = tables.length === 0 ? emptyFeatures(schema) : joinTables(tables);
    traces[of] = table.traceIds.length;
    await run.put(featureFiles.table(of), writeFeatureTable(table));
  };
  const tables: Record<Part, FeatureTable[]> = { train: [], calibrate: [], combine: [], evaluate: [] };
  const faulty: FeatureTable[] = [];
  const read = (batches: readonly AssembledBatch[], faults?: ReadonlyMap<string, string>): FeatureTable[] =>
    batches.map((batch) => featuresOf(batch, scorer, schema, paths, faults));
  for await (const part of readParts(run, datasets.selected, 'normal', 'extract')) {
    const bySplit = new Map<Split, (typeof part extends Map<string, infer S> ? S : never)[]>();
    for (const spans of part.values()) {
      const split = splits.of(startOf(spans));
      const list = bySplit.get(split);
      if (list === undefined) bySplit.set(split, [spans]);
      else list.push(spans);
    }
    for (const [split, list] of bySplit) {
      if (!isPart(split)) continue;
      const recorded = await recordedTraces(list);
      tables[split].push(...read(await assembleTraces(recorded)));
      if (split !== 'evaluate') continue;
      const broken = await faultyTraces(recorded, seed + faulty.length);
      faulty.push(...read(broken.batches, broken.faults));
    }
  }
  for (const part of Object.keys(tables)) if (isPart(part)) await write(part, tables[part]);
  await write('faulty', faulty);
  await write('anomalous', read(await assembled(run, 'anomalous', () => true)));
  for (const [part, rows] of Object.entries(traces)) {
    if (part !== 'anomalous' && rows < leastTraces) throw tooFew(rows, `in part "${part}"`);
  }
  return { traces, features: schema.names.length, profile: activation.version };
}

/** A profile of the traces that models learn from as well, as one that has learnt from all traffic knows theirs too. */
async function learnProfile(run: RunFolder, known: readonly AssembledBatch[], splits: Splits): Promise<Bundle> {
  const train = await assembled(run, 'normal', (timeMs) => splits.of(timeMs) === 'train');
  return learn([...known, ...train]).bundle;
}

async function splitsOf(run: RunFolder): Promise<Splits> {
  const times: number[] = [];
  for await (const traces of readParts(run, datasets.selected, 'normal', 'extract')) {
    for (const spans of traces.values()) times.push(startOf(spans));
  }
  if (times.length === 0) throw tooFew(0, 'that are normal');
  return new Splits(times);
}

async function assembled(
  run: RunFolder,
  label: TraceLabel,
  wanted: (startMs: number) => boolean,
): Promise<AssembledBatch[]> {
  const batches: AssembledBatch[] = [];
  for await (const traces of readParts(run, datasets.selected, label, 'extract')) {
    const list = [...traces.values()].filter((spans) => wanted(startOf(spans)));
    if (list.length > 0) batches.push(...(await assembleTraces(await recordedTraces(list))));
  }
  return batches;
}

function countAll(batches: readonly AssembledBatch[], scorer: Scorer & ProfileScorer): [PathModel, FeatureSchema] {
  const paths = new PathCounter();
  const features = new FeatureCounter();
  const both: TraceReader = {
    read(measured) {
      paths.read(measured);
      features.read(measured);
    },
  };
  for (const { batch, index } of batches) scorer.score(batch, index, newest(batch), both);
  return [paths.model(), features.define()];
}

export function featuresOf(
  { batch, index }: AssembledBatch,
  scorer: ProfileScorer,
  schema: FeatureSchema,
  paths: PathModel,
  faults: ReadonlyMap<string, string> = new Map<string, string>(),
): FeatureTable {
  const reader = new FeatureReader(schema, paths);
  scorer.score(batch, index, newest(batch), reader);
  return tableOf(batch, schema, reader.take(), faults);
}

function tableOf(
  { traces }: TraceBatch,
  { names }: FeatureSchema,
  rows: FeatureRows,
  faults: ReadonlyMap<string, string>,
): FeatureTable {
  const traceIds = Array.from(rows.traces, (trace) => hex(traces.traceId, trace * 16, 16));
  return {
    names,
    values: rows.values,
    traceIds,
    entries: rows.entries,
    eventTimesMs: Float64Array.from(rows.traces, (trace) => traces.eventTimeMs[trace] ?? 0),
    profile: rows.profile,
    faults: traceIds.map((id) => faults.get(id) ?? ''),
  };
}

function emptyFeatures({ names }: FeatureSchema): FeatureTable {
  const none = new Float64Array(0);
  return {
    names,
    values: new Float32Array(0),
    traceIds: [],
    entries: [],
    faults: [],
    eventTimesMs: none,
    profile: none,
  };
}

function newest(batch: TraceBatch): number[] {
  const all = Array.from({ length: batch.traces.count }, (_, trace) => trace);
  return all.filter((trace) => ((batch.traces.flags[trace] ?? 0) & traceFlags.retraction) === 0);
}

function count(batches: readonly AssembledBatch[]): number {
  return batches.reduce((sum, { batch }) => sum + batch.traces.count, 0);
}

function requireTraces(batches: readonly AssembledBatch[], what: string): void {
  if (count(batches) < leastTraces) throw tooFew(count(batches), what);
}

function tooFew(traces: number, what: string): TrainingError {
  return new TrainingError(
    'PLUMBLINE_TRAINING_TOO_LITTLE',
    `${traces} traces ${what}, ${leastTraces} at least are needed: take a longer time, or more traces (--traces)`,
  );
}
