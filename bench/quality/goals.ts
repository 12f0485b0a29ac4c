import { baselineTitles } from './baselines';
import { median } from './figures';
import type {
  DaysResult,
  Goal,
  Measured,
  OneTraceResult,
  SimulatorResult,
  StreamsResult,
  ToldResult,
  TracesResult,
} from './result';
import { seconds, share } from './text';
import { systemTitles, type System } from './streams';

/* What has to be reached. A goal of a part that was run and could not be measured is missed. */

const told: Readonly<Record<System, number>> = { 'nezha-ob': 0.95, 'nezha-tt': 0.69 };
const traceGoals: Readonly<Record<System, { auc: number; recall: number }>> = {
  'nezha-ob': { auc: 0.94, recall: 0.88 },
  'nezha-tt': { auc: 0.97, recall: 0.87 },
};
/** A simulator in which a rule that looks at one signal does better is too easy to tell anything. */
export const tooEasy = 0.8;

/** Goals of what was measured. */
export function goalsOf({ streams, simulator, days, rank, traces, oneTrace }: Measured): Goal[] {
  return [
    ...(streams === undefined ? [] : streamGoals(streams)),
    ...(simulator === undefined ? [] : simulatorGoals(simulator)),
    ...(days === undefined ? [] : daysGoals(days)),
    ...(rank === undefined ? [] : toldGoals(rank)),
    ...(traces === undefined ? [] : scoreGoals(traces)),
    ...(oneTrace === undefined ? [] : oneTraceGoals(oneTrace)),
  ];
}

function streamGoals({ seeds }: StreamsResult): Goal[] {
  const of = (value: (seed: StreamsResult['seeds'][number]) => number | undefined) =>
    median(seeds.flatMap((seed) => value(seed) ?? []));
  const most = (value: (seed: StreamsResult['seeds'][number]) => number) => Math.max(...seeds.map(value));
  return [
    atLeast('streams: faults found of 47', 33, of(({ summary }) => summary.foundCases) ?? 0, String),
    atLeast('streams: faults named first of 47', 29, of(({ summary }) => summary.rightCases) ?? 0, String),
    atLeast('streams: right of those found', 0.85, of(({ summary }) => summary.rightOfFound.value) ?? NaN),
    atMost(
      'streams: false alarms of a seed',
      1,
      most(({ alarms }) => alarms.falseAlarms),
      String,
    ),
    atMost(
      'streams: false alarms that last',
      0,
      most(({ alarms }) => alarms.lasting),
      String,
    ),
    atMost('streams: opened after the injection', 30, of(({ summary }) => summary.openedAfter) ?? NaN, seconds),
  ];
}

function simulatorGoals({ sets, pairs }: SimulatorResult): Goal[] {
  const unseen = sets.filter(({ set }) => set === 'unseen');
  const kinds = new Map<string, { cases: number; right: number }>();
  for (const { kind, cases, right } of unseen.flatMap((set) => set.kinds)) {
    const known = kinds.get(kind) ?? { cases: 0, right: 0 };
    kinds.set(kind, { cases: known.cases + cases, right: known.right + right });
  }
  const eight = unseen.reduce((sum, { eightHours }) => sum + eightHours.falseAlarms, 0);
  const hours = unseen.reduce((sum, { eightHours }) => sum + eightHours.quietMinutes, 0) / 60;
  return [
    ...unseen.map(({ profile, visible }) =>
      atLeast(
        `simulator, ${profile}: AC@1 of visible faults`,
        profile === 'clean' ? 0.95 : 0.85,
        visible?.ac1.value ?? NaN,
      ),
    ),
    ...[...kinds].map(([kind, { cases, right }]) =>
      atLeast(`simulator: visible faults of kind ${kind} named first`, 0.8, right / cases),
    ),
    atMost(`simulator: false alarms in ${hours.toFixed(0)} quiet hours of unseen families`, 0, eight, String),
    ...(pairs === undefined
      ? []
      : [atLeast('simulator: pairs with both in the first three', 0.8, pairs.both / pairs.pairs)]),
    ...sets.flatMap(({ set, profile, baselines }) =>
      baselines.map(({ baseline, ac1 }) =>
        atMost(`simulator not too easy: ${baselineTitles[baseline]}, ${set}, ${profile}`, tooEasy, ac1),
      ),
    ),
  ];
}

function daysGoals({ alarms }: DaysResult): Goal[] {
  const days = Math.round(alarms.quietMinutes / 1440);
  return [atMost(`days: false alarms in ${days} simulated days`, 1, alarms.falseAlarms, String)];
}

function toldGoals({ scores, differences }: ToldResult): Goal[] {
  const ours = scores.filter(({ ranker }) => ranker === 'plumbline');
  if (ours.length === 0) return [notMeasured('rank: AC@1 told the windows')];
  return [
    ...ours.map(({ system, ac1 }) => atLeast(`rank: AC@1 of ${systemTitles[system]}`, told[system], ac1.value)),
    ...differences.map(({ baseline, ac1 }): Goal => ({
      goal: `rank: better than ${baselineTitles[baseline]}, lower bound`,
      needed: '> 0',
      reached: ac1.low.toFixed(2),
      met: ac1.low > 0,
    })),
  ];
}

function scoreGoals(traces: TracesResult): Goal[] {
  if (traces.length === 0) return [notMeasured('traces: AUC and recall at 1 %')];
  return traces.flatMap(({ system, auc, recall }) => [
    atLeast(`traces: AUC of ${systemTitles[system]}`, traceGoals[system].auc, auc, (value) => value.toFixed(3)),
    atLeast(`traces: recall at 1 % of ${systemTitles[system]}`, traceGoals[system].recall, recall, (value) =>
      value.toFixed(3),
    ),
  ]);
}

function oneTraceGoals(sets: OneTraceResult): Goal[] {
  if (sets.length === 0) return [notMeasured('rank: the slow service of one trace')];
  const sum = (of: (set: OneTraceResult[number]) => number) => sets.reduce((total, set) => total + of(set), 0);
  return [
    atLeast(
      'rank: the slow service of one trace named first',
      0.99,
      sum(({ right }) => right) / sum(({ draws }) => draws),
      (value) => value.toFixed(3),
    ),
  ];
}

function atLeast(goal: string, needed: number, reached: number, text: (value: number) => string = share): Goal {
  return { goal, needed: `≥ ${text(needed)}`, reached: text(reached), met: reached >= needed - 1e-9 };
}

function atMost(goal: string, needed: number, reached: number, text: (value: number) => string = share): Goal {
  return { goal, needed: `≤ ${text(needed)}`, reached: text(reached), met: reached <= needed + 1e-9 };
}

function notMeasured(goal: string): Goal {
  return { goal, needed: 'measured', reached: 'the pipeline exports nothing to measure it by', met: false };
}
