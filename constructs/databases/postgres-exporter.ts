import type { Duration } from 'cdk8s';
import type { Construct } from 'constructs';
import { ports } from '../contracts';
import { images } from '../images';
import type { Alert } from '../core/alert';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import { ConfigFile } from '../core/config-file';
import type { Dashboard } from '../core/dashboard';
import type { DatabaseAccess, IDatabase } from '../core/database';
import { defined } from '../core/defined';
import type { ServiceEndpoint } from '../core/endpoint';
import { InvalidPropError } from '../core/errors';
import type { ServerProps } from '../core/server-description';
import { webConfig } from '../metrics/prometheus-config';
import { postgresExporterAlerts } from './postgres-exporter-alerts';
import { postgresExporterDashboard } from './postgres-exporter-dashboard';

/** Options of a {@link PostgresExporter}. */
export interface PostgresExporterProps extends ComponentProps, ServerProps {
  /** The server that it asks: a {@link Postgres}, or `Postgres.fromExternal(…)`. */
  readonly server: IDatabase;
  /** Statements that it tells of at most, those that took longest; 0 is none. Each has five series. @default 50 */
  readonly statements?: number;
  /**
   * Whether it tells the text of statements, without their constants. Of those that are no queries, such as `CREATE ROLE`, all is told.
   *
   * @default false: only their `queryid`, by which the server knows them
   */
  readonly queryText?: boolean;
  /** Mean time of a statement above which somebody is told. @default Duration.seconds(1) */
  readonly slowStatement?: Duration;
  /** How far a replica may be behind before somebody is told. @default Duration.minutes(1) */
  readonly maximumLag?: Duration;
}

const roleFolder = '/run/role';
const webFolder = '/etc/postgres-exporter';

/**
 * postgres_exporter: what a PostgreSQL server says of its connections, statements, replicas, locks, caches and disk, as metrics. It has a role
 * of its own that reads statistics (`pg_monitor`), and no table. One for each server.
 *
 * What is counted for each table is told of the database that one is connected to only, which here holds none; so it is not asked for.
 */
export class PostgresExporter extends Component {
  readonly software = [images.postgresExporter];
  readonly scrapeTargets: readonly ScrapeTarget[];
  override readonly alerts: readonly Alert[];
  override readonly dashboards: readonly Dashboard[];
  /** Metrics, port 9187. */
  readonly metrics: ServiceEndpoint;

  /** @throws {InvalidPropError} if it is to tell of no number of statements, or the server's certificate is for another name than its host */
  constructor(scope: Construct, id: string, props: PostgresExporterProps) {
    super(scope, id, props);
    const { server, slowStatement, maximumLag } = props;
    const web = webConfig(this.tls);
    const { workload, endpoints, scrapeTargets } = this.deployment('exporter', props, {
      image: images.postgresExporter,
      user: 65534,
      role: 'database-metrics',
      args: [
        ...collectors(`${this.node.path}.statements`, this.name, props),
        ...(web === undefined ? [] : [`--web.config.file=${webFolder}/web.yml`]),
      ],
      resources: { cpu: '20m', memory: '32Mi', memoryLimit: '128Mi' },
      ports: {
        'http-metrics': {
          port: ports.postgresExporter,
          scheme: 'http',
          metrics: '/metrics',
          forClients: false,
          tls: true,
        },
      },
      // Not its metrics, for which it would ask the server.
      probes: { ready: '/' },
      ...(web !== undefined && { files: { path: webFolder, files: [ConfigFile.yaml('web.yml', () => web)] } }),
    });
    const access = server.grantMonitor(workload);
    workload.mount(workload.addSecret('role', access.secret), roleFolder);
    workload.setEnv('DATA_SOURCE_URI', dataSource(`${this.node.path}.server`, access));
    workload.setEnv('DATA_SOURCE_USER_FILE', `${roleFolder}/username`);
    workload.setEnv('DATA_SOURCE_PASS_FILE', `${roleFolder}/password`);
    this.metrics = endpoints['http-metrics'];
    this.scrapeTargets = scrapeTargets;
    this.alerts = postgresExporterAlerts(this.name, defined({ slowStatement, maximumLag }));
    this.dashboards = [postgresExporterDashboard(this.name)];
  }
}

/** @see https://github.com/prometheus-community/postgres_exporter#flags */
function collectors(prop: string, self: string, props: PostgresExporterProps): readonly string[] {
  const { statements = 50, queryText = false } = props;
  if (!Number.isInteger(statements) || statements < 0)
    throw new InvalidPropError(prop, statements, 'a whole number from 0 on');
  return [
    '--collector.long_running_transactions',
    '--collector.postmaster',
    '--collector.stat_checkpointer',
    '--no-collector.stat_user_tables',
    '--no-collector.statio_user_tables',
    ...(statements === 0
      ? []
      : [
          '--collector.stat_statements',
          `--collector.stat_statements.limit=${statements}`,
          // Its own are the same for everybody, and many.
          `--collector.stat_statements.exclude_users=${self}`,
          ...(queryText ? ['--collector.stat_statements.include_query'] : []),
        ]),
  ];
}

/**
 * What follows `postgresql://` and the role.
 *
 * @see https://pkg.go.dev/github.com/lib/pq#hdr-Connection_String_Parameters
 */
function dataSource(prop: string, { authority, database, tls }: DatabaseAccess): string {
  if (tls?.serverName !== undefined) throw new InvalidPropError(prop, tls.serverName, 'the name of the host');
  const parameters = new URLSearchParams({
    sslmode: tls === undefined ? 'disable' : 'verify-full',
    ...defined({ sslrootcert: tls?.caFile, sslcert: tls?.certificate?.certFile, sslkey: tls?.certificate?.keyFile }),
  });
  return `${authority}/${encodeURIComponent(database)}?${parameters.toString()}`;
}
