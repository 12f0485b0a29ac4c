import { sizeOf, type RetentionDays } from '@plumbline/sizing';
import { UsageError } from '../errors';
import { readPrices } from './prices';
import { formatSizing } from './report';

/** What is asked of `plumbline size`. */
export interface SizeArguments {
  readonly spans: number;
  readonly spanBytes?: number;
  readonly samples?: number;
  readonly series?: number;
  readonly scrapeInterval?: number;
  readonly logs: number;
  readonly keepTraces?: number;
  readonly keepMetrics?: number;
  readonly keepLongTermMetrics?: number;
  readonly keepLogs?: number;
  readonly keepStream?: number;
  readonly keepAnomalies?: number;
  readonly replication?: number;
  readonly queries?: number;
  readonly prices?: string;
  readonly objectsElsewhere?: boolean;
  readonly json?: boolean;
}

/**
 * What it prints.
 *
 * @throws {UsageError} if nothing comes, or the file of prices is none
 * @throws {SizingError} for a load that nothing follows from
 */
export function answer(given: SizeArguments): string {
  const { spans, samples, series, logs, prices, objectsElsewhere = false, json = false } = given;
  if (spans === 0 && (samples ?? series ?? 0) === 0 && logs === 0)
    throw new UsageError('nothing comes; give --spans, --samples or --series, or --logs');
  const load = {
    spansPerSecond: spans,
    logBytesPerDay: logs * 1e9,
    ...present({
      bytesPerSpan: given.spanBytes,
      samplesPerSecond: samples,
      activeSeries: series,
      scrapeIntervalSeconds: given.scrapeInterval,
      replication: given.replication,
      queriesPerSecond: given.queries,
    }),
    retention: retentionOf(given),
  };
  const sizing = sizeOf(load, { objectsElsewhere, ...(prices !== undefined && { prices: readPrices(prices) }) });
  return json ? JSON.stringify(sizing) : formatSizing(sizing);
}

function retentionOf(given: SizeArguments): Partial<RetentionDays> {
  return present({
    traces: given.keepTraces,
    metrics: given.keepMetrics,
    longTermMetrics: given.keepLongTermMetrics,
    logs: given.keepLogs,
    stream: given.keepStream,
    anomalies: given.keepAnomalies,
  });
}

/** Without what was not given. */
function present<Key extends string>(values: Readonly<Record<Key, number | undefined>>): Partial<Record<Key, number>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<
    Record<Key, number>
  >;
}
