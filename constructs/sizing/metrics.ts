import { replicated, type ComponentSize } from './component-size';
import type { CompleteLoad } from './load';
import { measured } from './measured';
import { gibibyte, mebibyte, secondsPerDay } from './units';

/** Of a sample in a block: documented as 1 to 2 (https://prometheus.io/docs/prometheus/latest/storage/); the larger, as indexes are in it. */
export const bytesPerSample = 2;

/** The newest samples are in memory and in the log until a block of two hours is written an hour late. */
const headSeconds = 3 * 3_600;

/** Of a sample in the log, compressed; the series are in it as well. Ours to assume. */
const logBytesPerSample = 4;

/**
 * One Prometheus, or two that read the same where there are copies. Memory follows series (measured) and the newest
 * samples, disk follows samples (documented) and the
 * log of the newest three hours. The construct has old blocks go at three quarters of the volume (`prometheus.ts`): what is kept must be below.
 */
export function prometheus(load: CompleteLoad): ComponentSize {
  const { samplesPerSecond, activeSeries, retention, queriesPerSecond } = load;
  const blocks = samplesPerSecond * secondsPerDay * retention.metrics * bytesPerSample;
  const newest = samplesPerSecond * headSeconds;
  const log = newest * logBytesPerSample;
  const copies = load.replication === 1 ? 1 : 2;
  const size = replicated({
    name: 'prometheus',
    signal: 'metrics',
    // Questions and rules: a tenth of a core for each question a second.
    busyCores: ((samplesPerSecond * measured.samples.cpuSecondsPerMillion) / 1e6 + 0.1 * queriesPerSecond) * copies,
    baseBytes: measured.samples.idleBytes,
    loadBytes: (activeSeries * measured.samples.bytesPerSeries + newest * bytesPerSample) * copies,
    least: copies,
    most: copies,
    coresOfOne: 8,
  });
  return { ...size, diskBytes: (blocks + log + gibibyte / 4) / 0.75 };
}

/**
 * Mimir for what is kept longer, by its documented requirements for each part, and half more of memory and disk as it asks for:
 * https://grafana.com/docs/mimir/latest/manage/run-production-environment/planning-capacity/. As many copies of each series are in memory as
 * there are replicas of a write; of blocks compaction leaves one.
 */
export function mimir(load: CompleteLoad): readonly ComponentSize[] {
  const { samplesPerSecond, activeSeries, retention, replication, queriesPerSecond } = load;
  if (retention.longTermMetrics === 0) return [];
  const inMemory = activeSeries * replication;
  const cores =
    samplesPerSecond / 25_000 +
    inMemory / 300_000 +
    queriesPerSecond * (1 / 250 + 1 / 10 + 1 / 10) +
    Math.ceil(activeSeries / 20e6);
  const memory =
    (samplesPerSecond / 25_000) * 1e9 +
    (inMemory / 300_000) * 2.5e9 +
    queriesPerSecond * (1 / 250 + 1 / 10 + 1 / 10) * 1e9 +
    Math.ceil(activeSeries / 20e6) * 4e9;
  const disk = (inMemory / 300_000) * 5e9 + (activeSeries / 1e6) * 13e9 + compactionBytes(activeSeries);
  const replicas = Math.max(replication, Math.ceil(cores / 8));
  return [
    {
      name: 'mimir',
      signal: 'metrics',
      replicas,
      cores: cores / replicas,
      memoryBytes: (memory / replicas) * 1.5,
      diskBytes: (disk / replicas) * 1.5,
      objectBytes: samplesPerSecond * secondsPerDay * retention.longTermMetrics * bytesPerSample,
      notes: ['Each replica is the whole of Mimir; in parts, the sum is the same.'],
    },
  ];
}

/** 300 GB for twenty million series are documented; it is twice what a compaction of a day writes, so it follows the series. */
function compactionBytes(activeSeries: number): number {
  return Math.max(2e9, (activeSeries / 20e6) * 300e9);
}

/** One Alertmanager, or three that agree. What it takes does not follow from the load: a gigabyte is for 5,000 alerts that fire (Mimir's page, as above). */
export function alertmanager({ replication }: CompleteLoad): ComponentSize {
  return {
    name: 'alertmanager',
    signal: 'all',
    replicas: replication,
    cores: 0.02,
    memoryBytes: 64 * mebibyte,
    diskBytes: gibibyte,
    objectBytes: 0,
    notes: [],
  };
}
