export { consoleApp } from './app';
export type { ConsoleOptions } from './app';
export { IncidentIndex } from './incident-index';
export type { IncidentQuery } from './incident-index';
export type { PipelineStatus } from './pages/incidents';
export { ConsoleStage } from './stage';
