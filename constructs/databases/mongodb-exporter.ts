import type { Construct } from 'constructs';
import { ports } from '../contracts';
import { images } from '../images';
import type { Alert } from '../core/alert';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import { ConfigFile } from '../core/config-file';
import type { Connection } from '../core/connection';
import type { Dashboard } from '../core/dashboard';
import { defined } from '../core/defined';
import type { Endpoint, ServiceEndpoint } from '../core/endpoint';
import { InvalidPropError } from '../core/errors';
import { SecretRef } from '../core/secret-ref';
import { SecretSource } from '../core/secret-source';
import type { ServerProps } from '../core/server-description';
import { webConfig } from '../metrics/prometheus-config';
import { mongodbExporterAlerts } from './mongodb-exporter-alerts';
import { mongodbExporterDashboard } from './mongodb-exporter-dashboard';

/** Options of a {@link MongodbExporter}. */
export interface MongodbExporterProps extends ComponentProps, ServerProps {
  /** The member that it asks: `Endpoint.external(host, 27017)`, with `tls` where it is encrypted. */
  readonly server: Endpoint;
  /**
   * How it proves who it is: a Secret `<name>-mongodb` with `username` and `password`, of a user in `admin` with the roles `clusterMonitor`,
   * and `read` in `local`.
   *
   * @default SecretSource.existing()
   */
  readonly credentials?: SecretSource;
  /**
   * Whether the Secret may come later: until it is there, the exporter asks without a password, and its alert says that it is not let in. Pods
   * have to start anew then.
   *
   * @default false: pods wait for it
   */
  readonly secretMayFollow?: boolean;
}

const webFolder = '/etc/mongodb-exporter';

/**
 * mongodb_exporter of Percona: what a MongoDB says of its connections, queues, operations and replica set, as metrics. One for each member of
 * a replica set, which it asks directly; collections and indexes are not counted, of which there may be thousands.
 */
export class MongodbExporter extends Component {
  readonly software = [images.mongodbExporter];
  readonly scrapeTargets: readonly ScrapeTarget[];
  override readonly alerts: readonly Alert[];
  override readonly dashboards: readonly Dashboard[];
  /** Metrics, port 9216. */
  readonly metrics: ServiceEndpoint;

  /** @throws {InvalidPropError} if the server's certificate is for another name than its host, or it asks for one of the client */
  constructor(scope: Construct, id: string, props: MongodbExporterProps) {
    super(scope, id, props);
    const { server, credentials: source = SecretSource.existing(), secretMayFollow: optional = false } = props;
    const web = webConfig(this.tls);
    const { workload, endpoints, scrapeTargets } = this.deployment('exporter', props, {
      image: images.mongodbExporter,
      user: 65535,
      role: 'database-metrics',
      args: [
        '--collector.diagnosticdata',
        '--collector.replicasetstatus',
        ...(web === undefined ? [] : [`--web.config=${webFolder}/web.yml`]),
      ],
      resources: { cpu: '20m', memory: '48Mi', memoryLimit: '128Mi' },
      ports: {
        'http-metrics': {
          port: ports.mongodbExporter,
          scheme: 'http',
          metrics: '/metrics',
          forClients: false,
          tls: true,
        },
      },
      probes: { ready: '/' },
      ...(web !== undefined && { files: { path: webFolder, files: [ConfigFile.yaml('web.yml', () => web)] } }),
    });
    workload.setEnv('MONGODB_URI', uriOf(`${this.node.path}.server`, workload.connectTo(server)));
    const secret = new SecretRef(this, 'credentials', {
      name: `${this.name}-mongodb`,
      keys: { username: { kind: 'literal', value: this.name }, password: { kind: 'password' } },
      source,
      optional,
    });
    // It reads no files.
    workload.setEnvFrom('MONGODB_USER', secret.key('username'));
    workload.setEnvFrom('MONGODB_PASSWORD', secret.key('password'));
    this.metrics = endpoints['http-metrics'];
    this.scrapeTargets = scrapeTargets;
    this.alerts = mongodbExporterAlerts(this.name);
    this.dashboards = [mongodbExporterDashboard(this.name)];
  }
}

/** @see https://www.mongodb.com/docs/manual/reference/connection-string-options/ */
function uriOf(prop: string, { authority, tls }: Connection): string {
  if (tls?.serverName !== undefined) throw new InvalidPropError(prop, tls.serverName, 'the name of the host');
  // It wants certificate and key in one file.
  if (tls?.certificate !== undefined)
    throw new InvalidPropError(prop, 'a client certificate', 'a server that asks for a password');
  const parameters = new URLSearchParams(
    tls === undefined ? {} : { tls: 'true', ...defined({ tlsCAFile: tls.caFile }) },
  ).toString();
  return `mongodb://${authority}/admin${parameters === '' ? '' : `?${parameters}`}`;
}
