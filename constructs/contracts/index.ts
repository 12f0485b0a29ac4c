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
export { actionsOn, bucketPolicy } from './bucket-policy';
export type { Allowed, BucketPolicy, PolicyStatement } from './bucket-policy';
export { environmentKeys, jobs, workers } from './environment';
export type { JobName, WorkerName } from './environment';
export { deadLetterHeaders, traceHeader } from './headers';
export type {
  ArchiveJob,
  BackupJob,
  BackupKeep,
  BackupPart,
  BucketAction,
  BucketLifecycle,
  CertificatesJob,
  CredentialsJob,
  DatabasesJob,
  ExpiryJob,
  KafkaAcl,
  RedpandaSettings,
  StorageJob,
  TieredStorageSettings,
  TopicsJob,
} from './jobs';
export { imageMtrHome, measurementSeconds, mtrGraceSeconds, networkPathsKeys } from './network-paths';
export type { NetworkPathsFile, NetworkPathTarget } from './network-paths';
export { ports } from './ports';
export { archiveGroup, backupGroup, consumerGroups, topics } from './topics';
export type { CleanupPolicy, TopicSpec } from './topics';
