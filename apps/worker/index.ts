export { ManualClock, systemClock } from './clock';
export type { Clock } from './clock';
export { ObjectContentionError, putFuller, spanCountMetadata } from './object-store';
export type { ObjectInfo, ObjectStore, PutCondition, PutOptions } from './object-store';
export { nothing } from './stage';
export type { Effect, Stage, StageOutput } from './stage';
export type {
  EventStream,
  OutgoingRecord,
  RecordBatch,
  StreamHandler,
  StreamRecord,
  Subscription,
  TopicPartition,
} from './stream';
