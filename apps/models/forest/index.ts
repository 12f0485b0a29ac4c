export type { ForestOptions } from './grow';
export { IsolationForest } from './isolation-forest';
