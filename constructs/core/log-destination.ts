import type { Connection } from './connection';
import type { Workload } from './workload';

/** How a collector delivers log records to one destination. */
export interface LogExport {
  /** What tells the destination from others, e.g. `loki`. */
  readonly name: string;
  /** OTLP over HTTP: `/v1/logs` is appended to its URL. */
  readonly connection: Connection;
}

/** Something that takes log records from a collector: a log store. */
export interface ILogDestination {
  /** Lets a collector's pods connect. @returns how they deliver */
  exportLogs(collector: Workload): LogExport;
}

/** How an agent pushes lines to one destination. */
export interface LogPush {
  /** What tells the destination from others, e.g. `loki`. */
  readonly name: string;
  /** Loki's own protocol: lines are posted to its URL. */
  readonly connection: Connection;
}

/** Something that takes lines with labels from an agent, as Loki does. */
export interface ILogPushDestination {
  /** Lets an agent's pods connect. @returns how they deliver */
  pushLogs(agent: Workload): LogPush;
}
