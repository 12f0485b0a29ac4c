import { Construct } from 'constructs';
import type { Dashboard, IShowable } from '../core/dashboard';
import type { DataSource } from '../core/data-source';
import type { Endpoint } from '../core/endpoint';
import type { ITraceStore } from '../core/stores';
import type { TraceExport } from '../core/trace-destination';
import type { Workload } from '../core/workload';
import { apmRoutesStatus, apmServiceMap } from './apm-dashboards';
import { tempoDataSource } from './tempo-data-source';

/** Options of {@link TempoMonolith.fromExternal}. */
export interface ExternalTraceStoreProps {
  /** What tells it from other stores. @default - the construct's id */
  readonly name?: string;
  /** OTLP over gRPC: `Endpoint.external(host, 4317)`. */
  readonly otlpGrpc: Endpoint;
  /** Tempo's HTTP API: `Endpoint.external(host, 3200, { scheme: 'http' })`. */
  readonly query: Endpoint;
  /**
   * Whether its metrics generator makes series of spans and of who calls whom, in the metrics store that Grafana shows: then there are
   * dashboards of them.
   *
   * @default false
   */
  readonly spanMetrics?: boolean;
}

/** A Tempo that is not ours. */
export class ExternalTraceStore extends Construct implements ITraceStore, IShowable {
  readonly otlpGrpc: Endpoint;
  readonly query: Endpoint;
  readonly dataSource: DataSource;
  /** What applications do; how their store is, whoever runs it looks at. */
  readonly dashboards: readonly Dashboard[];
  private readonly name: string;

  constructor(scope: Construct, id: string, props: ExternalTraceStoreProps) {
    super(scope, id);
    const { name = id, otlpGrpc, query, spanMetrics = false } = props;
    this.name = name;
    this.otlpGrpc = otlpGrpc;
    this.query = query;
    this.dataSource = tempoDataSource({ endpoint: query, path: '' });
    this.dashboards = spanMetrics ? [apmRoutesStatus, apmServiceMap] : [];
  }

  exportTraces(collector: Workload): TraceExport {
    return { kind: 'otlp', name: this.name, connection: collector.connectTo(this.otlpGrpc) };
  }
}
