import { Duration, Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { images } from '../images';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import { ConfigFile } from '../core/config-file';
import type { IDashboardHost, IShowable } from '../core/dashboard';
import type { IDataSourceProvider } from '../core/data-source';
import { defined } from '../core/defined';
import type { IExposure, ServiceEndpoint } from '../core/endpoint';
import { PodField } from '../core/env-source';
import { DuplicateNameError } from '../core/errors';
import { Platform } from '../core/platform';
import { Probe } from '../core/probe';
import { SecretRef } from '../core/secret-ref';
import type { SecretSource } from '../core/secret-source';
import type { ServerTls } from '../core/server-tls';
import type { ServerProps } from '../core/server-description';
import { grafanaAlerts } from './grafana-alerts';
import { grafanaDashboard } from './grafana-dashboard';
import { grafanaObjectives } from './grafana-objectives';
import { DashboardFolders } from './dashboard-folders';
import { ExternalGrafana, type ExternalGrafanaProps } from './external-grafana';
import { dataSources, type ConnectedSource } from './grafana-config';
import { joinReplicas, mostReplicas, portsOf, useDatabase, type GrafanaScaleProps } from './grafana-replicas';

/** Options of a {@link Grafana}. */
export interface GrafanaProps extends ComponentProps, ServerProps, GrafanaScaleProps {
  /** Stores that are shown, linked to each other where they can be. @default - none */
  readonly sources?: readonly IDataSourceProvider[];
  /** A door from outside. @default - none; `kubectl port-forward` works */
  readonly exposure?: IExposure;
  /** URL people use; links in messages begin with it. @default - Grafana's own guess */
  readonly url?: string;
  /** Who makes the administrator's password and the key of stored secrets. @default SecretSource.generated() */
  readonly credentials?: SecretSource;
}

/**
 * Grafana, with the stores it is given as data sources and the dashboards of components it is to show: one with a database of its own on a
 * volume, or replicas that share one. Nothing is fetched from the internet.
 */
export class Grafana extends Component implements IDashboardHost {
  /** A Grafana that is not ours, whose sidecar finds what it is to show. */
  static fromExternal(scope: Construct, id: string, props: ExternalGrafanaProps = {}): IDashboardHost {
    return new ExternalGrafana(scope, id, props);
  }

  readonly software = [images.grafana];
  readonly scrapeTargets: readonly ScrapeTarget[];
  override readonly alerts = grafanaAlerts(this.name);
  override readonly dashboards = [grafanaDashboard(this.name)];
  override readonly slos = grafanaObjectives(this.name, Platform.of(this).objectives);
  /** The page, port 80 of the Service. */
  readonly ui: ServiceEndpoint;
  /** User `admin` and the password of the first start, key `password`. */
  readonly credentials: SecretRef;
  private readonly folders: DashboardFolders;

  /**
   * @throws {DuplicateNameError} if two sources have one uid
   * @throws {InvalidPropError} if there are to be several without a database to share
   */
  constructor(scope: Construct, id: string, props: GrafanaProps = {}) {
    super(scope, id, props);
    const { sources = [], database, replicas, autoscaler } = props;
    const clustered = mostReplicas(this.node.path, props) > 1;
    for (const [index, { dataSource }] of sources.entries()) {
      if (sources.findIndex((each) => each.dataSource.uid === dataSource.uid) !== index)
        throw new DuplicateNameError('data source', dataSource.uid, this.node.path);
    }
    this.credentials = new SecretRef(this, 'credentials', {
      name: `${this.name}-admin`,
      keys: {
        user: { kind: 'literal', value: 'admin' },
        password: { kind: 'password' },
        secretKey: { kind: 'password' },
      },
      ...defined({ source: props.credentials }),
    });
    const { workload, endpoints, pods, scrapeTargets } = this.deployment(
      'grafana',
      props,
      {
        image: images.grafana,
        user: 472,
        role: 'visualization',
        env: { ...grafanaSettings(props.url), ...encryptionOf(this.tls) },
        envFrom: {
          GF_SECURITY_ADMIN_USER: this.credentials.key('user'),
          GF_SECURITY_ADMIN_PASSWORD: this.credentials.key('password'),
          GF_SECURITY_SECRET_KEY: this.credentials.key('secretKey'),
          ...(clustered && { POD_IP: PodField.podIp }),
        },
        resources: { cpu: '100m', memory: '256Mi', memoryLimit: '512Mi' },
        ports: portsOf(clustered),
        probes: {
          ready: '/api/health',
          // Who is without a database that others share is not helped by being started again.
          alive: Probe.http('http', database === undefined ? '/api/health' : '/healthz', { failures: 6 }),
          // The first start makes the database, which takes long on a tenth of a core.
          startup: Duration.minutes(10),
        },
        ...(database === undefined && {
          claims: { data: { path: home, ...(props.volume ?? { size: Size.gibibytes(1) }) } },
        }),
        scratch: {
          ...(database !== undefined && { data: { path: home, size: Size.mebibytes(512) } }),
          logs: { path: '/var/log/grafana', size: Size.mebibytes(64) },
          tmp: { path: '/tmp', size: Size.mebibytes(128) },
        },
        files: {
          name: 'datasources',
          path: '/etc/grafana/provisioning/datasources',
          files: [ConfigFile.yaml('datasources.yaml', () => dataSources(connected))],
        },
        // Members find each other before any is ready.
        parallel: clustered,
      },
      { replicas, autoscaler },
    );
    if (database !== undefined) useDatabase(workload, database.grantOwn(workload));
    joinReplicas(workload, pods);
    const connected: readonly ConnectedSource[] = sources.map(({ dataSource: source }) => ({
      source,
      connection: workload.connectToPath(source.api),
    }));
    this.folders = new DashboardFolders(workload);
    this.ui = endpoints.http;
    this.scrapeTargets = scrapeTargets;
    if (props.exposure !== undefined) this.ui.expose(props.exposure);
  }

  /**
   * Shows the dashboards of components. People cannot change them there: they are what the constructs say.
   *
   * @throws {DuplicateNameError} if two have one uid, or one title in one folder
   * @throws {InvalidPropError} if Grafana would refuse one
   */
  show(...components: readonly IShowable[]): void {
    for (const dashboard of components.flatMap(({ dashboards }) => dashboards)) this.folders.add(dashboard);
  }
}

/** Where Grafana keeps what it writes. */
const home = '/var/lib/grafana';

/** No sign-up, no reports, no downloads: from 12.0 on Grafana would fetch plugins when it starts. */
function grafanaSettings(url: string | undefined): Record<string, string> {
  return {
    ...defined({ GF_SERVER_ROOT_URL: url }),
    GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
    GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
    GF_ANALYTICS_REPORTING_ENABLED: 'false',
    GF_AUTH_ANONYMOUS_ENABLED: 'false',
    GF_LOG_MODE: 'console',
    GF_NEWS_NEWS_FEED_ENABLED: 'false',
    GF_PLUGINS_PREINSTALL_AUTO_UPDATE: 'false',
    GF_PLUGINS_PREINSTALL_DISABLED: 'true',
    GF_USERS_ALLOW_SIGN_UP: 'false',
  };
}

/** @see https://grafana.com/docs/grafana/latest/setup-grafana/set-up-https/ */
function encryptionOf(tls: ServerTls | undefined): Record<string, string> {
  if (tls === undefined) return {};
  return {
    GF_SERVER_PROTOCOL: 'https',
    GF_SERVER_CERT_FILE: tls.certFile,
    GF_SERVER_CERT_KEY: tls.keyFile,
    // Else it keeps those it started with.
    GF_SERVER_CERTS_WATCH_INTERVAL: '1m',
  };
}
