export { TrainingError } from './errors';
export type { TrainingErrorCode } from './errors';
export { extract, extractSchema } from './extract';
export type { Extract, ExtractOptions, IncidentAnswers } from './extract';
export { RunFolder } from './dataset/run-folder';
export { normalTraces } from './sources/normal-traces';
export { recordedRequests } from './sources/recorded';
export { TempoClient } from './sources/tempo-client';
