import { Construct } from 'constructs';
import type { IShowable } from '../core/dashboard';
import type { DataSource } from '../core/data-source';
import type { Endpoint } from '../core/endpoint';
import type { LogExport, LogPush } from '../core/log-destination';
import type { EndpointPath, ILogStore } from '../core/stores';
import { ofTenant } from '../core/tenancy';
import type { Workload } from '../core/workload';
import { logsDashboard } from './logs-dashboard';
import { lokiPushPath } from './loki-config';
import { lokiDataSource } from './loki-data-source';

/** Options of an {@link ExternalLogStore}. */
export interface ExternalLogStoreProps {
  /** What tells it from other stores. @default - the construct's id */
  readonly name?: string;
  /** `Endpoint.external(host, 3100, { scheme: 'http' })`. */
  readonly endpoint: Endpoint;
  /** Whose lines all of these are, by the header that every client then sends. @default - the store knows no tenants */
  readonly tenant?: string;
  /** What stands before `/loki/api/v1/query_range`. @default - nothing */
  readonly queryPath?: string;
  /** What stands before `/v1/logs`. @default '/otlp' */
  readonly otlpPath?: string;
  /** Where agents post lines with labels. @default - `/loki/api/v1/push` behind `queryPath` */
  readonly pushPath?: string;
}

/** A Loki, or what speaks as one does, that is not ours. */
export class ExternalLogStore extends Construct implements ILogStore, IShowable {
  readonly query: EndpointPath;
  readonly otlpHttp: EndpointPath;
  readonly dataSource: DataSource;
  /** What is asked of lines, whoever keeps them; how their store is, whoever runs it looks at. */
  readonly dashboards = [logsDashboard];
  private readonly name: string;
  private readonly push: EndpointPath;

  /** @throws {InvalidPropError} if the tenant’s name is none */
  constructor(scope: Construct, id: string, props: ExternalLogStoreProps) {
    super(scope, id);
    const { name = id, endpoint, queryPath = '', otlpPath = '/otlp' } = props;
    const at = (path: string) => ofTenant({ endpoint, path }, props.tenant);
    this.push = at(props.pushPath ?? `${queryPath}${lokiPushPath}`);
    this.name = name;
    this.query = at(queryPath);
    this.otlpHttp = at(otlpPath);
    this.dataSource = lokiDataSource(this.query);
  }

  exportLogs(collector: Workload): LogExport {
    return { name: this.name, connection: collector.connectToPath(this.otlpHttp) };
  }

  pushLogs(agent: Workload): LogPush {
    return { name: this.name, connection: agent.connectToPath(this.push) };
  }
}
