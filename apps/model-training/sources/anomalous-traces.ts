import { readTraceParquet, TraceParquetError, type StoredSpan } from '@plumbline/wire';
import { messageOf, type Log, type ObjectStore } from '@plumbline/worker';
import { byTrace } from '../dataset/span-parts';
import { sampleByGroup } from '../selection/sample';

export interface AnomalousTracesOptions {
  /** Bucket of whole anomalous traces. */
  readonly anomalies: ObjectStore;
  readonly fromMs: number;
  readonly throughMs: number;
  /** Objects that are read, most of which hold one trace. */
  readonly budget: number;
  readonly seed: string;
  readonly log: Log;
  readonly signal?: AbortSignal;
}

const dayMs = 86_400_000;
/** Keys that are looked through; a storm of weeks has more. */
const mostKeys = 2_000_000;

/** Keys of stored anomalous traces of a time, by day and service of entry. */
export async function anomalousKeys({ anomalies, fromMs, throughMs }: AnomalousTracesOptions): Promise<string[]> {
  const keys: string[] = [];
  for (let day = Math.floor(fromMs / dayMs) * dayMs; day < throughMs; day += dayMs) {
    const date = new Date(day).toISOString().slice(0, 10);
    for await (const key of anomalies.list(`date=${date}/`)) {
      if (key.endsWith('.parquet') && keys.length < mostKeys) keys.push(key);
    }
  }
  return keys;
}

/** The id of the trace that an object is of; `undefined` of an object that several traces share. */
export function traceIdOf(key: string): string | undefined {
  return /\/trace_([0-9a-f]{32})(?:_late)?\.parquet$/.exec(key)?.[1];
}

/**
 * Traces that the pipeline called anomalous, from objects of all days and services alike. An object that cannot be read is told of and
 * passed over.
 */
export async function* anomalousTraces(
  keys: readonly string[],
  { anomalies, budget, seed, log, signal }: AnomalousTracesOptions,
): AsyncGenerator<readonly StoredSpan[], void, undefined> {
  const candidates = keys.map((key) => ({ traceId: key, group: key.slice(0, key.lastIndexOf('/')) }));
  for (const { traceId: key } of sampleByGroup(candidates, budget, seed)) {
    signal?.throwIfAborted();
    const bytes = await anomalies.get(key);
    if (bytes === undefined) continue;
    try {
      for (const spans of byTrace(readTraceParquet(bytes)).values()) yield spans;
    } catch (error) {
      if (!(error instanceof TraceParquetError)) throw error;
      log.warn({ key, reason: messageOf(error) }, 'object is no stored trace and is passed over');
    }
  }
}
