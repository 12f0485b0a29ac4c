import type { Endpoint } from '../core/endpoint';
import type { ITraceStore } from '../core/stores';
import type { TraceExport } from '../core/trace-destination';
import type { Workload } from '../core/workload';

/** Options of {@link TempoMonolith.fromExternal}. */
export interface ExternalTraceStoreProps {
  /** What tells it from other stores, e.g. `tempo`. */
  readonly name: string;
  /** OTLP over gRPC: `Endpoint.external(host, 4317)`. */
  readonly otlpGrpc: Endpoint;
  /** Tempo's HTTP API: `Endpoint.external(host, 3200, { scheme: 'http' })`. */
  readonly query: Endpoint;
}

/** A Tempo that is not ours. */
export class ExternalTraceStore implements ITraceStore {
  readonly otlpGrpc: Endpoint;
  readonly query: Endpoint;
  private readonly name: string;

  constructor({ name, otlpGrpc, query }: ExternalTraceStoreProps) {
    this.name = name;
    this.otlpGrpc = otlpGrpc;
    this.query = query;
  }

  exportTraces(collector: Workload): TraceExport {
    return { kind: 'otlp', name: this.name, address: collector.connectTo(this.otlpGrpc) };
  }
}
