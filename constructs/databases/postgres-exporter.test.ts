import { Duration } from 'cdk8s';
import type { DatabasesJob } from '../contracts';
import { Endpoint } from '../core/endpoint';
import { Prometheus } from '../metrics/prometheus';
import {
  asYaml,
  containerOf,
  envOf,
  fileOf,
  givenSecret,
  objectOf,
  renderApp,
  testApp,
  violationsOf,
  type OwnProps,
} from '../testing';
import type { PlatformAppProps } from '../core/platform-app';
import { Postgres } from './postgres';
import { PostgresExporter, type PostgresExporterProps } from './postgres-exporter';

const everything: Omit<OwnProps<PostgresExporterProps>, 'server'> = {
  name: 'statistics',
  statements: 20,
  queryText: true,
  slowStatement: Duration.millis(250),
  maximumLag: Duration.seconds(10),
  resources: { cpu: '10m', memory: '48Mi', memoryLimit: '64Mi' },
  image: 'example.org/postgres-exporter:v0.21.0',
};

function render(props: Partial<PostgresExporterProps> = {}, platform: Partial<PlatformAppProps> = {}) {
  const app = testApp(platform);
  const postgres = new Postgres(app.chart('databases'), 'postgres');
  const exporter = new PostgresExporter(app.chart('workloads'), 'postgres-exporter', { server: postgres, ...props });
  const prometheus = new Prometheus(app.chart('metrics'), 'prometheus');
  prometheus.scrape(exporter);
  prometheus.evaluate(exporter);
  return { app, postgres, exporter, objects: renderApp(app) };
}

const argsOf = (props: Partial<PostgresExporterProps>) =>
  containerOf(render(props).objects, 'Deployment', props.name ?? 'postgres-exporter').args ?? [];

