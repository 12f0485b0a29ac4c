import type { Connection } from './connection';
import type { StreamAccess } from './topic';
import type { Workload } from './workload';

/** How a collector delivers traces to one destination. */
export type TraceExport =
  | {
      readonly kind: 'kafka';
      readonly topic: string;
      readonly access: StreamAccess;
      /** Largest message the topic takes. */
      readonly maxMessageBytes: number;
    }
  | {
      readonly kind: 'otlp';
      /** What tells the destination from others, e.g. `tempo`. */
      readonly name: string;
      /** OTLP over gRPC. */
      readonly connection: Connection;
      /** Whether its name resolves to each of several servers, over which requests are spread. @default false */
      readonly balanced?: boolean;
    };

/** Something that takes traces from a collector: a topic, a trace store. */
export interface ITraceDestination {
  /** Lets a collector's pods connect. @returns how they deliver */
  exportTraces(collector: Workload): TraceExport;
}
