export type { DriftModels, Scored } from './baseline';
export { DriftFold } from './drift-fold';
export type { FoldOptions } from './drift-fold';
export { DriftMetrics } from './drift-metrics';
export { defaultDrift, DriftMonitor } from './drift-monitor';
export type { DriftBatch, DriftMonitorOptions } from './drift-monitor';
export type { Drift, DriftBounds, DriftReport } from './drift-report';
export { beyondChance, chanceBound, populationStability } from './population-stability';
export type { Stability } from './population-stability';
