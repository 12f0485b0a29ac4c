import { Duration } from 'cdk8s';

/** From and to which of its days a signal may be kept. */
export interface RetentionRange {
  readonly least: Duration;
  readonly most: Duration;
}

/** What documents 002 and 003 ask of the platform of a company, in numbers. */
export interface Commitments {
  /** What comes, §8.2: at the busiest. */
  readonly throughput: {
    readonly samplesPerSecond: number;
    readonly spansPerSecond: number;
    readonly logBytesPerDay: number;
    /** People who look at once. */
    readonly users: number;
  };
  /** How long a signal is kept, §4.1. */
  readonly retention: Readonly<Record<'logs' | 'metrics' | 'traces', RetentionRange>>;
  /** How much may be lost at most when everything is, §8.3. */
  readonly recoveryPoint: Readonly<Record<'logs' | 'metrics' | 'traces', Duration>>;
  /** How long it may take until it runs again. */
  readonly recoveryTime: Duration;
}

/** As the documents have it. What of it is kept is in `docs/reference/objectives.md`. */
export const commitments: Commitments = {
  throughput: { samplesPerSecond: 1_000_000, spansPerSecond: 10_000, logBytesPerDay: 1e9, users: 10 },
  retention: {
    logs: { least: Duration.days(30), most: Duration.days(365) },
    metrics: { least: Duration.days(30), most: Duration.days(730) },
    traces: { least: Duration.days(7), most: Duration.days(90) },
  },
  recoveryPoint: { logs: Duration.minutes(1), metrics: Duration.minutes(5), traces: Duration.minutes(1) },
  recoveryTime: Duration.minutes(15),
};
