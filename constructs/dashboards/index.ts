/* What dashboards are written in. */
export { dashboard, folders, ownTitle, ownUid, row } from './dashboard';
export type { DashboardProps, Row } from './dashboard';
export type { Panel, PanelProps, Thresholds, Unit } from './panel';
export { heatmap, logs, nodeGraph, stat, table, timeseries, traces } from './panels';
export type { HeatmapProps, ListProps, StatProps, TableProps, TimeseriesProps, ValueColumn } from './panels';
export { goProcess, nodeProcess } from './process';
export { logql, promql, rateRange, serviceMap, traceql, wholeRange } from './queries';
export type { PromqlOptions, Query, Shape } from './queries';
export { choiceVariable, labelVariable, textVariable } from './variables';
export type { LabelVariable } from './variables';
