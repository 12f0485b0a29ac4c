import type { WorkerName } from './environment';
/** Whether a topic forgets by age or keeps the newest record of each key. */
export type CleanupPolicy = 'delete' | 'compact';

/** A topic of the pipeline: its name and what the reconciling job makes of it. */
export interface TopicSpec {
  readonly name: string;
  /** `source` topics have as many partitions as `traces`; `tenant` topics are keyed by tenant and need few. */
  readonly partitioning: 'source' | 'tenant';
  readonly cleanup: CleanupPolicy;
  /** Largest record batch, bytes. @default - what brokers allow by themselves, 1 MiB */
  readonly maxMessageBytes?: number;
}

/**
 * Every topic of the pipeline.
 *
 * `traces` and `traces-preprocessed` always have equally many partitions: preprocessing writes partition for partition.
 */
export const topics = {
  /** OTLP trace requests as the collector exports them, partitioned by trace id; record time is log-append time. */
  traces: { name: 'traces', partitioning: 'source', cleanup: 'delete' },
  /** Assembled traces with features, Arrow IPC, same partition as their source. A trace is never cut in two. */
  tracesPreprocessed: {
    name: 'traces-preprocessed',
    partitioning: 'source',
    cleanup: 'delete',
    maxMessageBytes: 4 * 1024 * 1024,
  },
  /** What could not be read, as it came, with reason and position in the headers; so larger than what comes. */
  tracesDeadLetter: {
    name: 'traces-dead-letter',
    partitioning: 'tenant',
    cleanup: 'delete',
    maxMessageBytes: 2 * 1024 * 1024,
  },
  /** Verdicts on anomalous traces, JSON, keyed by tenant. */
  anomalies: { name: 'anomalies', partitioning: 'tenant', cleanup: 'delete' },
  /** Mergeable statistics, protobuf, keyed by tenant: one record for each second of records of a partition of `traces-preprocessed`. */
  windowStats: { name: 'window-stats', partitioning: 'tenant', cleanup: 'delete', maxMessageBytes: 4 * 1024 * 1024 },
  /** Incidents, JSON, keyed by incident id; the newest record of an id is its state. */
  incidents: { name: 'incidents', partitioning: 'tenant', cleanup: 'compact' },
  /** How far root cause has looked, JSON, keyed by tenant; the learner waits for it. */
  analysisProgress: { name: 'analysis-progress', partitioning: 'tenant', cleanup: 'compact' },
  /** What was sent to whom about an incident, JSON, keyed by incident and channel; read back after a restart. */
  deliveries: { name: 'deliveries', partitioning: 'tenant', cleanup: 'compact' },
  /** What people say of incidents, JSON, keyed by tenant, incident and person; the newest record of a key is what they say. */
  feedback: { name: 'feedback', partitioning: 'tenant', cleanup: 'compact' },
  /** What happened to models: learnt, activated, rolled back, drifted; JSON, keyed by model, drift by `<model>/drift`. */
  modelEvents: { name: 'model-events', partitioning: 'tenant', cleanup: 'compact' },
} as const satisfies Record<string, TopicSpec>;

/**
 * Consumer group of each worker. What it reads beside its group, from a topic's beginning, it reads as `<group>.read-<random>`; each replica
 * of the console reads alone, as `<group>.<random>`.
 */
export const consumerGroups = {
  preprocessing: 'preprocessing-group',
  'anomaly-detection': 'anomaly-group',
  'root-cause': 'root-cause-group',
  notification: 'notification-group',
  training: 'training-group',
  console: 'console-group',
} as const satisfies Record<WorkerName, string>;

/** Group of the Job that archives incidents. */
export const archiveGroup = 'archive-group';

/** Consumer group that backups of topics are read as, as `<group>.read-<random>`. It commits nothing. */
export const backupGroup = 'backup-group';
