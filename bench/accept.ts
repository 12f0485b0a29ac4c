import { faults } from '@plumbline/demo';
import { Command } from 'commander';
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { DemoResult } from '../apps/cli/demo/run';
import { acceptanceFile, type Acceptance } from './acceptance';

/*
 * Acceptance of the whole: every fault several times with service and seed drawn at random, then a long stretch without any.
 * Each round is the demo as a user starts it, in processes of its own. `npm run accept -- --help`
 */

interface AcceptOptions {
  readonly rounds: number;
  readonly quietMinutes: number;
  readonly seed: number;
  readonly fault?: string;
  readonly out: string;
}

interface Round {
  readonly fault: string;
  readonly result: DemoResult | undefined;
  readonly exitCode: number | null;
  readonly tail: string;
}

const root = join(__dirname, '..');

async function main(): Promise<void> {
  const program = new Command('accept')
    .description('run the demo for every fault with service and seed drawn at random, then without a fault')
    .option('--rounds <n>', 'runs of each fault', Number, 3)
    .option('--quiet-minutes <n>', 'minutes without a fault in which no incident may open; 0 leaves it out', Number, 30)
    .option('--seed <n>', 'seed that draws the seeds', Number, Math.floor(Math.random() * 1e9))
    .option('--fault <name>', 'only this fault')
    .option('--out <file>', 'where the result is written', acceptanceFile)
    .parse();
  const options = program.opts<AcceptOptions>();
  const rounds: Round[] = [];
  const chosen = faults.filter(({ name }) => options.fault === undefined || name === options.fault);
  const total = chosen.length * options.rounds;
  console.log(`seed ${options.seed}: ${total} faults, then ${options.quietMinutes} quiet minutes`);
  for (let n = 0; n < options.rounds; n += 1) {
    for (const { name } of chosen) {
      const seed = (options.seed + rounds.length * 7919) % 1_000_000_000;
      const round = await runDemo(['--fault', name, '--seed', String(seed)], name);
      rounds.push(round);
      console.log(`${String(rounds.length).padStart(2)}/${total}  ${describe(round)}`);
    }
  }
  const right = rounds.filter(({ result }) => result?.outcome === 'right').length;
  const needed = Math.ceil((total * 20) / 21);
  const times = rounds.flatMap(({ result }) => result?.namedAfter ?? []).sort((a, b) => a - b);
  console.log(`${right} of ${total} right, ${needed} needed; named after ${summary(times)} s from the demo's start`);

  let quiet: Round | undefined;
  if (options.quietMinutes > 0) {
    quiet = await runDemo(['--faultless', String(options.quietMinutes), '--seed', String(options.seed)], 'none');
    console.log(`${options.quietMinutes} minutes without a fault: ${quiet.result?.outcome ?? `failed: ${quiet.tail}`}`);
  }
  const passed = right >= needed && (quiet === undefined || quiet.result?.outcome === 'quiet');
  const record: Acceptance = {
    seed: options.seed,
    node: process.version,
    cpus: cpus().length,
    right,
    total,
    passed,
    rounds: rounds.map(brief),
    ...(quiet === undefined ? {} : { quiet: { minutes: options.quietMinutes, ...brief(quiet) } }),
  };
  mkdirSync(join(root, 'bench', 'results'), { recursive: true });
  writeFileSync(join(root, options.out), `${JSON.stringify(record, null, 2)}\n`);
  console.log(passed ? 'accepted' : 'NOT accepted');
  process.exitCode = passed ? 0 : 1;
}

function runDemo(args: readonly string[], fault: string): Promise<Round> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'apps/cli/main.ts', 'demo', '--json', ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { out: '', err: '' };
    child.stdout.on('data', (chunk: Buffer) => (output.out += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (output.err = (output.err + chunk.toString('utf8')).slice(-4000)));
    child.on('close', (exitCode) => {
      resolve({ fault, exitCode, result: lastResult(output.out), tail: output.err.slice(-1500) });
    });
  });
}

function lastResult(stdout: string): DemoResult | undefined {
  const line = stdout.trim().split('\n').pop() ?? '';
  try {
    return JSON.parse(line) as DemoResult;
  } catch {
    return undefined;
  }
}

function describe({ fault, result, exitCode, tail }: Round): string {
  if (result === undefined) return `${fault}: no result, exit code ${exitCode ?? 'none'}\n${tail}`;
  const { outcome, expected, ranking, namedAfter, injectedAfter, seed } = result;
  const took =
    namedAfter === undefined
      ? ''
      : `, named after ${namedAfter.toFixed(0)} s, ${(namedAfter - (injectedAfter ?? 0)).toFixed(0)} s after the fault`;
  return `${outcome.padEnd(13)} ${fault} in ${expected ?? '-'} (seed ${seed})${took}; ranking ${ranking?.slice(0, 4).join(', ') ?? '-'}`;
}

/** What is kept of a round: enough to see what happened and to run it again. */
function brief({ fault, result, exitCode, tail }: Round): Acceptance['rounds'][number] {
  if (result === undefined) return { fault, outcome: 'failed', exitCode, tail };
  const { incident, ...rest } = result;
  const first = incident?.causes[0];
  return {
    ...rest,
    fault,
    ...(incident === undefined ? {} : { title: incident.title, affected: incident.affected.slice(0, 8) }),
    // Where no cause is claimed, what was ranked is all there is to go by.
    ...(incident === undefined || first !== undefined ? {} : { unclaimed: incident.ranking.slice(0, 3) }),
    ...(first === undefined
      ? {}
      : { change: first.change, evidence: first.evidence.slice(0, 2).map((e) => e.sentence) }),
  };
}

function summary(sorted: readonly number[]): string {
  if (sorted.length === 0) return '-';
  const at = (q: number) => (sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0).toFixed(0);
  return `${at(0)} to ${at(1)}, median ${at(0.5)}`;
}

void main();
