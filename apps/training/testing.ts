import {
  encodeAnalysisProgress,
  encodeWindowStats,
  incidentSchema,
  type AnalysisProgress,
  type Incident,
  type StatsTable,
  type WindowStats,
} from '@plumbline/wire';
import type { StreamRecord } from '@plumbline/worker';
import { shopTraces, statsOf } from '../anomaly-detection/testing';
import { learnerConfig, type LearnerConfig } from './config';

export const windowMs = 5000;
export const start = 1_700_000_000_000;

/** A laptop's settings: the first profile after three windows, a holdback of four, activation after fifteen seconds. */
export const laptop: LearnerConfig = learnerConfig({
  LEARN_MIN_WINDOWS: '3',
  LEARN_MIN_TRACES: '100',
  LEARN_HOLDBACK_SECONDS: '20',
  LEARN_ACTIVATION_SECONDS: '15',
  LEARN_INTERVAL_SECONDS: '300',
});

const tables = new Map<number, StatsTable>();

/** Statistics of one partition's part of a window of the shop: fifty traces. */
export function shopStats(seed: number): StatsTable {
  const table = tables.get(seed) ?? statsOf(shopTraces(seed, 50, 0, 20));
  tables.set(seed, table);
  return table;
}

/**
 * What detection says of `count` windows on some partitions: one record for each window and partition, partitions in turn. The
 * watermark reaches the end of each window with the record after it.
 */
export function shopMessages(count: number, partitions = 1, tenant = 'default'): WindowStats[] {
  return Array.from({ length: count * partitions }, (_, i) => {
    const window = Math.floor(i / partitions);
    const startMs = start + window * windowMs;
    return {
      tenant,
      source: { partition: i % partitions, firstOffset: window, lastOffset: window },
      watermarkMs: startMs,
      verdicts: 0,
      windows: [{ startMs, durationMs: windowMs, stats: shopStats(i) }],
    };
  });
}

/** The messages as records of `window-stats`. */
export function recordsOf(messages: readonly WindowStats[], firstOffset = 0): StreamRecord[] {
  return messages.map((message, i) => ({
    offset: firstOffset + i,
    timestampMs: message.watermarkMs,
    key: Buffer.from(message.tenant),
    value: encodeWindowStats(message),
    headers: {},
  }));
}

/** What root cause says when it has looked as far. */
export function looked(throughMs: number, incidents: readonly Incident[] = [], tenant = 'default'): AnalysisProgress {
  return { tenant, throughMs, incidents: incidents.map(({ id, revision }) => ({ id, revision })) };
}

/** The same as a record of `analysis-progress`. */
export function progressRecord(progress: AnalysisProgress, offset = 0): StreamRecord {
  const key = Buffer.from(progress.tenant);
  return { offset, timestampMs: progress.throughMs, key, value: encodeAnalysisProgress(progress), headers: {} };
}

/** An incident with nothing in it but when it was, and whom it affected. */
export function incident(
  fromMs: number,
  resolvedAtMs?: number,
  revision = 1,
  affected: readonly string[] = [],
): Incident {
  return incidentSchema.parse({
    schema: 1,
    id: '0123456789ab',
    tenant: 'default',
    revision,
    state: resolvedAtMs === undefined ? 'open' : 'resolved',
    severity: 'high',
    environment: '',
    title: 'High latency in payment',
    startedAtMs: fromMs,
    openedAtMs: fromMs,
    throughMs: fromMs,
    ...(resolvedAtMs === undefined ? {} : { resolvedAtMs }),
    causes: [],
    affected,
    path: [],
    traces: [],
    anomalousTraces: 1,
    totalTraces: 1,
    failedTraces: 0,
    notSeen: [],
    bundle: '000001-test',
    publishedAtMs: fromMs,
  });
}
