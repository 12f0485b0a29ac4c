import { ApiObject, Lazy, type ApiObjectMetadata } from 'cdk8s';
import { Construct } from 'constructs';
import { ConfigFile } from '../core/config-file';
import { dashboardModel, newDashboard, type Dashboard, type IDashboardHost, type IShowable } from '../core/dashboard';
import type { DataSource, IDataSourceProvider } from '../core/data-source';
import { defined } from '../core/defined';
import { ServiceEndpoint } from '../core/endpoint';
import type { NetworkPeer } from '../core/network-peer';
import { dataSources, type ConnectedSource } from './grafana-config';

/** Options of {@link Grafana.fromExternal}. */
export interface ExternalGrafanaProps {
  /**
   * Labels by which its sidecar finds dashboards.
   *
   * @default - `grafana_dashboard: "1"`, as the charts of Grafana and of kube-prometheus-stack have it
   */
  readonly dashboardLabels?: Readonly<Record<string, string>>;
  /**
   * Annotation that says the folder; it acts where the sidecar's `folderAnnotation` is this one.
   *
   * @default 'grafana_folder'
   */
  readonly folderAnnotation?: string;
  /**
   * Labels by which its sidecar finds data sources.
   *
   * @default - `grafana_datasource: "1"`, as those charts have it
   */
  readonly sourceLabels?: Readonly<Record<string, string>>;
  /**
   * Namespace of the ConfigMap with data sources: the sidecar usually looks for them in its own only.
   *
   * @default - the chart's
   */
  readonly sourceNamespace?: string;
  /** Pods of it, which the policies of our stores let in. @default - none */
  readonly from?: readonly NetworkPeer[];
  /** Stores; those that are ours are made data sources of it, the others are taken to be there. @default - none */
  readonly sources?: readonly IDataSourceProvider[];
}

/**
 * A Grafana that is not ours, told of dashboards and data sources by ConfigMaps that its sidecar finds by their labels. It needs no rights
 * of ours and no restart.
 *
 * @see https://github.com/grafana-community/helm-charts/blob/main/charts/grafana/README.md#sidecar-for-dashboards
 */
export class ExternalGrafana extends Construct implements IDashboardHost {
  private readonly shown: Dashboard[] = [];

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ExternalGrafanaProps = {},
  ) {
    super(scope, id);
    const connected = (props.sources ?? []).flatMap(({ dataSource }) => this.connected(dataSource));
    if (connected.length === 0) return;
    const { sourceLabels = { grafana_datasource: '1' }, sourceNamespace } = props;
    const file = ConfigFile.yaml('plumbline.yaml', () => dataSources(connected, { besideOthers: true }));
    const metadata = { name: `${id}-sources`, labels: sourceLabels, ...defined({ namespace: sourceNamespace }) };
    this.configMap('sources', metadata, file);
  }

  /**
   * @throws {DuplicateNameError} if two have one uid, or one title in one folder
   * @throws {InvalidPropError} if Grafana would refuse one
   */
  show(...components: readonly IShowable[]): void {
    const { dashboardLabels = { grafana_dashboard: '1' }, folderAnnotation = 'grafana_folder' } = this.props;
    for (const dashboard of components.flatMap(({ dashboards }) => dashboards)) {
      this.shown.push(newDashboard(dashboard, this.shown, this.node.path));
      const { uid, folder } = dashboard;
      // A uid may have what a name of Kubernetes may not.
      const name = `dashboard-${uid.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`.replace(/-$/, '');
      const file = ConfigFile.json(`${uid}.json`, () => dashboardModel(dashboard));
      this.configMap(
        `dashboard-${uid}`,
        { name, labels: dashboardLabels, annotations: { [folderAnnotation]: folder } },
        file,
      );
    }
  }

  /** A store of ours, which lets its pods in; nothing for others, which it knows already. */
  private connected(source: DataSource): readonly ConnectedSource[] {
    const { endpoint } = source.api;
    if (!(endpoint instanceof ServiceEndpoint)) return [];
    const { from } = this.props;
    if (from !== undefined) endpoint.acceptFrom(from, 'queries of a Grafana that is not ours');
    const { host, port, authority, address: url } = endpoint;
    return [{ source, connection: { host, port, authority, url } }];
  }

  private configMap(id: string, metadata: ApiObjectMetadata, file: ConfigFile): void {
    new ApiObject(this, id, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata,
      data: { [file.name]: Lazy.any({ produce: () => file.text() }) as unknown },
    });
  }
}
