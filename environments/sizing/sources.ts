import { sizeOf, type Load, type Sizing } from '../../constructs/sizing';

/** What a document gives one component, of all its replicas together. */
export interface SourceRow {
  readonly component: string;
  readonly cores: number;
  readonly memoryGiB: number;
  /** Disk, or what it keeps in a bucket where it has one. @default - it says nothing of it */
  readonly storageGiB?: number;
}

/** A table of sizes of a document, and the load that it is for. */
export interface SourceTable {
  readonly title: string;
  readonly rows: readonly SourceRow[];
  readonly load: Load;
  /** Who says for what load it is; a sentence. */
  readonly said: string;
}

const requirements001 = (name: string, cores: number, memoryGiB: number, spansPerSecond: number, days: number) => ({
  title: `001, resource requirements, ${name}`,
  rows: [{ component: 'all', cores, memoryGiB, storageGiB: name === 'Production' ? 500 : 180 }],
  load: {
    spansPerSecond,
    samplesPerSecond: 10_000,
    logBytesPerDay: 1e9,
    retention: { traces: days, metrics: 15, logs: 30 },
    replication: 1,
  },
  said: `For ${spansPerSecond.toLocaleString('en-US')} of the 5,000 to 25,000 spans and 10,000 samples a second that it names; a gigabyte of lines a day is ours. Without broker and pipeline, which it has not.`,
});

const table004 = (name: string, factor: number, load: Load): SourceTable => ({
  title: `004, ${name}`,
  rows: [
    { component: 'prometheus', cores: 2 * factor, memoryGiB: 4 * factor },
    { component: 'grafana', cores: factor, memoryGiB: factor },
    { component: 'loki', cores: factor, memoryGiB: 2 * factor },
    { component: 'tempo', cores: factor, memoryGiB: 2 * factor },
  ],
  load,
  said: `It names no load; ${load.spansPerSecond.toLocaleString('en-US')} spans and ${(load.samplesPerSecond ?? 0).toLocaleString('en-US')} samples a second and ${load.logBytesPerDay / 1e9} GB of lines a day are ours.`,
});

/** Every table of sizes that the documents have. */
export const sourceTables: readonly SourceTable[] = [
  {
    title: '000, component resource allocation',
    rows: [
      { component: 'redpanda', cores: 1, memoryGiB: 2, storageGiB: 10 },
      { component: 'tempo', cores: 0.1, memoryGiB: 0.25, storageGiB: 5 },
      { component: 'grafana', cores: 0.1, memoryGiB: 0.25, storageGiB: 1 },
    ],
    load: { spansPerSecond: 250, logBytesPerDay: 0, retention: { traces: 1, stream: 1 } },
    said: 'A demonstration that forgets after a day; 250 spans a second are ours.',
  },
  requirements001('Minimal', 2, 5, 5_000, 1),
  requirements001('Recommended', 6, 8, 25_000, 1),
  requirements001('Production', 12, 16, 25_000, 7),
  {
    title: '002 §7.1, resource requirements',
    rows: [
      { component: 'loki', cores: 6, memoryGiB: 24, storageGiB: 300 },
      { component: 'prometheus', cores: 8, memoryGiB: 32, storageGiB: 400 },
      { component: 'mimir', cores: 24, memoryGiB: 96, storageGiB: 1_500 },
      { component: 'tempo', cores: 12, memoryGiB: 48, storageGiB: 600 },
      { component: 'grafana', cores: 4, memoryGiB: 8, storageGiB: 100 },
      { component: 'alertmanager', cores: 2, memoryGiB: 4, storageGiB: 20 },
    ],
    load: {
      spansPerSecond: 10_000,
      samplesPerSecond: 1_000_000,
      logBytesPerDay: 1e9,
      retention: { traces: 7, metrics: 15, longTermMetrics: 365, logs: 30 },
      replication: 3,
      queriesPerSecond: 10,
    },
    said: 'For 1,000,000 samples and 10,000 spans a second, 1 GB of lines a day and 10 users, as its §8.2 and 003 have it; 15 days in Prometheus, a year in Mimir. Vector is not sized here.',
  },
  table004('medium', 1, {
    spansPerSecond: 5_000,
    samplesPerSecond: 10_000,
    logBytesPerDay: 10e9,
    retention: { traces: 7, metrics: 30, logs: 7 },
  }),
  table004('large', 2, {
    spansPerSecond: 25_000,
    samplesPerSecond: 30_000,
    logBytesPerDay: 50e9,
    retention: { traces: 7, metrics: 30, logs: 7 },
  }),
];

/** A figure of a document beside ours. */
export interface Comparison {
  readonly table: string;
  readonly component: string;
  readonly figure: 'cores' | 'memory' | 'storage';
  readonly theirs: number;
  readonly ours: number;
}

/** What 001 does not have, so that its sums are without it. */
const notOf001 = [
  'redpanda',
  'preprocessing',
  'anomaly-detection',
  'root-cause',
  'notification',
  'training',
  'console',
];
const gibi = 2 ** 30;

/** Every figure of a table beside ours; cores, GiB and GiB of all replicas together. */
export function compared({ title, rows, load }: SourceTable): readonly Comparison[] {
  const sizing = sizeOf(load);
  return rows.flatMap(({ component, cores, memoryGiB, storageGiB }) => {
    const ours = oursOf(sizing, component);
    const of = (figure: Comparison['figure'], theirs: number, our: number) => ({
      table: title,
      component,
      figure,
      theirs,
      ours: our,
    });
    return [
      of('cores', cores, ours.cores),
      of('memory', memoryGiB, ours.memoryGiB),
      ...(storageGiB === undefined ? [] : [of('storage', storageGiB, ours.storageGiB)]),
    ];
  });
}

function oursOf({ components }: Sizing, component: string): Required<Omit<SourceRow, 'component'>> {
  const meant = components.filter(({ name }) => (component === 'all' ? !notOf001.includes(name) : name === component));
  const sum = (value: (each: (typeof meant)[number]) => number) =>
    meant.reduce((total, each) => total + value(each), 0);
  return {
    cores: sum(({ replicas, cores }) => replicas * cores),
    memoryGiB: sum(({ replicas, memoryBytes }) => replicas * memoryBytes) / gibi,
    // The object store has a volume of its own in the sum; alone, a component has what it keeps there.
    storageGiB:
      sum(({ replicas, diskBytes, objectBytes }) => replicas * diskBytes + (component === 'all' ? 0 : objectBytes)) /
      gibi,
  };
}

/** What is said to be of the same order. */
export const factor = 3;

export function isWithin({ theirs, ours }: Comparison): boolean {
  const ratio = ours / theirs;
  return ratio <= factor && ratio >= 1 / factor;
}
