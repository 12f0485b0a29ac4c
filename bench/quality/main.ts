import { Command, InvalidArgumentError } from 'commander';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { runMain, wholeNumber } from '../arguments';
import { QualityError } from './bench-error';
import { goalsOf } from './goals';
import { measureSimulator, measureStreams, type Observer } from './measure';
import { scoreModels } from './model-scores';
import { measureOneTrace } from './one-trace';
import { explainCase } from './one-case';
import { renewed } from './renew';
import { report } from './report';
import { parts, qualityFile, qualitySchema, type Part, type Quality } from './result';
import { dataFolder, hasData } from './streams';
import { casesText } from './text';
import { rankTold } from './told';
import { scoreTraces } from './trace-scores';

/*
 * Faults the pipeline finds and names in systems it has never seen, and how often it cries wolf. `npm run bench:quality -- --help`
 */

/** Parts that need the recordings. */
const onRecordings: readonly Part[] = ['streams', 'rank', 'traces', 'models'];

interface QualityOptions {
  readonly seed: number;
  readonly only: readonly Part[];
  readonly full: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly case?: string;
}

async function main(): Promise<void> {
  const options = new Command('bench:quality')
    .description(
      'how many faults the pipeline finds in recorded and simulated systems, how often it names the right service, and how often it ' +
        'cries wolf; leaves with 1 when a goal is missed',
    )
    .option('--only <names>', `parts to run, with commas between: ${parts.join(', ')}`, partList, [...parts])
    .option(
      '--full',
      `three seeds of streams, many simulated systems and whole days; writes what it measured into ${qualityFile}`,
      false,
    )
    .option('--seed <n>', 'seed of streams and simulated systems', wholeNumber, 1)
    .option('--case <id>', 'explain just this fault: ranking, evidence and signals')
    .option('--verbose', 'list every fault and every false alarm', false)
    .option('--json', 'print the result as JSON', false)
    .addHelpText(
      'after',
      `\nThe recordings are read in ${dataFolder}, or where PLUMBLINE_DATA says; without them what needs them is left out.`,
    )
    .parse()
    .opts<QualityOptions>();
  if (options.case !== undefined) return explain(options.case, options);
  const quality = await measure(options);
  console.log(options.json ? JSON.stringify(quality, null, 2) : report(quality).join('\n'));
  if (options.full) {
    const known = existsSync(qualityFile)
      ? qualitySchema.parse(JSON.parse(readFileSync(qualityFile, 'utf8')))
      : undefined;
    mkdirSync(dirname(qualityFile), { recursive: true });
    writeFileSync(qualityFile, `${JSON.stringify(asRead(renewed(known, quality)), null, 2)}\n`);
    progress(`written to ${qualityFile}`);
  }
  if (quality.goals.some(({ met }) => !met)) process.exitCode = 1;
}

async function measure({ only, full, seed, verbose }: QualityOptions): Promise<Quality> {
  const startedAt = Date.now();
  const asked = only.filter((part) => full || part !== 'days');
  if (asked.length === 0) throw new QualityError('days are only measured with --full');
  const wanted = asked.filter((part) => hasData() || !onRecordings.includes(part));
  for (const part of asked) if (!wanted.includes(part)) progress(`${part} left out: no recordings in ${dataFolder}`);
  const observer: Observer = {
    progress,
    judged: (name, judgement) => {
      if (verbose) progress([name, ...casesText(judgement)].join('\n  '));
    },
  };
  const measured = {
    ...(wanted.includes('streams') ? { streams: await measureStreams(full, seed, observer) } : {}),
    ...(await measureSimulator(
      { full, seed, faults: wanted.includes('simulator'), days: wanted.includes('days') },
      observer,
    )),
    ...(wanted.includes('rank') ? { rank: await rankTold(progress) } : {}),
    ...(wanted.includes('one-trace') ? { oneTrace: (await measureOneTrace(full, seed, progress)) ?? [] } : {}),
    ...(wanted.includes('models') ? { models: await scoreModels(progress) } : {}),
    ...(wanted.includes('traces') ? { traces: (await scoreTraces(progress)) ?? [] } : {}),
  };
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  progress(`measured in ${seconds} s`);
  const run = {
    command: ['npm run bench:quality', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' '),
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
    node: process.version,
    cpus: cpus().length,
    seed,
    seconds,
    parts: wanted,
  };
  return asRead({ runs: [run], full, ...measured });
}

/** What is printed and written is what a reader of the file gets. */
function asRead(measured: object): Quality {
  const read = qualitySchema.parse(JSON.parse(JSON.stringify({ ...measured, goals: [] })));
  return { ...read, goals: goalsOf(read) };
}

async function explain(caseId: string, { seed, json }: QualityOptions): Promise<void> {
  const { incident, lines } = await explainCase(caseId, seed);
  console.log(json ? JSON.stringify(incident ?? null, null, 2) : lines.join('\n'));
}

function progress(text: string): void {
  console.error(text);
}

function partList(text: string): Part[] {
  return text.split(',').map((each) => {
    const part = parts.find((name) => name === each.trim());
    if (part === undefined) throw new InvalidArgumentError(`${each} is none of ${parts.join(', ')}`);
    return part;
  });
}

runMain('bench:quality', main);
