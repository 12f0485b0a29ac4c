import { DriftMonitor } from '@plumbline/models';
import { Command } from 'commander';
import { scoredBy, trainedWith, type Draw } from '../../apps/models/drift/testing';
import { runMain, wholeNumber } from '../arguments';
import { seededRandom } from '../quality/random';
import { clustered, independent, shifted, throughTheDay, type Traffic } from './traffic';

/*
 * How often drift is told of that is none, and how surely drift that is. Fails above one false drift in a month.
 * `npm run bench:drift -- --help`
 */

interface Options {
  readonly months: number;
  readonly features: number;
}

interface Case {
  readonly name: string;
  readonly traffic: Traffic;
  /** What the version was trained with. @default - the same traffic */
  readonly trainedBy?: Traffic;
  /** Traces of an hour. */
  readonly traces: number;
  readonly isDrift: boolean;
}

const hourMs = 3_600_000;
const trainingTraces = 4000;
const hoursOfTraining = 168;

const cases: readonly Case[] = [
  { name: 'independent traces', traffic: independent, traces: 500, isDrift: false },
  { name: 'traces that go together for five minutes', traffic: clustered, traces: 500, isDrift: false },
  {
    name: 'two kinds of requests, whose shares change by the hour',
    traffic: throughTheDay,
    traces: 500,
    isDrift: false,
  },
  ...[0.3, 0.4, 0.5, 0.6, 0.75, 1].map((by) => ({
    name: `one feature moved by ${by} standard deviations`,
    traffic: shifted(by),
    trainedBy: shifted(0),
    traces: 500,
    isDrift: true,
  })),
];

async function main(): Promise<void> {
  const { months, features } = new Command('bench:drift')
    .description('how often drift is told of that is none, and how surely drift that is')
    .option('--months <n>', 'months of traffic without drift', wholeNumber, 12)
    .option('--features <n>', 'features of a trace', wholeNumber, 100)
    .parse()
    .opts<Options>();
  for (const each of cases) {
    const hours = each.isDrift ? 24 * 30 : 24 * 30 * months;
    const { told, drifting, worst } = measure(each, hours, features);
    const days = hours / 24;
    const result = each.isDrift
      ? `${((100 * drifting) / hours).toFixed(1)} % of the hours drift, told of on ${told} of ${days} days`
      : `${told} false drifts in ${months} months; ${drifting} of ${hours} hours alone, worst index ${worst.toFixed(3)}`;
    console.log(`${each.name}: ${result}`);
    if (!each.isDrift && told > months) process.exitCode = 1;
    // Lets what was printed out, between minutes of arithmetic.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function measure({ traffic, trainedBy = traffic, traces }: Case, hours: number, features: number) {
  const trained = trainedBy(seededRandom(1), features);
  const perHour = Math.ceil(trainingTraces / hoursOfTraining);
  let ofHour: Draw = trained(0);
  const models = trainedWith(features, trainingTraces, (trace) => {
    if (trace % perHour === 0) ofHour = trained(trace / perHour);
    return ofHour(trace);
  });
  let [drifting, worst, told] = [0, 0, 0];
  const monitor = new DriftMonitor({
    coolDownMs: 23 * hourMs,
    onReport: ({ drifts }) => {
      if (drifts.some((each) => each.drifts)) drifting += 1;
      worst = Math.max(worst, drifts[0]?.psi ?? 0);
    },
  });
  const draw = traffic(seededRandom(2), features);
  for (let hour = 0; hour < hours; hour += 1) {
    const span = { fromMs: hour * hourMs, durationMs: hourMs };
    told += monitor.observe(scoredBy(models, traces, draw(hour), span)).length;
  }
  return { told, drifting, worst };
}

runMain('bench:drift', main);
