import { Command, Option } from 'commander';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runMain, wholeNumber } from '../arguments';
import { BenchBroker } from './broker';
import { buckets } from '@plumbline/contracts';
import { LocalObjectStore } from '@plumbline/worker';
import { implementations, judges, works, type Implementation, type Job, type Judges } from './job';
import { writeLearnedStore } from './learned-store';
import { makeLoad, spansPerTrace, type LoadShape } from './load';
import { writeLoadFile } from './load-file';
import type { Reading } from './meter';
import { bundleMeasured } from '../measured-process';
import { BenchError, runJob } from './run-job';
import {
  megabytes,
  resultFile,
  spansText,
  summarize,
  summarizeLearned,
  targetRatio,
  titles,
  type LearnedMeasurement,
  type Measurement,
  type Result,
} from './result';

/*
 * Spans per CPU second and peak memory of decoding and preprocessing, against a naive implementation in the same run.
 * `npm run bench -- --help`
 */

interface BenchOptions {
  readonly traces: number;
  readonly rounds: number;
  readonly only: readonly Job['work'][];
  readonly out: string;
  readonly profile?: string;
}

const partitions = 4;
/** Part of the load that passes before anything is measured: a worker runs for days, so its compiler's work is left out. */
const warmUpShare = 0.5;

async function main(): Promise<void> {
  const options = new Command('bench')
    .description('spans per CPU second and peak memory of decode and preprocessing, against a naive implementation')
    .option('--traces <n>', `traces of ${spansPerTrace} spans in the load`, wholeNumber, 100_000)
    .option('--rounds <n>', 'how often each is measured; the median counts', wholeNumber, 5)
    .addOption(
      new Option('--only <what...>', 'measure just that')
        .choices([...works, 'detect'])
        .default([...works, 'detect'], 'everything'),
    )
    .option('--out <file>', 'where results are written', resultFile)
    .option('--profile <folder>', 'write CPU profiles of every measured process there; they slow it down')
    .parse()
    .opts<BenchOptions>();
  await bench(options);
}

async function bench(options: BenchOptions): Promise<void> {
  const shape: LoadShape = { traces: options.traces, partitions };
  const spans = options.traces * spansPerTrace;
  const warmUpSpans = Math.floor(spans * warmUpShare);
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
  try {
    const script = await bundleMeasured(join(__dirname, 'child.ts'), folder);
    const file = join(folder, 'load');
    const bytes = writeLoadFile(file, makeLoad(shape));
    console.log(`${spansText(spans)} spans in ${spansText(options.traces)} messages, ${megabytes(bytes)}`);
    const measurements: Measurement[] = [];
    for (const work of works.filter((each) => options.only.includes(each))) {
      measurements.push(
        work === 'kafka'
          ? await measureKafka(script, shape, warmUpSpans, options)
          : await measure(script, work, options, (by) => ({ work, by, file, warmUpSpans })),
      );
    }
    const learned = options.only.includes('detect')
      ? await measureLearned(script, { file, folder, warmUpSpans }, options)
      : undefined;
    const result: Result = {
      command: ['npm run bench', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' '),
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cpus: cpus().length,
      load: { traces: options.traces, spans, bytes, partitions, warmUpSpans },
      measurements,
      ...(learned && { learned }),
    };
    mkdirSync(dirname(options.out), { recursive: true });
    writeFileSync(options.out, `${JSON.stringify(result, null, 2)}\n`);
    console.log(`written to ${options.out}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureKafka(
  script: string,
  shape: LoadShape,
  warmUpSpans: number,
  options: BenchOptions,
): Promise<Measurement> {
  const { traces } = shape;
  const broker = await BenchBroker.start(partitions, makeLoad(shape));
  try {
    const measurement = await measure(script, 'kafka', options, async (by) => {
      await broker.forgetOffsets();
      return { work: 'kafka', by, brokers: [...broker.brokers], traces, warmUpSpans };
    });
    console.log(`target: ${targetRatio} times naive`);
    await checkOutput(broker, traces * options.rounds);
    return measurement;
  } finally {
    await broker.stop();
  }
}

async function measureLearned(
  script: string,
  { file, folder, warmUpSpans }: { readonly file: string; readonly folder: string; readonly warmUpSpans: number },
  { rounds, profile }: BenchOptions,
): Promise<LearnedMeasurement> {
  const models = join(folder, 'models');
  await writeLearnedStore(await LocalObjectStore.open(models, buckets.mlModels));
  const readings: Record<Judges, Reading[]> = { profile: [], shadow: [], models: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const by of judges) {
      readings[by].push(await runJob(script, { work: 'detect', by, file, models, warmUpSpans }, profile));
    }
  }
  const measurement = summarizeLearned(readings);
  console.log('Detection, by the profile alone and with learned models beside it');
  for (const by of judges) {
    const { spansPerCpuSecond, rounds: each } = measurement[by];
    const all = each.map(spansText).join(' · ');
    console.log(`  ${by.padEnd(10)}${spansText(spansPerCpuSecond).padStart(11)} spans per CPU second (${all})`);
  }
  const { ratio, shadowRatio } = measurement;
  console.log(
    `  ${ratio.toFixed(2)} times the CPU of the profile alone, ${shadowRatio.toFixed(2)} times in the shadow`,
  );
  return measurement;
}

/** A measurement of work that was not done is worth nothing. */
async function checkOutput(broker: BenchBroker, expected: number): Promise<void> {
  const ours = await broker.preprocessed();
  const naive = await broker.preprocessedNaively();
  if (ours.traces !== expected || ours.spans !== expected * spansPerTrace || naive !== expected) {
    throw new BenchError(
      `of ${expected} traces ${ours.traces} came out with ${ours.spans} spans, of the naive implementation ${naive}`,
    );
  }
}

async function measure(
  script: string,
  work: Measurement['name'],
  { rounds, profile }: BenchOptions,
  jobOf: (by: Implementation) => Job | Promise<Job>,
): Promise<Measurement> {
  const readings: Record<Implementation, Reading[]> = { plumbline: [], naive: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const by of implementations) readings[by].push(await runJob(script, await jobOf(by), profile));
  }
  const measurement = summarize(work, readings);
  console.log(titles[work]);
  for (const by of implementations) {
    const { spansPerCpuSecond, peakRssBytes } = measurement[by];
    console.log(
      `  ${by.padEnd(10)}${spansText(spansPerCpuSecond).padStart(11)} spans per CPU second, at most ${megabytes(peakRssBytes)}`,
    );
  }
  console.log(`  ${measurement.ratio.toFixed(1)} times naive`);
  return measurement;
}

runMain('bench', main);
