export { LearnedMetrics } from './metrics';
export { ModelSource } from './model-source';
export type { ModelSourceOptions } from './model-source';
export type { LearnedObserver, ObservedBatch } from './observer';
export { WorseBacktestError } from './refusals';
export { modelSettings, modelSourceConfig, openModelSource } from './settings';
export type { ModelSourceStatus, ServedVersionStatus } from './status';
