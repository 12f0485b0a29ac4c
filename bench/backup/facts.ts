import type { BackupPart } from '../../constructs/contracts';
import type { KubeObject } from '../../constructs/invariants';
import { sizeOf, type Load } from '../../constructs/sizing';
import { fileOf, objectOf } from '../../constructs/testing';
import { longestIntervalMinutes } from './schedule';

/** What is lost at most with the volumes of a cluster. */
export interface Loss {
  readonly what: string;
  /** Which CronJob copies it. */
  readonly part: BackupPart;
  /** Between two of its runs. */
  readonly everyMinutes: number;
  /** Before that it is in a log on a volume, and in no bucket. */
  readonly heldMinutes: number;
  readonly heldBy: string;
}

/** What is to be brought back, and how much of it there is. */
export interface Volume {
  readonly what: string;
  readonly work: 'large objects' | 'topics' | 'databases';
  /** GB, or 100,000 records. */
  readonly units: number;
  readonly said: string;
  /** Whether the platform watches only when it is there. */
  readonly first: boolean;
}

/** What `production` is for, as its sizes say; retentions are those that it has. */
export const productionLoad: Load = {
  spansPerSecond: 10_000,
  samplesPerSecond: 1_000_000,
  logBytesPerDay: 1e9,
  replication: 3,
  retention: { traces: 30, metrics: 15, longTermMetrics: 730, logs: 90, stream: 3, anomalies: 90 },
};

/** What document 002 wants, and of what. */
export const wanted = { metricsMinutes: 5, logsAndTracesMinutes: 1, recoveryMinutes: 15 } as const;

/** Of the CronJobs and the stores as they are rendered. @throws {ScheduleError} for a schedule that is not the same every day */
export function lossesOf(objects: readonly KubeObject[]): readonly Loss[] {
  const every = (part: BackupPart) =>
    longestIntervalMinutes(objectOf(objects, 'CronJob', `backup-${part}`).spec.schedule as string);
  const tempo = minutesIn(fileOf(objects, 'tempo-config', 'tempo.yaml'), 'max_block_duration');
  const [loki, mimir] = [fileOf(objects, 'loki-config', 'loki.yaml'), fileOf(objects, 'mimir-config', 'mimir.yaml')];
  const buckets = { part: 'buckets', everyMinutes: every('buckets') } as const;
  return [
    {
      ...{ what: 'incidents, feedback, what was delivered', part: 'topics', everyMinutes: every('topics') },
      ...{ heldMinutes: 0, heldBy: 'nobody' },
    },
    {
      ...{ what: 'dashboards, experiments, runs', part: 'databases', everyMinutes: every('databases') },
      ...{ heldMinutes: 0, heldBy: 'nobody' },
    },
    { what: 'models, anomalous traces', ...buckets, heldMinutes: 0, heldBy: 'nobody' },
    { what: 'traces', ...buckets, heldMinutes: tempo ?? 30, heldBy: 'Tempo, `max_block_duration`' },
    {
      ...{ what: 'logs', ...buckets },
      // https://grafana.com/docs/loki/latest/configure/#ingester
      ...{ heldMinutes: minutesIn(loki, 'max_chunk_age') ?? 120, heldBy: 'Loki, `max_chunk_age`' },
    },
    {
      ...{ what: 'metrics', ...buckets },
      // A head is cut when it holds half as much again as a block: https://prometheus.io/docs/prometheus/latest/storage
      ...{ heldMinutes: (minutesIn(mimir, 'block_ranges_period') ?? 120) * 1.5, heldBy: 'Mimir, a block and a half' },
    },
  ];
}

/** Of a setting such as `30m` or `2h`. */
function minutesIn(text: string, setting: string): number | undefined {
  const [, amount, unit] = new RegExp(`\\b${setting}: ['"\\[]*(\\d+)([mh])`).exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * (unit === 'h' ? 60 : 1);
}

/** In the order of the page. */
export function volumesOf(load: Load): readonly Volume[] {
  const { components } = sizeOf(load);
  const gigabytes = (name: string) => (components.find((each) => each.name === name)?.objectBytes ?? 0) / 1e9;
  const sized = (what: string, name: string, first: boolean): Volume => ({
    ...{ what, work: 'large objects', units: gigabytes(name), first },
    said: '`plumbline size`',
  });
  return [
    { what: 'databases', work: 'databases', units: 1, said: 'ours: 1 GB', first: true },
    { what: 'topics', work: 'topics', units: 1, said: 'ours: 100,000 records', first: true },
    { what: 'buckets `ml-models` and `mlflow`', work: 'large objects', units: 5, said: 'ours: 5 GB', first: true },
    sized('buckets `anomaly-data` and `incident-archive`', 'anomaly-detection', true),
    sized('bucket `loki-chunks`', 'loki', false),
    sized('bucket `tempo-traces`', 'tempo', false),
    sized('bucket `mimir-blocks`', 'mimir', false),
  ];
}
