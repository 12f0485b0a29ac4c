export { boundedBody } from './bounded-body';
export { ManualClock, systemClock } from './clock';
export type { Clock } from './clock';
export {
  ConfigError,
  flag,
  isSecret,
  kafkaConnection,
  kafkaSettings,
  operationsSettings,
  parseEnvironment,
  printable,
  s3Connection,
  s3Settings,
  wholeNumber,
} from './config';
export type { Environment } from './config';
export { EmbeddedLog } from './embedded-log/embedded-log';
export type { EmbeddedLogOptions, EmbeddedTopic, SyncPolicy } from './embedded-log/options';
export { partitionOfKey } from './embedded-log/murmur2';
export { runCertificatesJob } from './jobs/certificates-job';
export { runCredentialsJob } from './jobs/credentials-job';
export { runDatabasesJob } from './jobs/databases-job';
export { runExpiryJob } from './jobs/expiry-job';
export { JobError } from './jobs/job-error';
export type { JobErrorCode } from './jobs/job-error';
export { markTopic } from './jobs/kafka-acls';
export { runJob } from './jobs/run-job';
export type { JobDefinition, JobOptions } from './jobs/run-job';
export { runStorageJob } from './jobs/storage-job';
export { runTopicsJob } from './jobs/topics-job';
export { deadLetter } from './dead-letter';
export { toStreamError } from './kafka/kafka-errors';
export { readOffsets } from './kafka/kafka-reader';
export type { OffsetRange } from './kafka/kafka-reader';
export { KafkaStream } from './kafka/kafka-stream';
export { registerSnappy } from './kafka/snappy-codec';
export { kafkaConfig, kafkaSecurity } from './kafka/kafka-connection';
export type { KafkaConnection } from './kafka/kafka-connection';
export type { KafkaStreamOptions } from './kafka/kafka-stream';
export { messageOf, silentLog } from './log';
export type { Log } from './log';
export { bufferBytes } from './memory-limit';
export { LocalObjectStore } from './local/local-object-store';
export { MemoryObjectStore } from './local/memory-object-store';
export { createLogger, logLevels } from './logging';
export type { LogLevel } from './logging';
export {
  ObjectContentionError,
  ObjectStoreError,
  defaultMaxObjectBytes,
  putFuller,
  spanCountMetadata,
} from './object-store';
export type { ObjectInfo, ObjectStore, ObjectStoreErrorCode, PutCondition, PutOptions } from './object-store';
export { operationsApp, startOperationsServer } from './operations-server';
export type { OperationsOptions, OperationsServer } from './operations-server';
export { PartitionCount } from './partition-count';
export { defaultRetryPolicy, retryTransient } from './retry';
export type { RetryPolicy } from './retry';
export { runStage, runToIdle, stepStage, tickToIdle } from './run-stage';
export type { PollableStream, PolledSubscription, RunningStage, StageOptions, SteppedStage } from './run-stage';
export { runWorker } from './run-worker';
export type { WorkerContext, WorkerDefinition, WorkerParts } from './run-worker';
export { s3Client } from './s3/s3-client';
export { isConditionFailed, isNoSuchKey, toStoreError } from './s3/s3-errors';
export { S3ObjectStore } from './s3/s3-object-store';
export type { S3Connection } from './s3/s3-client';
export { SerialQueue, runBounded } from './serial';
export { listenForShutdown } from './shutdown';
export type { Shutdown, ShutdownProcess } from './shutdown';
export { nothing } from './stage';
export type { Effect, Stage, StageOutput } from './stage';
export type { Refused } from './refused';
export { silentObserver } from './stage-observer';
export type { StageObserver, StagePhase } from './stage-observer';
export type {
  EventStream,
  OutgoingRecord,
  ReadRange,
  RecordBatch,
  StreamHandler,
  StreamRecord,
  Subscription,
  TopicPartition,
} from './stream';
export { StreamError, isTransient } from './stream-error';
export type { StreamErrorCode } from './stream-error';
export { WorkerMetrics } from './worker-metrics';
