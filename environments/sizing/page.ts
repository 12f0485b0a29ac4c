import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { code, page, table } from '../../tools/markdown';
import { sizingExceptions } from './exceptions';
import { mostSpans, shortfallsOf, type Shortfall } from './fit';
import { formulaTable, inCommon, measuredTable, priceText } from './formulas';
import { loads, type SizedName } from './loads';
import { compared, factor, isWithin, sourceTables, type Comparison } from './sources';
import { renderedOf } from './stack';
import { explanationOf, explanations } from './why';

const file = join(__dirname, '..', '..', 'docs', 'reference', 'sizing.md');
const gibi = 2 ** 30;
const whole = (value: number) => Math.floor(value).toLocaleString('en-US');

/** Formulas, what they say of the documents' tables, and of our environments; in Markdown. */
export function sizingPage(): string {
  return page(
    'Sizing',
    `What ${code('plumbline size')} says, and why: how large each component has to be for what comes. The formulas are in ${code('constructs/sizing')}, each with where it is ` +
      'from. What is measured was measured for a minute at 4,000 spans a second, on two cores that others used, with spans of nine attributes and lines of some ' +
      'hundred bytes: the order is right, your spans are not these. Above 4,000 spans a second it is a straight line that nobody has gone along. What questions hold in memory is not in it, but for what Mimir says of its own: Tempo’s page gives a querier 4 to 20 GB.',
    [
      [
        '```',
        'npx plumbline size --spans 25000 --series 300000 --logs 50 --keep-traces 7',
        'npx plumbline size --help',
        '```',
      ].join('\n'),
      '## Formulas',
      inCommon,
      formulaTable(),
      '## Measured',
      `By ${code('npm run bench:sizing')}, of ${code('dist/minimal')} as it is rendered, with Apache Kafka in place of Redpanda; ${code('bench/results/sizing.json')} has all of it.`,
      measuredTable(),
      '## Prices',
      priceText(),
      '## Environments',
      `What each is given, against what its load needs. What is more than a twentieth too small is listed; a test holds that nothing else is.`,
      environmentTable(),
      shortfallList(),
      '## What the documents say',
      `Figures of the documents' tables beside ours, of all replicas together. ${countText()}. The others are explained below.`,
      ...sourceTables.flatMap((source) => [`### ${source.title}`, source.said, comparisonTable(compared(source))]),
      '### Why some are not near',
      explanations
        .map(({ table: of, components, reason }) => `- ${of}, ${components.join(', ')}: ${reason}`)
        .join('\n'),
    ],
  );
}

function environmentTable(): string {
  const rows = (Object.keys(loads) as SizedName[]).map((name) => {
    const { load, said } = loads[name];
    const objects = renderedOf(name);
    const most = (counts?: (shortfall: Shortfall) => boolean) => whole(mostSpans(objects, load, counts));
    // What is too small for samples is so for any number of spans.
    const ofSpans = ({ component }: Shortfall) => !['prometheus', 'mimir'].includes(component);
    const computing = (shortfall: Shortfall) => shortfall.quantity !== 'diskBytes' && ofSpans(shortfall);
    const keeping = (shortfall: Shortfall) => shortfall.quantity === 'diskBytes' && ofSpans(shortfall);
    return [name, whole(load.spansPerSecond), most(computing), most(keeping), said];
  });
  return table(['', 'Spans a second, stated', 'CPU and memory are for', 'Volumes are for', 'Stated by'], rows);
}

function shortfallList(): string {
  const lines = (Object.keys(loads) as SizedName[]).flatMap((name) =>
    shortfallsOf(renderedOf(name), loads[name].load).map((shortfall) => {
      const { component, quantity, given, needed } = shortfall;
      const amount = (value: number) =>
        quantity === 'cores' ? `${value.toFixed(2)} cores` : `${(value / gibi).toFixed(1)} GiB`;
      const what = quantity === 'diskBytes' ? 'on its volume' : quantity === 'cores' ? 'reserved' : 'of memory';
      return `- **${name}**, ${code(component)}: ${amount(given)} ${what} for ${amount(needed)}. ${reasonOf(name, shortfall)}`;
    }),
  );
  return lines.join('\n');
}

/** @throws {RangeError} if nobody has explained it */
function reasonOf(name: SizedName, { component, quantity }: Shortfall): string {
  const found = sizingExceptions.find(
    (each) => each.of.includes(name) && each.component === component && each.quantities.includes(quantity),
  );
  if (found === undefined)
    throw new RangeError(`${name}: that ${component} has too little of ${quantity} is not explained`);
  return found.reason;
}

function comparisonTable(comparisons: readonly Comparison[]): string {
  const unit = { cores: '', memory: ' GiB', storage: ' GiB' } as const;
  const amount = (value: number, figure: Comparison['figure']) =>
    `${value < 100 ? Number(value.toPrecision(2)) : whole(value)}${unit[figure]}`;
  const rows = comparisons.map((comparison) => {
    const { component, figure, theirs, ours } = comparison;
    const verdict = isWithin(comparison) ? '' : explanationOf(comparison) === undefined ? '?' : 'not near';
    return [
      component,
      figure,
      amount(theirs, figure),
      amount(ours, figure),
      `× ${Number((ours / theirs).toPrecision(2))}`,
      verdict,
    ];
  });
  return table(['Component', 'Figure', 'Document', 'Ours', 'Ours over theirs', ''], rows);
}

function countText(): string {
  const all = sourceTables.flatMap(compared);
  return `Of ${all.length} figures ${all.filter(isWithin).length} are within a factor of ${factor}`;
}

if (require.main === module) writeFileSync(file, sizingPage());
