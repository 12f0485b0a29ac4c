import { Command, InvalidArgumentError } from 'commander';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { conclude } from './conclude';
import { record, type Recorded, type RecordOptions } from './record';
import { checkFile, checkSchema, neededShare } from './result';
import { faultLine, summaryText } from './text';

/*
 * Whether faults of the sizes that `plumbline check` names are found as it says, once they are really there.
 * `npm run bench:check -- --help`
 */

interface MainOptions extends RecordOptions {
  readonly out: string;
  readonly keep?: string;
  readonly again?: string;
}

const root = join(__dirname, '..', '..');
const runFile = 'run.json';

async function main(): Promise<void> {
  const { out, keep, again, ...options } = new Command('bench:check')
    .description('inject faults in the shop at the sizes that check names, and judge whether they are found as it said')
    .option('--seed <n>', 'of shops, check and order of faults', whole, 1)
    .option('--rate <n>', 'requests a second of each shop', positive, 8)
    .option('--normal <minutes>', 'traffic without a fault that is recorded for check', positive, 12)
    .option('--faults <n>', 'faults in all, fewest', whole, 20)
    .option('--broken <seconds>', 'how long each fault is on', positive, 80)
    .option('--quiet <seconds>', 'time after each in which its incident is resolved', positive, 130)
    .option('--out <file>', 'where the result is written', checkFile)
    .option('--keep <folder>', 'keep the recordings there')
    .option('--again <folder>', 'judge again what was kept there, by the pipeline as it is now; records nothing')
    .addHelpText(
      'after',
      `
Records shops side by side, checks the normal part of each recording, breaks each shop by the faults that come closest to what the
check tried, one after another, and replays all with the preset 'server'. Takes about 45 minutes; what else runs on the machine shows in
the recordings. Ends with 1 when fewer than ${100 * neededShare} % are found within a minute and named right.`,
    )
    .parse()
    .opts<MainOptions>();
  const startedAt = Date.now();
  const say = (line: string): void => {
    console.error(`${((Date.now() - startedAt) / 60_000).toFixed(1).padStart(5)} min  ${line}`);
  };
  const folder = resolve(again ?? keep ?? mkdtempSync(join(tmpdir(), 'plumbline-bench-check-')));
  try {
    if (again === undefined) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, runFile), JSON.stringify(await record(folder, options, say)));
    }
    const recorded = JSON.parse(readFileSync(join(folder, runFile), 'utf8')) as Recorded;
    const { seed, rate, normal, broken, quiet } = recorded.options;
    const result = checkSchema.parse({
      command: `npm run bench:check -- --seed ${seed} --rate ${rate} --normal ${normal} --broken ${broken} --quiet ${quiet}`,
      node: process.version,
      cpus: cpus().length,
      ...(await conclude(folder, recorded, say)),
    });
    const file = resolve(root, out);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
    console.log([...result.faults.map(faultLine), summaryText(result)].join('\n'));
    process.exitCode = result.passed ? 0 : 1;
  } finally {
    if (keep === undefined && again === undefined) rmSync(folder, { recursive: true });
  }
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('give a number above 0.');
  return value;
}

function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('give a whole number.');
  return Number(text);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? `bench:check: ${error.message}` : error);
  process.exitCode = 1;
});
