export { ManualClock, systemClock } from './clock';
export type { Clock } from './clock';
export { EmbeddedLog } from './embedded-log/embedded-log';
export type { EmbeddedLogOptions, EmbeddedTopic, SyncPolicy } from './embedded-log/options';
export { partitionOfKey } from './embedded-log/murmur2';
export { LocalObjectStore } from './local/local-object-store';
export { MemoryObjectStore } from './local/memory-object-store';
export {
  ObjectContentionError,
  ObjectStoreError,
  defaultMaxObjectBytes,
  putFuller,
  spanCountMetadata,
} from './object-store';
export type { ObjectInfo, ObjectStore, ObjectStoreErrorCode, PutCondition, PutOptions } from './object-store';
export { defaultRetryPolicy, retryTransient } from './retry';
export type { RetryPolicy } from './retry';
export { runStage, runToIdle, stepStage, tickToIdle } from './run-stage';
export type { PollableStream, PolledSubscription, RunningStage, StageOptions, SteppedStage } from './run-stage';
export { SerialQueue, runBounded } from './serial';
export { nothing } from './stage';
export type { Effect, Stage, StageOutput } from './stage';
export { silentObserver } from './stage-observer';
export type { StageObserver, StagePhase } from './stage-observer';
export type {
  EventStream,
  OutgoingRecord,
  RecordBatch,
  StreamHandler,
  StreamRecord,
  Subscription,
  TopicPartition,
} from './stream';
export { StreamError, isTransient } from './stream-error';
export type { StreamErrorCode } from './stream-error';
