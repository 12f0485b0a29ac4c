import { join } from 'node:path';
import { z } from 'zod';
import { implementations, works, type Implementation } from './job';
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

/** A run of the benchmark. */
export const resultSchema = z.object({
  command: z.string(),
  node: z.string(),
  platform: z.string(),
  cpu: z.string(),
  cpus: z.int(),
  load: z.object({ traces: z.int(), spans: z.int(), bytes: z.int(), partitions: z.int(), warmUpSpans: z.int() }),
  measurements: z.array(measurementSchema),
});
export type Result = z.infer<typeof resultSchema>;

export function summarize(
  name: Measurement['name'],
  readings: Readonly<Record<Implementation, readonly Reading[]>>,
): Measurement {
  const [plumbline, naive] = implementations.map((by) => {
    const rounds = readings[by].map(({ spans, cpuSeconds }) => Math.round(spans / cpuSeconds));
    const peakRssBytes = Math.max(...readings[by].map((reading) => reading.peakRssBytes));
    return { spansPerCpuSecond: Math.round(median(rounds)), rounds, peakRssBytes };
  });
  if (plumbline === undefined || naive === undefined) throw new RangeError('two implementations are compared');
  return { name, plumbline, naive, ratio: Number((plumbline.spansPerCpuSecond / naive.spansPerCpuSecond).toFixed(2)) };
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
