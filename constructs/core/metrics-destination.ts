import type { Connection } from './connection';
import type { Workload } from './workload';

/** How a collector delivers metrics to one destination, in cumulative temporality. */
export interface MetricsExport {
  /** What tells the destination from others, e.g. `prometheus`. */
  readonly name: string;
  /** OTLP over HTTP: `/v1/metrics` is appended to its URL. */
  readonly connection: Connection;
}

/** Something that takes metrics from a collector: a metrics store. */
export interface IMetricsDestination {
  /** Lets a collector's pods connect. @returns how they deliver */
  exportMetrics(collector: Workload): MetricsExport;
}
