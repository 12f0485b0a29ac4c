import type { Construct } from 'constructs';
import { ports } from '../contracts';
import { images } from '../images';
import type { Alert } from '../core/alert';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import type { Connection } from '../core/connection';
import type { Dashboard } from '../core/dashboard';
import { defined } from '../core/defined';
import type { Endpoint, ServiceEndpoint } from '../core/endpoint';
import { SecretRef } from '../core/secret-ref';
import { SecretSource } from '../core/secret-source';
import type { ServerProps } from '../core/server-description';
import { redisExporterAlerts } from './redis-exporter-alerts';
import { redisExporterDashboard } from './redis-exporter-dashboard';

/** Options of a {@link RedisExporter}. */
export interface RedisExporterProps extends ComponentProps, ServerProps {
  /** The server that it asks, a Redis or a Valkey: `Endpoint.external(host, 6379)`, with `tls` where it is encrypted. */
  readonly server: Endpoint;
  /**
   * How it proves who it is: a Secret `<name>-redis` with `username` and `password`. The user may `+info +ping +config|get +client|setname
   * +slowlog +latency`, and no key; with a password alone it is `default`.
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
  /** Whether the server takes clients without a password. @default false */
  readonly withoutPassword?: boolean;
  /** Keys a second that are thrown out for want of memory, above which somebody is told. @default 10 */
  readonly evictions?: number;
}

/**
 * redis_exporter: what a Redis says of its memory, keys, clients and commands, as metrics. One for each server. It reads no key, and has no
 * right to.
 */
export class RedisExporter extends Component {
  readonly software = [images.redisExporter];
  readonly scrapeTargets: readonly ScrapeTarget[];
  override readonly alerts: readonly Alert[];
  override readonly dashboards: readonly Dashboard[];
  /** Metrics, port 9121. */
  readonly metrics: ServiceEndpoint;

  constructor(scope: Construct, id: string, props: RedisExporterProps) {
    super(scope, id, props);
    const { server, credentials: source = SecretSource.existing(), secretMayFollow: optional = false } = props;
    const { withoutPassword = false, evictions } = props;
    const { tls } = this;
    const { workload, endpoints, scrapeTargets } = this.deployment('exporter', props, {
      image: images.redisExporter,
      user: 59000,
      role: 'database-metrics',
      args: [
        // It would ask any server that whoever reads it names, with the password of this one.
        '--disable-scrape-endpoint',
        '--include-metrics-for-empty-databases=false',
        '--include-go-runtime-metrics',
        '--log-format=json',
        ...(tls === undefined
          ? []
          : [`--tls-server-cert-file=${tls.certFile}`, `--tls-server-key-file=${tls.keyFile}`]),
      ],
      resources: { cpu: '10m', memory: '24Mi', memoryLimit: '64Mi' },
      ports: {
        'http-metrics': {
          port: ports.redisExporter,
          scheme: 'http',
          metrics: '/metrics',
          forClients: false,
          tls: true,
        },
      },
      probes: { ready: '/health' },
    });
    for (const [name, value] of Object.entries(addressOf(workload.connectTo(server)))) workload.setEnv(name, value);
    if (!withoutPassword) {
      const secret = new SecretRef(this, 'credentials', {
        name: `${this.name}-redis`,
        keys: { username: { kind: 'literal', value: this.name }, password: { kind: 'password' } },
        source,
        optional,
      });
      // From a file it takes passwords of many servers by their addresses, in JSON, which nobody has.
      workload.setEnvFrom('REDIS_USER', secret.key('username'));
      workload.setEnvFrom('REDIS_PASSWORD', secret.key('password'));
    }
    this.metrics = endpoints['http-metrics'];
    this.scrapeTargets = scrapeTargets;
    this.alerts = redisExporterAlerts(this.name, defined({ evictions }));
    this.dashboards = [redisExporterDashboard(this.name)];
  }
}

/** @see https://github.com/oliver006/redis_exporter#command-line-flags */
function addressOf({ authority, tls }: Connection): Readonly<Record<string, string>> {
  return defined({
    REDIS_ADDR: `${tls === undefined ? 'redis' : 'rediss'}://${authority}`,
    REDIS_EXPORTER_TLS_CA_CERT_FILE: tls?.caFile,
    REDIS_EXPORTER_TLS_SERVER_NAME: tls?.serverName,
    REDIS_EXPORTER_TLS_CLIENT_CERT_FILE: tls?.certificate?.certFile,
    REDIS_EXPORTER_TLS_CLIENT_KEY_FILE: tls?.certificate?.keyFile,
  });
}
