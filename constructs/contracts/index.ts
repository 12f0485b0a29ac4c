export {
  batchObjectKey,
  bundleKey,
  buckets,
  currentProfileKey,
  escapePathSegment,
  manifestKey,
  manifestPrefix,
  traceObjectKey,
} from './buckets';
export type { TraceObjectKey } from './buckets';
export { environmentKeys, jobs, workers } from './environment';
export type { JobName, WorkerName } from './environment';
export { deadLetterHeaders, traceHeader } from './headers';
export type {
  BackupJob,
  BackupKeep,
  BackupPart,
  BucketAction,
  CredentialsJob,
  DatabasesJob,
  ExpiryJob,
  KafkaAcl,
  RedpandaSettings,
  StorageJob,
  TopicsJob,
} from './jobs';
export { imageMtrHome, measurementSeconds, mtrGraceSeconds, networkPathsKeys } from './network-paths';
export type { NetworkPathsFile, NetworkPathTarget } from './network-paths';
export { ports } from './ports';
export { backupGroup, consumerGroups, topics } from './topics';
export type { CleanupPolicy, TopicSpec } from './topics';
