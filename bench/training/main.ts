import { computeFeatures, evaluateModels, extract, RunFolder, trainModels } from '@plumbline/model-training';
import { otlpRequest } from '@plumbline/preprocessing/testing';
import { shopTrace } from '@plumbline/standalone/told/testing';
import { LocalObjectStore, silentLog } from '@plumbline/worker';
import { Command } from 'commander';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { mebibytes, runMain, wholeNumber } from '../arguments';

/*
 * What a training takes, step by step: CPU, wall-clock time and peak memory, against 10 minutes and 1 GiB for 100,000 traces.
 * `npm run bench:training -- --help`
 */

interface Options {
  readonly traces: number;
  readonly epochs: number;
}

const limits = { traces: 100_000, seconds: 600, mebibytes: 1024 } as const;
const epochMs = 1_780_000_000_000;

async function main(): Promise<void> {
  const { traces, epochs } = new Command('bench:training')
    .description('CPU, time and peak memory of a training, from traces as Tempo gives them to figures of models')
    .option('--traces <n>', 'normal traces, of seven spans each', wholeNumber, limits.traces)
    .option('--epochs <n>', 'most passes of the autoencoder', wholeNumber, 40)
    .parse()
    .opts<Options>();
  const folder = mkdtempSync(`${tmpdir()}/plumbline-training-`);
  try {
    const store = await LocalObjectStore.open(folder, 'ml-models');
    const run = new RunFolder(store, 'bench');
    const context = { run, log: silentLog };
    const startedAt = performance.now();
    await measured('extract', () => extract({ ...context, ...source(traces) }));
    await measured('features', () => computeFeatures(context));
    await measured('train', () => trainModels({ ...context, epochs }));
    const { evaluation } = await measured('evaluate', () => evaluateModels(context));
    const seconds = (performance.now() - startedAt) / 1000;
    const peak = mebibytes(process.resourceUsage().maxRSS * 1024);
    console.log(`${traces} traces: ${seconds.toFixed(0)} s, at most ${peak} MiB`);
    console.log(
      `recall ${evaluation.scorers.combined.recall.toFixed(3)}, of the profile alone ${evaluation.scorers.profile.recall.toFixed(3)}`,
    );
    const isOver = seconds > limits.seconds || peak > limits.mebibytes;
    if (traces >= limits.traces && isOver) {
      throw new Error(`more than ${limits.seconds} s or ${limits.mebibytes} MiB`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function source(traces: number) {
  return {
    normal: async function* () {
      for (let index = 0; index < traces; index += 1) {
        yield await Promise.resolve({ bytes: otlpRequest(shopTrace(index, 1)), path: String(index) });
      }
    },
    incidents: [],
    answers: { confirmed: new Set<string>(), refuted: new Set<string>() },
    fromMs: epochMs,
    throughMs: epochMs + traces * 250,
    budgets: { normal: traces, anomalous: 0 },
    seed: 'bench',
  };
}

async function measured<T>(step: string, work: () => Promise<T>): Promise<T> {
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  const result = await work();
  const { user, system } = process.cpuUsage(cpu);
  const seconds = ((performance.now() - wall) / 1000).toFixed(1);
  console.log(`${step.padEnd(10)} ${((user + system) / 1e6).toFixed(1)} s of CPU, ${seconds} s`);
  return result;
}

runMain('bench:training', main);
