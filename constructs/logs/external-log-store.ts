import { Construct } from 'constructs';
import type { DataSource } from '../core/data-source';
import type { Endpoint } from '../core/endpoint';
import type { EndpointPath, ILogStore } from '../core/stores';
import { lokiDataSource } from './loki-data-source';

/** Options of an {@link ExternalLogStore}. */
export interface ExternalLogStoreProps {
  /** `Endpoint.external(host, 3100, { scheme: 'http' })`. */
  readonly endpoint: Endpoint;
  /** What stands before `/loki/api/v1/query_range`. @default - nothing */
  readonly queryPath?: string;
  /** What stands before `/v1/logs`. @default '/otlp' */
  readonly otlpPath?: string;
}

/** A Loki, or what speaks as one does, that is not ours. */
export class ExternalLogStore extends Construct implements ILogStore {
  readonly query: EndpointPath;
  readonly otlpHttp: EndpointPath;
  readonly dataSource: DataSource;

  constructor(scope: Construct, id: string, props: ExternalLogStoreProps) {
    super(scope, id);
    const { endpoint, queryPath = '', otlpPath = '/otlp' } = props;
    this.query = { endpoint, path: queryPath };
    this.otlpHttp = { endpoint, path: otlpPath };
    this.dataSource = lokiDataSource(this.query);
  }
}
