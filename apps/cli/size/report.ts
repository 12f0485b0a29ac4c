import type { PricedComponent, Sizing } from '@plumbline/sizing';
import { formatTable } from '../output/table';

const gibi = 2 ** 30;

/** A sizing for a terminal: a row for each component, the sum, and what each signal costs. */
export function formatSizing({ components, total, prices, monthlyPriceOf, load }: Sizing): string {
  const money = (price: number) => `${price < 10 ? price.toFixed(1) : whole(price)} ${prices.currency}`;
  const head = ['', 'replicas', 'cores', 'memory', 'disk', 'objects', 'a month'];
  const rows = components.map(({ name, replicas, cores, memoryBytes, diskBytes, objectBytes, monthlyPrice }) => [
    name,
    String(replicas),
    each(replicas, coresText(cores)),
    each(replicas, memoryText(memoryBytes)),
    diskBytes === 0 ? '' : each(replicas, gibibytes(diskBytes)),
    objectBytes === 0 ? '' : gibibytes(objectBytes),
    money(monthlyPrice),
  ]);
  const sum = [
    'in all',
    String(components.reduce((pods, { replicas }) => pods + replicas, 0)),
    coresText(total.cores),
    memoryText(total.memoryBytes),
    gibibytes(total.diskBytes),
    gibibytes(total.objectBytes),
    money(total.monthlyPrice),
  ];
  const signals = Object.entries(monthlyPriceOf).filter(([, price]) => price > 0);
  return [
    formatTable(head, [...rows, sum]),
    '',
    ...(signals.length > 1
      ? [`Of it ${signals.map(([signal, price]) => `${signal} ${money(price)}`).join(', ')}.`]
      : []),
    `For ${whole(load.spansPerSecond)} spans and ${whole(load.samplesPerSecond)} samples a second (${whole(load.activeSeries)} series), ` +
      `${(load.logBytesPerDay / 1e9).toFixed(load.logBytesPerDay < 10e9 ? 1 : 0)} GB of lines a day, at the busiest; CPU 70 % busy, volumes 80 % full.`,
    ...components.flatMap(notesOf),
  ].join('\n');
}

function notesOf({ name, notes }: PricedComponent): readonly string[] {
  return notes.map((note) => `${name}: ${note}`);
}

/** Of several, what one of them takes. */
function each(replicas: number, text: string): string {
  return replicas === 1 ? text : `${replicas} × ${text}`;
}

function coresText(cores: number): string {
  return cores < 10 ? cores.toFixed(2) : whole(cores);
}

function memoryText(bytes: number): string {
  return bytes < gibi ? `${Math.ceil(bytes / 2 ** 20)}Mi` : `${(Math.ceil((bytes / gibi) * 10) / 10).toFixed(1)}Gi`;
}

function gibibytes(bytes: number): string {
  return `${whole(Math.ceil(bytes / gibi))}Gi`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
