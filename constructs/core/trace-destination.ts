import type { Workload } from './workload';

/** How a collector delivers traces to one destination. */
export type TraceExport =
  | {
      readonly kind: 'kafka';
      readonly topic: string;
      readonly brokers: readonly string[];
      /** Largest message the topic takes. */
      readonly maxMessageBytes: number;
    }
  | {
      readonly kind: 'otlp';
      /** What tells the destination from others, e.g. `tempo`. */
      readonly name: string;
      /** `host:port` of OTLP over gRPC. */
      readonly address: string;
    };

/** Something that takes traces from a collector: a topic, a trace store. */
export interface ITraceDestination {
  /** Lets a collector's pods connect. @returns how they deliver */
  exportTraces(collector: Workload): TraceExport;
}
