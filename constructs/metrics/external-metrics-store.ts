import { Construct } from 'constructs';
import type { DataSource } from '../core/data-source';
import type { Endpoint } from '../core/endpoint';
import type { EndpointPath, IMetricsStore } from '../core/stores';
import { prometheusDataSource } from './prometheus-data-source';

/** Options of {@link Prometheus.fromExternal}. */
export interface ExternalMetricsStoreProps {
  /** `Endpoint.external(host, 9090, { scheme: 'http' })`. */
  readonly endpoint: Endpoint;
  /** What stands before `/api/v1/query`, such as `/prometheus` of Mimir. @default - nothing */
  readonly queryPath?: string;
  /** Of remote write, such as `/api/v1/push` of Mimir. @default '/api/v1/write' */
  readonly writePath?: string;
}

/** A Prometheus, or what speaks as one does, that is not ours. */
export class ExternalMetricsStore extends Construct implements IMetricsStore {
  readonly query: EndpointPath;
  readonly remoteWrite: EndpointPath;
  readonly dataSource: DataSource;

  constructor(scope: Construct, id: string, props: ExternalMetricsStoreProps) {
    super(scope, id);
    const { endpoint, queryPath = '', writePath = '/api/v1/write' } = props;
    this.query = { endpoint, path: queryPath };
    this.remoteWrite = { endpoint, path: writePath };
    this.dataSource = prometheusDataSource(this.query);
  }
}
