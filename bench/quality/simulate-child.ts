import { partitionRequest } from '../../apps/standalone/otlp/partition';
import { readRecording } from '@plumbline/standalone';
import { join } from 'node:path';
import { baselines, rankByBaselines } from './baselines';
import { groupBy } from './groups';
import { spansOfRequest } from './otlp';
import { planSchema, rightNames, type Plan } from './plan';
import type { SimulationJob, Simulated } from './simulations';
import { drawRun, writeRun } from './simulator/run';
import { traceStart, type Span, type Trace } from './spans';

/* Simulates one run into a folder and ranks its faults by the baselines: `simulate-child.ts FOLDER JOB` */

/** How much of a run somebody sees who is told when a fault began: so long before the first, so long after each, microseconds. */
const referenceUs = 5 * 60_000_000;
const abnormalUs = 90_000_000;
const marginUs = 5_000_000;

async function main(): Promise<void> {
  const [folder = '', text = ''] = process.argv.slice(2);
  const job = JSON.parse(text) as SimulationJob;
  const { system, options } = drawRun(job.seed, job.options);
  const { plan, spans } = writeRun(folder, system, options);
  const baselineRanks = await ranksByBaselines(join(folder, 'requests.bin'), planSchema.parse(plan));
  tell({ plan: planSchema.parse(plan), services: plan.services, spans, baselineRanks });
}

async function ranksByBaselines(recording: string, { cases }: Plan) {
  const [first] = cases;
  if (first === undefined) return [];
  const windows = [
    { fromUs: first.inject_us - referenceUs, toUs: first.inject_us - marginUs },
    ...cases.map(({ inject_us }) => ({ fromUs: inject_us + marginUs, toUs: inject_us + abnormalUs })),
  ];
  const spans: Span[] = [];
  for await (const { bytes } of readRecording(recording)) {
    const endUs = Number(partitionRequest(bytes, 1).latestEndNano / 1000n);
    if (windows.some(({ fromUs, toUs }) => endUs >= fromUs && endUs <= toUs + abnormalUs))
      spans.push(...spansOfRequest(bytes));
  }
  const traces = [...groupBy(spans, ({ traceId }) => traceId).values()].map((trace) => ({
    trace,
    startUs: traceStart(trace),
  }));
  const [reference = [], ...abnormal] = windows.map(({ fromUs, toUs }) =>
    traces.filter(({ startUs }) => startUs >= fromUs && startUs < toUs).map(({ trace }): Trace => trace),
  );
  return cases.map((each, index) => {
    const ranked = rankByBaselines({ reference, abnormal: abnormal[index] ?? [] });
    const right = rightNames(each);
    const ranks = baselines.map((name) => [name, ranked[name].findIndex((service) => right.has(service)) + 1] as const);
    return Object.fromEntries(ranks.filter(([, rank]) => rank > 0));
  });
}

function tell(message: Simulated): void {
  process.send?.(message);
}

main().then(
  () => process.disconnect(),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
    process.disconnect();
  },
);
