export { PathCounter } from './path-counter';
export { decodePathCounts, encodePathCounts } from './path-counts';
export type { OperationCounts, PathCounts } from './path-counts';
export { PathModel } from './path-model';
export type { BatchPaths } from './path-model';
