import { Duration, Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { ports } from '../contracts';
import { images } from '../images';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import { ConfigFile } from '../core/config-file';
import type { IDashboardHost, IShowable } from '../core/dashboard';
import type { IDataSourceProvider } from '../core/data-source';
import { defined } from '../core/defined';
import type { IExposure, ServiceEndpoint } from '../core/endpoint';
import { DuplicateNameError } from '../core/errors';
import { Probe } from '../core/probe';
import { SecretRef } from '../core/secret-ref';
import type { SecretSource } from '../core/secret-source';
import type { ServerTls } from '../core/server-tls';
import type { ServerProps } from '../core/server-description';
import type { ClaimProps } from '../core/volume';
import { grafanaAlerts } from './grafana-alerts';
import { grafanaDashboard } from './grafana-dashboard';
import { DashboardFolders } from './dashboard-folders';
import { dataSources, type ConnectedSource } from './grafana-config';

/** Options of a {@link Grafana}. */
export interface GrafanaProps extends ComponentProps, ServerProps {
  /** Stores that are shown, linked to each other where they can be. @default - none */
  readonly sources?: readonly IDataSourceProvider[];
  /** A door from outside. @default - none; `kubectl port-forward` works */
  readonly exposure?: IExposure;
  /** URL people use; links in messages begin with it. @default - Grafana's own guess */
  readonly url?: string;
  /** Who makes the administrator's password and the key of stored secrets. @default SecretSource.generated() */
  readonly credentials?: SecretSource;
  /** Its database. @default 1 GiB of the environment's storage class */
  readonly volume?: ClaimProps;
}

/**
 * One Grafana with its own database, the stores it is given as data sources, and the dashboards of components it is to show. Nothing is
 * fetched from the internet.
 */
export class Grafana extends Component implements IDashboardHost {
  readonly software = [images.grafana];
  readonly scrapeTargets: readonly ScrapeTarget[];
  override readonly alerts = grafanaAlerts(this.name);
  override readonly dashboards = [grafanaDashboard(this.name)];
  /** The page, port 80 of the Service. */
  readonly ui: ServiceEndpoint;
  /** User `admin` and the password of the first start, key `password`. */
  readonly credentials: SecretRef;
  private readonly folders: DashboardFolders;

  /** @throws {DuplicateNameError} if two sources have one uid */
  constructor(scope: Construct, id: string, props: GrafanaProps = {}) {
    super(scope, id, props);
    const { sources = [] } = props;
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
    const { workload, endpoints, scrapeTargets } = this.deployment('grafana', props, {
      image: images.grafana,
      user: 472,
      role: 'visualization',
      env: { ...grafanaSettings(props.url), ...encryptionOf(this.tls) },
      envFrom: {
        GF_SECURITY_ADMIN_USER: this.credentials.key('user'),
        GF_SECURITY_ADMIN_PASSWORD: this.credentials.key('password'),
        GF_SECURITY_SECRET_KEY: this.credentials.key('secretKey'),
      },
      resources: { cpu: '100m', memory: '256Mi', memoryLimit: '512Mi' },
      ports: { http: { port: ports.grafana, servicePort: 80, scheme: 'http', metrics: '/metrics', tls: true } },
      probes: {
        ready: '/api/health',
        alive: Probe.http('http', '/api/health', { failures: 6 }),
        // The first start makes the database, which takes long on a tenth of a core.
        startup: Duration.minutes(10),
      },
      claims: { data: { path: '/var/lib/grafana', ...(props.volume ?? { size: Size.gibibytes(1) }) } },
      scratch: {
        logs: { path: '/var/log/grafana', size: Size.mebibytes(64) },
        tmp: { path: '/tmp', size: Size.mebibytes(128) },
      },
      files: {
        name: 'datasources',
        path: '/etc/grafana/provisioning/datasources',
        files: [ConfigFile.yaml('datasources.yaml', () => dataSources(connected))],
      },
    });
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
  return { GF_SERVER_PROTOCOL: 'https', GF_SERVER_CERT_FILE: tls.certFile, GF_SERVER_CERT_KEY: tls.keyFile };
}
