import { topics } from '@plumbline/contracts';
import { BundleRegistry, Learner, learnerConfig } from '@plumbline/training';
import { emptyTable, mergeTable, type Bundle, type StatsTable } from '@plumbline/wire';
import { LocalObjectStore } from '@plumbline/worker';
import { Command } from 'commander';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { mebibytes, runMain, wholeNumber } from '../arguments';
import { bundleMeasured, imageNodeFlags, measuredEnvironment } from '../measured-process';
import { seededRandom } from '../quality/random';
import { readingSchema, type Reading } from './child';
import { writeFrame } from './frames';
import { memoryLimitBytes } from './limit';
import { drawWindow, epochMs, messageOf, rangesPerWindow, verdictsOf, windowMs, type Range } from './messages';
import { LargeSystem } from './system';

/*
 * Peak memory of root cause in a large system, against the limit that its pod has in `dist/`: with a learnt profile, a second one
 * that takes its place, and an open incident. Fails above the limit. `npm run bench:memory -- --help`
 */

interface Options {
  readonly services: number;
  readonly operations: number;
  readonly rate: number;
  readonly partitions: number;
  readonly windows: number;
  readonly heap?: number;
}

/** How much longer the culprit takes, and windows before the end in which it does. */
const slower = 5;
const faultyWindows = 14;
/** Windows that each of the two profiles is made of: default settings of the learner. */
const learntWindows = 30;
const mebibyte = 1024 * 1024;

async function main(): Promise<void> {
  const options = new Command('bench:memory')
    .description('peak memory of root cause in a large system, against the limit of its pod')
    .option('--services <n>', 'services', wholeNumber, 500)
    .option('--operations <n>', 'operations', wholeNumber, 20_000)
    .option('--rate <n>', 'traces a second', wholeNumber, 1000)
    .option('--partitions <n>', 'partitions of traces-preprocessed', wholeNumber, 4)
    .option('--windows <n>', `windows, ${faultyWindows} of them with a fault`, wholeNumber, 50)
    .option(
      '--heap <MiB>',
      'heap of the measured process, to see what it would take; half of the limit by default',
      wholeNumber,
    )
    .parse()
    .opts<Options>();
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-memory-'));
  try {
    const system = new LargeSystem(options, seededRandom(1));
    const traffic = { partitions: options.partitions, tracesPerSecond: options.rate };
    const normal = drawWindow(system, traffic, 1);
    const faulty = drawWindow(system, traffic, slower);
    const table = sumOf(normal);
    console.log(
      `${options.services} services, ${table.operations.size} operations and ${table.edges.size} calls in a window, ` +
        `${options.rate} traces a second on ${options.partitions} partitions, messages of ${kilobytes(normal)} kB`,
    );
    await learn(table, folder);
    const script = await bundleMeasured(join(__dirname, 'child.ts'), folder);
    const limit = memoryLimitBytes('root-cause');
    const reading = await run(
      script,
      { role: 'root-cause', models: folder, partitions: options.partitions },
      limit,
      options.heap,
      async (input) => {
        await feed(input, options.windows, normal, faulty);
      },
    );
    report('root-cause', reading, limit);
    if (reading.incidents === 0) throw new Error('no incident was opened: what was to be measured did not happen');
    if (reading.peakRssBytes > limit) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function report(role: string, reading: Reading, limit: number): void {
  const { peakRssBytes, heapBytes, cpuMsPerWindow, records, incidents, named } = reading;
  console.log(
    `${role}: at most ${mebibytes(peakRssBytes)} MiB of ${mebibytes(limit)} MiB (heap at the end ${mebibytes(heapBytes)} MiB), ` +
      `${Math.round(cpuMsPerWindow)} ms of CPU a window of ${windowMs / 1000} s, ${records} records, ` +
      `${incidents} incidents, the last names ${named.join(', ')}`,
  );
}

/** Makes two profiles, the second effective in the middle of what is measured. */
async function learn(table: StatsTable, folder: string): Promise<void> {
  const learner = new Learner(learnerConfig({ LEARN_HOLDBACK_SECONDS: '0' }), 1);
  const registry = new BundleRegistry(await LocalObjectStore.open(folder, 'ml-models'));
  const bundles: Bundle[] = [];
  for (let i = 0; bundles.length < 2; i += 1) {
    const startMs = epochMs - (2 * learntWindows + 20 - i) * windowMs;
    const source = { partition: 0, firstOffset: i, lastOffset: i };
    const windows = [{ startMs, durationMs: windowMs, stats: table }];
    bundles.push(...learner.add({ tenant: 'default', source, watermarkMs: startMs, verdicts: 0, windows }));
    bundles.push(...learner.observeProgress({ tenant: 'default', throughMs: startMs, incidents: [] }));
  }
  for (const [i, bundle] of bundles.slice(0, 2).entries()) {
    const effectiveFromMs = i === 0 ? bundle.effectiveFromMs : epochMs + 20 * windowMs;
    await registry.publish({ ...bundle, effectiveFromMs });
  }
}

async function feed(
  input: NodeJS.WritableStream,
  windows: number,
  normal: readonly Range[][],
  faulty: readonly Range[][],
): Promise<void> {
  const into = input as never;
  for (let window = 0; window < windows; window += 1) {
    const startMs = epochMs + window * windowMs;
    const partitions = window < windows - faultyWindows ? normal : faulty;
    for (let i = 0; i < rangesPerWindow; i += 1) {
      const timestampMs = startMs + ((i + 1) * windowMs) / rangesPerWindow;
      for (const [partition, ranges] of partitions.entries()) {
        const range = ranges[i];
        if (range === undefined) continue;
        const offset = window * rangesPerWindow + i;
        // Spans have twenty seconds to come.
        const at = { startMs, watermarkMs: timestampMs - 20_000, verdicts: range.slow.length };
        const source = { partition, firstOffset: offset, lastOffset: offset };
        for (const value of verdictsOf(range, { partition, offset }, startMs)) {
          await writeFrame(into, { topic: topics.anomalies.name, timestampMs, value });
        }
        await writeFrame(into, { topic: topics.windowStats.name, timestampMs, value: messageOf(range, source, at) });
      }
    }
  }
}

/** Runs the measured process as its container would: with the flags of the image, and the heap that Node.js takes of its memory, half. */
async function run(
  script: string,
  job: object,
  limitBytes: number,
  heapMebibytes: number | undefined,
  feedIt: (input: NodeJS.WritableStream) => Promise<void>,
): Promise<Reading> {
  const heap = `--max-old-space-size=${heapMebibytes ?? Math.floor(limitBytes / mebibyte / 2)}`;
  const child = spawn(process.execPath, [...imageNodeFlags(), heap, script, JSON.stringify(job)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: measuredEnvironment(),
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  child.stdin.on('error', () => undefined);
  // Where it runs out of memory, writing to it fails; its exit code says more.
  await Promise.race([feedIt(child.stdin).catch(() => undefined), ended]);
  child.stdin.end();
  const code = await ended;
  if (code !== 0) throw new Error(`the measured process ended with ${code ?? 'a signal'}: out of memory?`);
  return readingSchema.parse(JSON.parse(output));
}

function sumOf(ranges: readonly Range[][]): StatsTable {
  const sum = emptyTable();
  for (const { stats } of ranges.flat()) mergeTable(sum, stats);
  return sum;
}

function kilobytes(ranges: readonly Range[][]): number {
  const sizes = ranges.flat().map(({ body }) => body.length);
  return Math.round(sizes.reduce((sum, size) => sum + size, 0) / sizes.length / 1000);
}

runMain('bench:memory', main);
