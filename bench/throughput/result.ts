import { join } from 'node:path';
import { z } from 'zod';
import { implementations, judges, works, type Implementation, type Judges } from './job';
import { median, type Reading } from './meter';

/** Where results lie in the repository. */
export const resultFile = join('bench', 'results', 'throughput.json');

/** How many times the naive implementation's spans a CPU second preprocessing over Kafka must do. */
export const targetRatio = 5;

const figures = z.object({
  /** Median of the rounds. */
  spansPerCpuSecond: z.number(),
  rounds: z.array(z.number()),
  /** Greatest of the rounds. */
  peakRssBytes: z.number(),
});

const measurementSchema = z.object({
  name: z.enum(works),
  plumbline: figures,
  naive: figures,
  /** Of the medians. */
  ratio: z.number(),
});
export type Measurement = z.infer<typeof measurementSchema>;

const learnedSchema = z.object({
  profile: figures,
  /** A version that decides nothing scores a share of the traces. */
  shadow: figures,
  models: figures,
  /** Median CPU time a span with learned models over that of the profile alone. */
  ratio: z.number(),
  shadowRatio: z.number(),
});
export type LearnedMeasurement = z.infer<typeof learnedSchema>;

/** A run of the benchmark. */
export const resultSchema = z.object({
  command: z.string(),
  node: z.string(),
  platform: z.string(),
  cpu: z.string(),
  cpus: z.int(),
  load: z.object({ traces: z.int(), spans: z.int(), bytes: z.int(), partitions: z.int(), warmUpSpans: z.int() }),
  measurements: z.array(measurementSchema),
  /** Detection with learned models beside the profile alone; absent where it was not measured. */
  learned: learnedSchema.optional(),
});
export type Result = z.infer<typeof resultSchema>;

export function summarize(
  name: Measurement['name'],
  readings: Readonly<Record<Implementation, readonly Reading[]>>,
): Measurement {
  const [plumbline, naive] = implementations.map((by) => figuresOf(readings[by]));
  if (plumbline === undefined || naive === undefined) throw new RangeError('two implementations are compared');
  return { name, plumbline, naive, ratio: Number((plumbline.spansPerCpuSecond / naive.spansPerCpuSecond).toFixed(2)) };
}

export function summarizeLearned(readings: Readonly<Record<Judges, readonly Reading[]>>): LearnedMeasurement {
  const [profile, shadow, models] = judges.map((by) => figuresOf(readings[by]));
  if (profile === undefined || shadow === undefined || models === undefined)
    throw new RangeError('three judges are compared');
  const ratioOf = (to: z.infer<typeof figures>) =>
    Number((profile.spansPerCpuSecond / to.spansPerCpuSecond).toFixed(3));
  return { profile, shadow, models, ratio: ratioOf(models), shadowRatio: ratioOf(shadow) };
}

function figuresOf(readings: readonly Reading[]): z.infer<typeof figures> {
  const rounds = readings.map(({ spans, cpuSeconds }) => Math.round(spans / cpuSeconds));
  const peakRssBytes = Math.max(...readings.map((reading) => reading.peakRssBytes));
  return { spansPerCpuSecond: Math.round(median(rounds)), rounds, peakRssBytes };
}

/** What is measured, in words. */
export const titles: Readonly<Record<Measurement['name'], string>> = {
  decode: 'Decode alone',
  preprocess: 'Preprocessing in memory',
  kafka: 'Preprocessing over Apache Kafka',
};

/** Spans a second with separators, as people read them. */
export function spansText(spansPerSecond: number): string {
  return Math.round(spansPerSecond).toLocaleString('en-US');
}

/** Bytes in whole megabytes. */
export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