describe('PostgresExporter', () => {
  it('needs a server only', () => {
    const { app, objects } = render();
    expect(violationsOf(app)).toEqual([]);
    expect(asYaml(objects.filter(({ metadata }) => metadata.namespace === 'workloads'))).toMatchSnapshot();
  });

  it('takes every prop', () => {
    const { app, exporter, objects } = render(everything);
    expect(violationsOf(app)).toEqual([]);
    expect(argsOf(everything)).toEqual(
      expect.arrayContaining([
        '--collector.stat_statements.limit=20',
        '--collector.stat_statements.exclude_users=statistics',
        '--collector.stat_statements.include_query',
      ]),
    );
    expect(containerOf(objects, 'Deployment', 'statistics').image).toBe('example.org/postgres-exporter:v0.21.0');
    const exprOf = (name: string) => exporter.alerts.find((alert) => alert.name === name)?.expr;
    expect(exprOf('PostgresStatementsSlow')).toMatch(/> 0\.25$/);
    expect(exprOf('PostgresReplicaBehind')).toMatch(/> 10$/);
  });

  it('has a role that reads statistics, whose password is a file', () => {
    const { postgres, objects } = render();
    expect(JSON.parse(fileOf(objects, 'postgres-databases-job', 'job.json'))).toEqual({
      databases: [],
      monitors: [{ name: 'postgres-exporter', directory: '/run/roles/postgres-exporter' }],
    } satisfies DatabasesJob);
    expect(postgres.databases).toEqual([]);
    expect(envOf(objects, 'Deployment', 'postgres-exporter')).toEqual({
      DATA_SOURCE_URI: 'postgres.databases.svc.cluster.local:5432/postgres?sslmode=disable',
      DATA_SOURCE_USER_FILE: '/run/role/username',
      DATA_SOURCE_PASS_FILE: '/run/role/password',
    });
    expect(JSON.stringify(objectOf(objects, 'Deployment', 'postgres-exporter').spec.template)).toContain(
      '"secretName":"postgres-exporter-postgres-sql"',
    );
  });

  it('has a server of ours measure statements and its disk, which others do not', () => {
    expect(fileOf(render().objects, 'postgres-config', 'postgresql.conf')).toContain(
      "shared_preload_libraries = 'pg_stat_statements'\npg_stat_statements.max = 1000\ntrack_io_timing = true\n",
    );
    const app = testApp();
    new Postgres(app.chart('databases'), 'postgres');
    expect(fileOf(renderApp(app), 'postgres-config', 'postgresql.conf')).not.toContain('pg_stat_statements');
  });

  it('asks nothing of statements if it is to tell of none', () => {
    expect(argsOf({ statements: 0 }).filter((arg) => arg.includes('stat_statements'))).toEqual([]);
    for (const statements of [-1, 0.5]) expect(() => render({ statements })).toThrow('a whole number from 0 on');
  });

  it('cannot own a database, and who owns one cannot read statistics', () => {
    const { postgres, exporter } = render();
    const [workload] = exporter.workloads;
    if (workload === undefined) throw new Error('it has no workload');
    expect(() => postgres.grantOwn(workload)).toThrow('one that does not monitor the server');
    const app = testApp();
    const other = new Postgres(app.chart('databases'), 'postgres');
    other.grantOwn(workload);
    expect(() => other.grantMonitor(workload)).toThrow('one without a database of its own');
  });

  it('speaks TLS on both sides where servers of the platform do', () => {
    const { app, objects } = render({}, { tls: { ca: 'ca' } });
    expect(envOf(objects, 'Deployment', 'postgres-exporter').DATA_SOURCE_URI).toBe(
      'postgres.databases.svc.cluster.local:5432/postgres?sslmode=verify-full&sslrootcert=%2Fetc%2Fplumbline%2Ftls%2Fca-ca-crt%2Fca.crt',
    );
    expect(containerOf(objects, 'Deployment', 'postgres-exporter')).toMatchObject({
      args: expect.arrayContaining(['--web.config.file=/etc/postgres-exporter/web.yml']) as unknown,
      readinessProbe: { httpGet: { scheme: 'HTTPS' } },
    });
    const given = ['metrics', 'databases', 'workloads'].map((namespace) => givenSecret(namespace, 'ca'));
    const servers = { databases: 'postgres', workloads: 'postgres-exporter', metrics: 'prometheus' };
    const own = Object.entries(servers).map(([namespace, name]) => givenSecret(namespace, `${name}-tls`));
    expect(violationsOf(app, { given: [...given, ...own] })).toEqual([]);
  });
});

describe('PostgresExporter of a server of somebody else', () => {
  function external(tls?: { readonly ca?: string; readonly serverName?: string; readonly clientCertificate?: string }) {
    const app = testApp();
    const chart = app.chart('workloads');
    const endpoint = Endpoint.external('db.example.org', 5432, { ranges: ['10.1.0.0/16'], ...(tls && { tls }) });
    const server = Postgres.fromExternal(chart, 'rds', { endpoint });
    new PostgresExporter(chart, 'postgres-exporter', { server });
    return { app, objects: renderApp(app) };
  }

  it('is let in with what whoever runs it gave, and out to it alone', () => {
    const { app, objects } = external({});
    expect(envOf(objects, 'Deployment', 'postgres-exporter').DATA_SOURCE_URI).toBe(
      'db.example.org:5432/postgres?sslmode=verify-full',
    );
    expect(JSON.stringify(objectOf(objects, 'NetworkPolicy', 'postgres-exporter').spec.egress)).toContain(
      '10.1.0.0/16',
    );
    expect(violationsOf(app, { given: [givenSecret('workloads', 'postgres-exporter-rds-sql')] })).toEqual([]);
  });

  it('shows a certificate where one is asked for', () => {
    const { objects } = external({ ca: 'rds-ca', clientCertificate: 'client' });
    expect(envOf(objects, 'Deployment', 'postgres-exporter').DATA_SOURCE_URI).toMatch(
      /sslmode=verify-full&sslrootcert=.*rds-ca.*&sslcert=.*tls\.crt&sslkey=.*tls\.key$/,
    );
  });

  it('cannot be told another name than that of the host', () => {
    expect(() => external({ serverName: 'other.example.org' })).toThrow('the name of the host');
  });
});
