import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderApp } from '../constructs/testing';
import { production } from '../environments/production';
import { platform } from '../main';
import { code, page, table } from '../tools/markdown';
import { acceptanceFile, acceptanceSchema, type Acceptance } from './acceptance';
import { lossesOf, productionLoad, volumesOf } from './backup/facts';
import { recoveryPage } from './backup/page';
import { backupFile, backupSchema } from './backup/result';
import { checkPage } from './check/page';
import { checkFile, checkSchema } from './check/result';
import { qualityPage } from './quality/page';
import { qualityFile, qualitySchema } from './quality/result';
import { megabytes, resultFile, resultSchema, spansText, titles, type Result } from './throughput/result';

/*
 * Renders what was measured into `docs`, from the committed results; measures nothing.
 */

const root = join(__dirname, '..');

/** Spans per CPU second beside the naive implementation, in Markdown. */
export function performancePage(result: Result): string {
  const { load, measurements } = result;
  const rows = measurements.map(({ name, plumbline, naive, ratio }) => [
    titles[name],
    spansText(plumbline.spansPerCpuSecond),
    spansText(naive.spansPerCpuSecond),
    ratio.toFixed(1),
    megabytes(plumbline.peakRssBytes),
    megabytes(naive.peakRssBytes),
  ]);
  const rounds = measurements.map(({ name, plumbline, naive }) => [
    titles[name],
    plumbline.rounds.map(spansText).join(' · '),
    naive.rounds.map(spansText).join(' · '),
  ]);
  return page(
    'Performance',
    `Measured by ${code(result.command)} on ${result.cpus} × ${result.cpu}, Node.js ${result.node}, ${result.platform}: ` +
      `${spansText(load.spans)} spans in ${spansText(load.traces)} messages of one trace each, ${megabytes(load.bytes)} of OTLP, ` +
      `${load.partitions} partitions, of which the first ${spansText(load.warmUpSpans)} spans warm the process up. A span per CPU ` +
      `second counts user and system time of every thread of the process, the garbage collector's too; the median of the rounds counts.`,
    [
      table(['What', 'Spans per CPU second', 'Naive', 'Times naive', 'Peak memory', 'Naive, peak'], rows),
      'The naive implementation is what one writes first: kafkajs, protobufjs and JSON. It is given our Snappy codec and sends in ' +
        'batches, and it does less: it waits for no late span, knows no limits and rewrites no semantic conventions. Both run in ' +
        'processes of their own, in turn, with the Node.js options of the worker image, against the same broker.',
      '## Rounds',
      table(['What', 'Plumbline', 'Naive'], rounds),
    ],
  );
}

/** What became of faults that the demo injected, in Markdown. */
export function acceptancePage(acceptance: Acceptance): string {
  const { rounds, quiet, right, total } = acceptance;
  const rows = rounds.map((round, index) => [
    String(index + 1),
    round.fault,
    round.expected ?? '',
    round.named ?? '',
    round.outcome,
    secondsBetween(round.injectedAfter, round.namedAfter),
    secondsBetween(0, round.namedAfter),
    String(round.seed ?? ''),
  ]);
  return page(
    'Acceptance',
    `Measured by ${code(`npm run accept -- --seed ${acceptance.seed}`)} on ${acceptance.cpus} CPUs, Node.js ${acceptance.node}: each ` +
      `fault of the demo several times, service and seed drawn at random, each in a fresh shop with a fresh profile that the ` +
      `pipeline learns first; then load without a fault. **${right} of ${total}** named the service whose process was altered first` +
      `${quiet === undefined ? '' : `; ${quietText(quiet)}`}.`,
    [
      table(
        ['#', 'Fault', 'Service altered', 'Named', 'Outcome', 'After the fault, s', 'After the start, s', 'Seed'],
        rows,
      ),
      `One of them again: ${code('npm run demo -- --fault FAULT --seed SEED')}.`,
    ],
  );
}

function quietText({ minutes, outcome, requests = 0 }: NonNullable<Acceptance['quiet']>): string {
  if (outcome === 'quiet') return `**${minutes} minutes** without a fault were quiet (${spansText(requests)} requests)`;
  return `of ${minutes} minutes without a fault **an incident opened** after ${spansText(requests)} requests`;
}

function secondsBetween(from: number | undefined, to: number | undefined): string {
  return from === undefined || to === undefined ? '' : (to - from).toFixed(0);
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(join(root, file), 'utf8'));
}

if (require.main === module) {
  const pages = {
    'reference/performance.md': performancePage(resultSchema.parse(read(resultFile))),
    'reference/acceptance.md': acceptancePage(acceptanceSchema.parse(read(acceptanceFile))),
    'reference/check.md': checkPage(existsSync(join(root, checkFile)) ? checkSchema.parse(read(checkFile)) : undefined),
    'reference/recovery.md': recoveryPage(
      existsSync(join(root, backupFile)) ? backupSchema.parse(read(backupFile)) : undefined,
      {
        losses: lossesOf(renderApp(platform(production))),
        volumes: volumesOf(productionLoad),
      },
    ),
    'explanation/quality.md': qualityPage(
      existsSync(join(root, qualityFile)) ? qualitySchema.parse(read(qualityFile)) : undefined,
    ),
  };
  for (const [name, text] of Object.entries(pages)) writeFileSync(join(root, 'docs', name), text);
}
