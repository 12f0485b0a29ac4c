import { Command, InvalidArgumentError, Option } from 'commander';
import { families, generators, type Family } from './families';
import { faultKinds, sizes, type FaultKind, type Size } from './faults';
import { drawRun, writeRun } from './run';
import { SystemError, type ProfileName } from './system';

/*
 * Writes a recording of a random system and the plan of what is in it.
 * `node --import tsx bench/quality/simulator/main.ts --help`
 */

interface Options {
  readonly family: Family;
  readonly seed: number;
  readonly out: string;
  readonly profile: ProfileName;
  readonly services?: number;
  readonly rate?: number;
  readonly warm: number;
  readonly cases: number;
  readonly fault?: readonly FaultKind[];
  readonly size?: Size;
  readonly pairs: boolean;
  readonly day?: number;
  readonly releases: number;
  readonly shifts: number;
}

function main(): void {
  const options = new Command('simulator')
    .description(
      'writes a recording of a random system (requests.bin) and the plan of what goes wrong in it (plan.json)',
    )
    .addOption(
      new Option('--family <name>', `kind of graph; kept aside: ${families.unseen.join(', ')}`)
        .choices(Object.keys(generators))
        .makeOptionMandatory(),
    )
    .requiredOption('--seed <n>', 'the same recording for the same seed and options', wholeNumber)
    .requiredOption('--out <folder>', 'where the recording goes')
    .addOption(new Option('--profile <name>', 'how harsh').choices(['clean', 'rough']).default('clean'))
    .option('--services <n>', '2 to 200; drawn when left out', wholeNumber)
    .option('--rate <n>', 'requests a second; drawn when left out', positive)
    .option('--warm <minutes>', 'minutes without faults first', wholeNumber, 20)
    .option('--cases <n>', 'how many faults', wholeNumber, 4)
    .addOption(new Option('--fault <kind...>', 'kinds, in turn; drawn when left out').choices([...faultKinds]))
    .addOption(new Option('--size <size>', 'drawn when left out').choices([...sizes]))
    .option('--pairs', 'two faults at a time', false)
    .option('--day <minutes>', 'length of a day, in which traffic swings once; no rhythm when left out', wholeNumber)
    .option('--releases <n>', 'new versions that change nothing, an hour', positive, 0)
    .option('--shifts <n>', 'changes of traffic, an hour', positive, 0)
    .parse()
    .opts<Options>();
  const started = performance.now();
  const { system, options: run } = drawRun(options.seed, {
    family: options.family,
    profile: options.profile,
    ...(options.services === undefined ? {} : { services: options.services }),
    ...(options.rate === undefined ? {} : { tracesPerSecond: options.rate }),
    warmMinutes: options.warm,
    cases: Array.from({ length: options.cases }, (_, index) => {
      const fault = options.fault?.[index % options.fault.length];
      return {
        ...(fault === undefined ? {} : { fault }),
        ...(options.size === undefined ? {} : { size: options.size }),
        ...(options.pairs ? { also: {} } : {}),
      };
    }),
    ...(options.day === undefined ? {} : { dayMinutes: options.day }),
    releasesPerHour: options.releases,
    shiftsPerHour: options.shifts,
  });
  const { plan, spans, bytes } = writeRun(options.out, system, run);
  const seconds = (performance.now() - started) / 1000;
  console.error(
    `${plan.system}: ${plan.services} services, ${system.tracesPerSecond.toFixed(1)} requests a second, ${plan.minutes} minutes, ` +
      `${spans} spans, ${(bytes / 1e6).toFixed(1)} MB in ${seconds.toFixed(1)} s`,
  );
  for (const { case_id, service, fault, size, magnitude, onset, depth, visible, also } of plan.cases) {
    const second = also === undefined ? '' : `, and ${also.fault} ×${also.magnitude} at ${also.service}`;
    console.error(
      `  ${case_id}: ${fault} (${size}, ${magnitude}, ${onset}) at ${service}, depth ${depth}${second}${visible === true ? '' : ', not visible'}`,
    );
  }
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('a whole number from 0 is needed');
  return value;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new InvalidArgumentError('a number from 0 is needed');
  return value;
}

try {
  main();
} catch (error) {
  if (!(error instanceof SystemError)) throw error;
  console.error(`simulator: ${error.message}`);
  process.exitCode = 2;
}
