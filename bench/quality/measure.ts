import { baselines } from './baselines';
import { calibration } from './calibration';
import { figures, summarize } from './figures';
import { groupBy } from './groups';
import type { Judgement, Verdict } from './judge';
import { inParallel, replayInChild } from './replays';
import { judge } from './judge';
import type { AlarmsResult, DaysResult, KindResult, SimulatorResult, StreamsResult } from './result';
import { halvesOf, runSimulation, simulationJobs, type SimulationJob, type SimulationResult } from './simulations';
import { makeStream, systems } from './streams';

/** Told what goes on, and of every stream and run as it has been judged. */
export interface Observer {
  readonly progress: (text: string) => void;
  readonly judged: (name: string, judgement: Judgement) => void;
}

/** How many seeds of streams judge the goals. */
const fullSeeds = 3;
const eightHoursMinutes = 480;

/** Replays and judges the streams of both systems. */
export async function measureStreams(full: boolean, seed: number, observer: Observer): Promise<StreamsResult> {
  const seeds = Array.from({ length: full ? fullSeeds : 1 }, (_, index) => seed + index);
  const jobs = seeds.flatMap((each) => systems.map((system) => ({ system, seed: each })));
  const runs = await inParallel(jobs, async (job) => {
    const { plan, recording } = await makeStream(job.system, job.seed);
    const outcome = await replayInChild({ recording });
    const judgement = judge(plan, outcome);
    observer.progress(`${job.system}, seed ${job.seed}: ${outcome.spans} spans in ${outcome.seconds.toFixed(0)} s`);
    observer.judged(`${job.system}, seed ${job.seed}`, judgement);
    return { ...job, judgement };
  });
  return {
    runs: runs.map(({ system, seed: of, judgement }) => ({
      system,
      seed: of,
      summary: summarize(judgement.verdicts),
      kinds: kindsOf(judgement.verdicts),
      alarms: alarmsOf([judgement]),
    })),
    seeds: [...groupBy(runs, (run) => run.seed)].map(([of, both]) => ({
      seed: of,
      summary: summarize(both.flatMap(({ judgement }) => judgement.verdicts)),
      alarms: alarmsOf(both.map(({ judgement }) => judgement)),
    })),
    calibration: calibrationOf(runs.map(({ judgement }) => judgement)),
  };
}

/** What is simulated: systems with faults, and days without; both at once keep all CPUs busy. */
export interface SimulationPlan {
  readonly full: boolean;
  readonly seed: number;
  readonly faults: boolean;
  readonly days: boolean;
}

/** Simulates, replays and judges. */
export async function measureSimulator(
  { full, seed, faults, days }: SimulationPlan,
  observer: Observer,
): Promise<{ readonly simulator?: SimulatorResult; readonly days?: DaysResult }> {
  const run = async (job: SimulationJob) => {
    const result = await runSimulation(job);
    const { plan, services, spans } = result.simulated;
    const name = `${job.set} ${plan.system}: ${services} services, ${spans} spans`;
    observer.progress(`${name} in ${result.seconds.toFixed(0)} s`);
    observer.judged(name, result.judgement);
    return result;
  };
  const jobs = simulationJobs(full, seed).filter(({ set }) => (set === 'days' ? days : faults));
  const results = await inParallel(jobs, run);
  return {
    ...(faults ? { simulator: await simulatorResult(results, run) } : {}),
    ...(days ? { days: daysOf(results.filter(({ job }) => job.set === 'days')) } : {}),
  };
}

async function simulatorResult(
  results: readonly SimulationResult[],
  run: (job: SimulationJob) => Promise<SimulationResult>,
): Promise<SimulatorResult> {
  const pairs = results.filter(({ job }) => job.set === 'pairs');
  const halves = await inParallel(
    pairs.map(({ job, simulated }) => halvesOf(job, simulated.plan.cases)),
    run,
  );
  const judged = results.filter(({ job }) => job.set === 'unseen' || job.set === 'fit');
  const bySet = groupBy(judged, ({ job }) => `${job.set} ${job.options.profile ?? 'clean'}`);
  const unseen = judged.filter(({ job }) => job.set === 'unseen');
  return {
    sets: [...bySet.values()].flatMap(setOf),
    ...(pairs.length === 0 ? {} : { pairs: pairsOf(pairs, halves) }),
    calibration: calibrationOf(unseen.map(({ judgement }) => judgement)),
  };
}

