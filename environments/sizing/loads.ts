import type { Load } from '../../constructs/sizing';
import { commitments } from '../commitments';
import { enterpriseSizes } from '../enterprise-sizes';
import { productionSize } from '../production-sizes';
import { sizes } from '../sizes';

/** What comes to something that is sized, and who says so. */
export interface StatedLoad {
  readonly load: Load;
  /** Who says it, and what of it is ours; a sentence. */
  readonly said: string;
}

/** Names of what is sized in `environments`. */
export type SizedName =
  | 'thesis'
  | 'minimal'
  | 'size minimal'
  | 'size recommended'
  | 'size production'
  | 'enterprise small'
  | 'enterprise medium'
  | 'enterprise large'
  | 'production';

/** 001 names spans and samples; lines are ours: what its volumes leave for them. */
const of001 = (spansPerSecond: number, traceDays: number): Load => ({
  spansPerSecond,
  samplesPerSecond: 10_000,
  logBytesPerDay: 1e9,
  retention: { traces: traceDays, metrics: 15, logs: 30, stream: 1, anomalies: 30 },
});

const { throughput } = commitments;

/** 002 and 003 name all of it; it is kept as long as the environment says. */
const of002: Load = {
  spansPerSecond: throughput.spansPerSecond,
  samplesPerSecond: throughput.samplesPerSecond,
  logBytesPerDay: throughput.logBytesPerDay,
  queriesPerSecond: throughput.users,
  replication: 3,
  retention: {
    traces: productionSize.tempo.retention.toDays(),
    metrics: productionSize.prometheus.retention.toDays(),
    longTermMetrics: productionSize.mimir.retention.toDays(),
    logs: productionSize.logs.retention.toDays(),
    stream: 3,
    anomalies: 90,
  },
};

/** 004 names no load: these are ours, such as its tables are for. */
const of004 = (name: keyof typeof enterpriseSizes, samplesPerSecond: number, logBytesPerDay: number): Load => ({
  spansPerSecond: enterpriseSizes[name].spansPerSecond,
  samplesPerSecond,
  logBytesPerDay,
  retention: { traces: 7, metrics: 30, logs: 7 },
});

const said001 = 'Document 001: spans and 10,000 samples a second; a gigabyte of lines a day is ours.';
const said004 = 'Document 004 has tables of CPU and memory, and no load: this one is ours.';

export const loads: Readonly<Record<SizedName, StatedLoad>> = {
  thesis: {
    load: {
      spansPerSecond: 250,
      samplesPerSecond: 200,
      logBytesPerDay: 0,
      queriesPerSecond: 0.2,
      retention: { traces: 1, metrics: 1, stream: 1, anomalies: 1 },
    },
    said: 'Document 000 wants a demonstration on one node and names no rate; the sample shop sends some 100 spans a second.',
  },
  minimal: {
    load: of001(sizes.recommended.spansPerSecond, 1),
    said: 'The size recommended, with a broker and the pipeline: 25,000 spans a second at most.',
  },
  'size minimal': { load: of001(sizes.minimal.spansPerSecond, 1), said: said001 },
  'size recommended': { load: of001(sizes.recommended.spansPerSecond, 1), said: said001 },
  'size production': { load: of001(sizes.production.spansPerSecond, 7), said: said001 },
  'enterprise small': { load: of004('small', 3_000, 2e9), said: said004 },
  'enterprise medium': { load: of004('medium', 10_000, 10e9), said: said004 },
  'enterprise large': { load: of004('large', 30_000, 50e9), said: said004 },
  production: {
    load: of002,
    said: 'Documents 002 and 003: 10,000 spans and 1,000,000 samples a second, 1 GB of lines a day, 10 users.',
  },
};
