import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { baselines } from './baselines';
import { QualityError } from './bench-error';
import { judge, type Judgement } from './judge';
import { planSchema, type PlannedCase } from './plan';
import { replayInChild } from './replays';
import { families, type Family } from './simulator/families';
import { faultKinds } from './simulator/faults';
import type { DrawOptions } from './simulator/run';
import { cacheFolder } from './streams';

/** A simulated run: what is drawn from which seed. */
export interface SimulationJob {
  readonly seed: number;
  readonly options: DrawOptions;
  /** What it is for; see {@link simulationJobs}. */
  readonly set: SimulationSet;
}
export const simulationSets = ['fit', 'unseen', 'pairs', 'days'] as const;
export type SimulationSet = (typeof simulationSets)[number];

const profileNames = ['clean', 'rough'] as const;
const dayMinutes = 1440;

/**
 * Runs of a day's work, or of the whole measurement. Every run has each kind of fault once; families of the set `unseen` are such that
 * nothing was fitted on them. Seeds of the bench are drawn from a range of their own, so that a fit never meets the same system.
 */
export function simulationJobs(full: boolean, seed: number): SimulationJob[] {
  const runs = (set: SimulationSet, from: readonly Family[], count: number, options: Partial<DrawOptions>) =>
    from.flatMap((family) =>
      profileNames.flatMap((profile) =>
        Array.from({ length: count }, (_, index): SimulationJob => ({
          seed: 1_000_000 + seed * 1000 + index,
          set,
          options: { family, profile, cases: faultKinds.map((fault) => ({ fault })), ...options },
        })),
      ),
    );
  if (!full) return runs('unseen', families.unseen, 1, {});
  const pairs = faultKinds.map((fault) => ({ fault, also: {}, release: false }));
  const rhythm = { warmMinutes: dayMinutes, dayMinutes, releasesPerHour: 0.5, shiftsPerHour: 0.25 };
  // The longest first, so that no CPU waits for the other at the end.
  return [
    ...families.unseen.map((family, index): SimulationJob => ({
      seed: 1_000_000 + seed * 1000 + index,
      set: 'days',
      options: { family, profile: 'rough', services: 8 + 6 * index, cases: [], ...rhythm },
    })),
    ...runs('unseen', families.unseen, 3, {}),
    ...runs('fit', families.fit, 1, {}),
    ...runs('pairs', families.unseen, 1, { cases: pairs, services: 12 }),
  ];
}

/** The faults of pairs once more, each alone. */
export function halvesOf({ seed, options }: SimulationJob, pairs: readonly PlannedCase[]): SimulationJob {
  const alone = pairs.flatMap(({ also, ...first }) => [first, ...(also === undefined ? [] : [also])]);
  const cases = alone.map(({ service, fault, size, magnitude, onset }) => ({
    service,
    fault,
    size,
    magnitude,
    onset,
    release: false,
  }));
  return { seed, set: 'pairs', options: { ...options, cases: cases as NonNullable<DrawOptions['cases']> } };
}

const simulatedSchema = z.object({
  plan: planSchema,
  services: z.number(),
  spans: z.number(),
  /** Rank of the culprit by each baseline, told the windows, for each case; absent where it is not in the ranking. */
  baselineRanks: z.array(z.partialRecord(z.enum(baselines), z.number())),
});
/** What a simulating process tells. */
export type Simulated = z.infer<typeof simulatedSchema>;

/** A simulated run and what the pipeline made of it. */
export interface SimulationResult {
  readonly job: SimulationJob;
  readonly simulated: Simulated;
  readonly judgement: Judgement;
  readonly seconds: number;
}

/** Simulates a run, replays it and judges; the recording is removed again. */
export async function runSimulation(job: SimulationJob): Promise<SimulationResult> {
  const startedAt = Date.now();
  const name = createHash('sha256').update(JSON.stringify(job)).digest('hex').slice(0, 12);
  const folder = join(cacheFolder(), `simulated-${name}-${process.pid}`);
  try {
    const simulated = await simulateInChild(folder, job);
    const outcome = await replayInChild({ recording: join(folder, 'requests.bin') });
    const judgement = judge(simulated.plan, outcome);
    return { job, simulated, judgement, seconds: (Date.now() - startedAt) / 1000 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Simulates a run into a folder, in a process of its own. */
export function simulateInChild(folder: string, job: SimulationJob): Promise<Simulated> {
  return new Promise((resolve, reject) => {
    const child = fork(join(__dirname, 'simulate-child.ts'), [folder, JSON.stringify(job)], {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    let simulated: Simulated | undefined;
    const fail = (what: string) => reject(new QualityError(`simulation of ${JSON.stringify(job)}: ${what}`));
    child.on('message', (raw) => {
      const { data, error } = simulatedSchema.safeParse(raw);
      if (data === undefined) fail(error.message);
      else simulated = data;
    });
    child.on('error', (error) => fail(error.message));
    child.on('close', (code) => {
      if (code === 0 && simulated !== undefined) resolve(simulated);
      else fail(`the process ended with ${code ?? 'a signal'}`);
    });
  });
}
