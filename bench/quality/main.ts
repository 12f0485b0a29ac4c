import { Command, InvalidArgumentError } from 'commander';
import { judge, type Judgement } from './judge';
import { inParallel, replayInChild } from './replays';
import { hasData, makeStream, systems, systemTitles, type System } from './streams';
import { summarize } from './figures';
import { alarmText, casesText, kindsText, summaryText } from './text';

/*
 * Faults the pipeline finds and names, in systems it has never seen. `npm run bench:quality -- --help`
 */

interface QualityOptions {
  readonly seed: number;
  readonly only: readonly string[];
  readonly verbose?: true;
}

async function main(): Promise<void> {
  const options = new Command('bench:quality')
    .description('how many faults the pipeline finds, how often it names the right service, how often it cries wolf')
    .option('--seed <n>', 'seed of the streams', wholeNumber, 1)
    .option('--only <names>', 'parts to run, with commas between', list, ['streams'])
    .option('--verbose', 'list every fault and every false alarm')
    .parse()
    .opts<QualityOptions>();
  if (!hasData()) {
    console.error('the recordings are not here: say where with PLUMBLINE_DATA; streams are left out');
    return;
  }
  const startedAt = Date.now();
  const judgements = await inParallel(systems, (system) => judgeStream(system, options.seed));
  for (const judgement of judgements) {
    const { verdicts } = judgement;
    console.log(summaryText(systemTitles[judgement.system as System], summarize(verdicts)));
    console.log(`  ${alarmText([judgement])}`);
    console.log(`  of each kind cases/found/right: ${kindsText(verdicts)}`);
    if (options.verbose === true) for (const line of casesText(judgement)) console.log(`    ${line}`);
  }
  console.log(summaryText('both', summarize(judgements.flatMap(({ verdicts }) => verdicts))));
  console.log(`  ${alarmText(judgements)}`);
  console.error(`${((Date.now() - startedAt) / 1000).toFixed(0)} s`);
}

async function judgeStream(system: System, seed: number): Promise<Judgement> {
  const { plan, recording } = await makeStream(system, seed);
  const outcome = await replayInChild({
    recording,
    onProgress: (atMs) => {
      if (Math.floor(atMs / 60_000) % 60 === 0) console.error(`${system}: ${new Date(atMs).toISOString()}`);
    },
  });
  console.error(`${system}: ${outcome.spans} spans in ${outcome.seconds.toFixed(0)} s`);
  return judge(plan, outcome);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('a whole number from 1 is needed');
  return value;
}

function list(text: string): string[] {
  return text.split(',').map((each) => each.trim());
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? `bench:quality: ${error.message}` : error);
  process.exitCode = 1;
});