function daysOf(results: readonly SimulationResult[]): DaysResult {
  return {
    systems: results.length,
    spans: results.reduce((sum, { simulated }) => sum + simulated.spans, 0),
    alarms: alarmsOf(results.map(({ judgement }) => judgement)),
  };
}

function setOf(results: readonly SimulationResult[]): SimulatorResult['sets'] {
  const [first] = results;
  if (first === undefined) return [];
  const verdicts = results.flatMap(({ judgement }) => judgement.verdicts);
  const visible = verdicts.filter((verdict) => verdict.case.visible !== false);
  return [
    {
      set: first.job.set,
      profile: first.job.options.profile ?? 'clean',
      systems: results.length,
      spans: results.reduce((sum, { simulated }) => sum + simulated.spans, 0),
      ...(verdicts.length === 0 ? {} : { all: summarize(verdicts) }),
      ...(visible.length === 0 ? {} : { visible: summarize(visible) }),
      kinds: kindsOf(visible),
      alarms: alarmsOf(results.map(({ judgement }) => judgement)),
      eightHours: eightHours(results),
      baselines: visible.length === 0 ? [] : baselineScores(results),
    },
  ];
}

/** Runs by seed, as many as make four hours: two profiles make eight. */
function eightHours(results: readonly SimulationResult[]): { falseAlarms: number; quietMinutes: number } {
  let [falseAlarms, quietMinutes] = [0, 0];
  for (const { judgement } of [...results].sort((a, b) => a.job.seed - b.job.seed)) {
    if (quietMinutes >= eightHoursMinutes / 2) break;
    falseAlarms += judgement.falseAlarms.length;
    quietMinutes += judgement.quietMinutes;
  }
  return { falseAlarms, quietMinutes };
}

function baselineScores(results: readonly SimulationResult[]) {
  const ranks = results.flatMap(({ simulated }) =>
    simulated.plan.cases.flatMap((each, index) =>
      each.visible === false ? [] : [{ service: each.service, ranks: simulated.baselineRanks[index] ?? {} }],
    ),
  );
  return baselines.map((baseline) => ({
    baseline,
    ac1: figures(ranks.map(({ service, ranks: of }) => ({ service, found: true, rank: of[baseline] }))).ac1.value,
  }));
}

/** A half stands at twice its pair's place, and the other after it. */
function pairsOf(pairs: readonly SimulationResult[], halves: readonly SimulationResult[]) {
  const alone = halves.map(({ judgement }) => judgement.verdicts.map(({ rank }) => rank === 1));
  const counted = pairs.flatMap(({ judgement }, run) =>
    judgement.verdicts.filter((_, index) => alone[run]?.[2 * index] === true && alone[run][2 * index + 1] === true),
  );
  return { pairs: counted.length, both: counted.filter(({ bothInThree }) => bothInThree === true).length };
}

function kindsOf(verdicts: readonly Verdict[]): KindResult[] {
  return [...groupBy(verdicts, (verdict) => verdict.case.fault)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, of]) => ({
      kind,
      cases: of.length,
      found: of.filter(({ incident }) => incident !== undefined).length,
      right: of.filter(({ rank }) => rank === 1).length,
    }));
}

function alarmsOf(judgements: readonly Judgement[]): AlarmsResult {
  const sum = (of: (each: Judgement) => number) => judgements.reduce((total, each) => total + of(each), 0);
  return {
    falseAlarms: sum(({ falseAlarms }) => falseAlarms.length),
    lasting: sum(({ lasting }) => lasting),
    stuck: sum(({ stuck }) => stuck),
    quietMinutes: sum(({ quietMinutes }) => quietMinutes),
  };
}

function calibrationOf(judgements: readonly Judgement[]) {
  const falseClaims = judgements.flatMap(({ falseAlarms }) =>
    falseAlarms.flatMap(({ causes }) => causes.map(({ confidence }) => confidence)),
  );
  const { bins, ...rest } = calibration(
    judgements.flatMap(({ verdicts }) => verdicts),
    falseClaims,
  );
  return { ...rest, bins: [...bins] };
}
