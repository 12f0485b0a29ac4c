import { measured } from './measured';
import { SizingError } from './sizing-error';

/** What comes, and how long it is kept. Numbers are what comes at the busiest, not on average: queues smooth seconds, not hours. */
export interface Load {
  readonly spansPerSecond: number;
  /** Size of a span in OTLP. @default - of nine attributes, as they were measured */
  readonly bytesPerSpan?: number;
  /** Samples that Prometheus takes. @default - of {@link activeSeries}, each once a {@link scrapeIntervalSeconds} */
  readonly samplesPerSecond?: number;
  /** Series that get samples. @default - of {@link samplesPerSecond}, each once a {@link scrapeIntervalSeconds} */
  readonly activeSeries?: number;
  /** @default 30 */
  readonly scrapeIntervalSeconds?: number;
  /** Bytes of log lines, as applications write them, on a day. */
  readonly logBytesPerDay: number;
  /** @default - what constructs keep by default: {@link defaultRetention} */
  readonly retention?: Partial<RetentionDays>;
  /** Copies of what brokers hold, and of what Mimir holds in memory: 1 or 3. @default 1 */
  readonly replication?: number;
  /** Share of traces that are anomalous and kept whole. @default 0.001 */
  readonly anomalousShare?: number;
  /** Questions that people and dashboards ask of each store. @default 1 */
  readonly queriesPerSecond?: number;
}

/** How long each signal is kept, days. */
export interface RetentionDays {
  /** Traces in Tempo. */
  readonly traces: number;
  /** Samples in Prometheus. */
  readonly metrics: number;
  /** Samples in Mimir; 0 for no Mimir. */
  readonly longTermMetrics: number;
  /** Lines in Loki. */
  readonly logs: number;
  /** Records in topics. */
  readonly stream: number;
  /** Anomalous traces. */
  readonly anomalies: number;
}

/** What `TempoMonolith`, `Prometheus`, `Loki` and `AnomalyPipeline` keep unless they are told otherwise; anomalous traces as `minimal` does. */
export const defaultRetention: RetentionDays = {
  traces: 30,
  metrics: 15,
  longTermMetrics: 0,
  logs: 30,
  stream: 1,
  anomalies: 30,
};

/** A {@link Load} with nothing left open. */
export interface CompleteLoad extends Required<Omit<Load, 'retention'>> {
  readonly retention: RetentionDays;
}

const longestRetentionDays = 3_650;

/**
 * Fills in what was left open.
 *
 * @throws {SizingError} if a number is negative or no number, if samples and series contradict each other, or if there are other than 1 or 3 copies
 */
export function completeLoad(load: Load): CompleteLoad {
  const { bytesPerSpan = measured.bytesPerSpan.otlp, scrapeIntervalSeconds = 30, replication = 1 } = load;
  const { samplesPerSecond = (load.activeSeries ?? 0) / scrapeIntervalSeconds } = load;
  const { activeSeries = samplesPerSecond * scrapeIntervalSeconds } = load;
  const complete: CompleteLoad = {
    spansPerSecond: load.spansPerSecond,
    bytesPerSpan,
    samplesPerSecond,
    activeSeries,
    scrapeIntervalSeconds,
    logBytesPerDay: load.logBytesPerDay,
    retention: { ...defaultRetention, ...load.retention },
    replication,
    anomalousShare: load.anomalousShare ?? 0.001,
    queriesPerSecond: load.queriesPerSecond ?? 1,
  };
  const { retention, ...numbers } = complete;
  for (const [name, value] of Object.entries({ ...numbers, ...retention }))
    if (!Number.isFinite(value) || value < 0) throw new SizingError(name, value, 'a number of 0 or more');
  for (const [name, value] of Object.entries(retention))
    if (value > longestRetentionDays) throw new SizingError(`retention.${name}`, value, 'ten years at most');
  for (const name of ['bytesPerSpan', 'scrapeIntervalSeconds'] as const)
    if (complete[name] === 0) throw new SizingError(name, 0, 'more than 0');
  if (complete.anomalousShare > 1)
    throw new SizingError('anomalousShare', complete.anomalousShare, 'a share of 1 at most');
  if (replication !== 1 && replication !== 3) throw new SizingError('replication', replication, '1 or 3');
  if (samplesPerSecond > 0 && activeSeries === 0)
    throw new SizingError('activeSeries', 0, 'more than 0 where there are samples');
  return complete;
}
