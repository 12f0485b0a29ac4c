import { Construct } from 'constructs';
import type { DataSource } from '../core/data-source';
import type { Endpoint } from '../core/endpoint';
import type { ITraceStore } from '../core/stores';
import type { TraceExport } from '../core/trace-destination';
import type { Workload } from '../core/workload';
import { tempoDataSource } from './tempo-data-source';

/** Options of {@link TempoMonolith.fromExternal}. */
export interface ExternalTraceStoreProps {
  /** What tells it from other stores. @default - the construct's id */
  readonly name?: string;
  /** OTLP over gRPC: `Endpoint.external(host, 4317)`. */
  readonly otlpGrpc: Endpoint;
  /** Tempo's HTTP API: `Endpoint.external(host, 3200, { scheme: 'http' })`. */
  readonly query: Endpoint;
}

/** A Tempo that is not ours. */
export class ExternalTraceStore extends Construct implements ITraceStore {
  readonly otlpGrpc: Endpoint;
  readonly query: Endpoint;
  readonly dataSource: DataSource;
  private readonly name: string;

  constructor(scope: Construct, id: string, { name = id, otlpGrpc, query }: ExternalTraceStoreProps) {
    super(scope, id);
    this.name = name;
    this.otlpGrpc = otlpGrpc;
    this.query = query;
    this.dataSource = tempoDataSource({ endpoint: query, path: '' });
  }

  exportTraces(collector: Workload): TraceExport {
    return { kind: 'otlp', name: this.name, connection: collector.connectTo(this.otlpGrpc) };
  }
}
