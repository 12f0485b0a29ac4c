import { Size } from 'cdk8s';
import type { CredentialsJob } from '../contracts';
import { Endpoint } from '../core/endpoint';
import { PlatformJob } from '../core/platform-job';
import { ConfigFile } from '../core/config-file';
import { SecretSource } from '../core/secret-source';
import {
  asYaml,
  containerOf,
  envOf,
  fileOf,
  givenSecret,
  objectOf,
  podTemplateOf,
  renderApp,
  testApp,
  violationsOf,
  type OwnProps,
} from '../testing';
import type { PlatformApp } from '../core/platform-app';
import { databaseServer } from '../stores';
import { Postgres, type PostgresProps } from './postgres';

const everything: OwnProps<PostgresProps> = {
  name: 'sql',
  volume: { size: Size.gibibytes(20), storageClass: 'fast' },
  connections: 200,
  resources: { cpu: '500m', cpuLimit: '2', memory: '1Gi', memoryLimit: '2Gi' },
  credentials: SecretSource.existing(),
  image: 'example.org/postgres:18.7',
  jobImage: 'example.org/workers:1.0.0',
};

/** Something that is granted a database. */
function client(app: PlatformApp, concern = 'visualization', name = 'grafana'): PlatformJob {
  const file = ConfigFile.json('job.json', () => ({}));
  return new PlatformJob(app.chart(concern), name, { name, instance: name, job: 'databases', file });
}

function render(props: PostgresProps = {}, tls = false) {
  const app = testApp(tls ? { tls: { ca: 'ca' } } : {});
  const postgres = new Postgres(app.chart('databases'), 'postgres', props);
  const grafana = client(app);
  grafana.use(postgres.grantOwn(grafana));
  return { app, postgres, grafana, objects: renderApp(app) };
}
const ofDatabases = ({ objects }: ReturnType<typeof render>) =>
  asYaml(objects.filter(({ metadata }) => metadata.namespace === 'databases'));

describe('A PostgreSQL', () => {
  it('needs no props', () => {
    const rendered = render();
    expect(violationsOf(rendered.app)).toEqual([]);
    expect(ofDatabases(rendered)).toMatchSnapshot();
  });

  it('takes every prop', () => {
    const rendered = render(everything);
    const { objects } = rendered;
    const { image, args } = containerOf(objects, 'StatefulSet', 'sql');
    expect([image, args?.[0]]).toEqual(['example.org/postgres:18.7', 'postgres']);
    const [template] = objectOf(objects, 'StatefulSet', 'sql').spec.volumeClaimTemplates;
    expect(template?.spec).toMatchObject({ storageClassName: 'fast', resources: { requests: { storage: '20Gi' } } });
    expect(containerOf(objects, 'Job', 'sql-databases').image).toBe('example.org/workers:1.0.0');
    expect(fileOf(objects, 'sql-config', 'postgresql.conf')).toContain('max_connections = 200\n');
    expect(ofDatabases(rendered)).toMatchSnapshot();
  });

  it('takes a quarter of its memory for its cache, whatever it is given', () => {
    const conf = (memory: string) =>
      fileOf(render({ resources: { cpu: '1', memory } }).objects, 'postgres-config', 'postgresql.conf');
    expect(conf('64Mi')).toContain("shared_buffers = '16MB'");
    expect(conf('4Gi')).toContain("shared_buffers = '1024MB'\neffective_cache_size = '2048MB'");
  });

  it('takes settings of its own files, quoted as it reads them', () => {
    const config = { 'postgresql.conf': { work_mem: '8MB', log_connections: true, search_path: `"it's"` } };
    const text = fileOf(render({ config }).objects, 'postgres-config', 'postgresql.conf');
    expect(text).toContain("work_mem = '8MB'\n");
    expect(text).toContain('log_connections = true\n');
    expect(text).toContain(`search_path = '"it''s"'\n`);
  });

  it('keeps data in a folder of the volume, of its major version', () => {
    const { objects } = render();
    expect(envOf(objects, 'StatefulSet', 'postgres').PGDATA).toBe('/var/lib/postgresql/18/docker');
    expect(containerOf(objects, 'StatefulSet', 'postgres').volumeMounts).toContainEqual({
      name: 'data',
      mountPath: '/var/lib/postgresql',
    });
  });

  it('is asked by a command that needs no password and is not answered while its folder is set up', () => {
    const { readinessProbe, livenessProbe, startupProbe } = containerOf(render().objects, 'StatefulSet', 'postgres');
    for (const probe of [readinessProbe, livenessProbe, startupProbe])
      expect(probe).toMatchObject({
        exec: { command: ['pg_isready', '--host=127.0.0.1', '--username=postgres', '--quiet'] },
      });
  });

  it('gives its password to nobody but itself and the job, and to none as text', () => {
    const { objects } = render();
    const { volumes } = podTemplateOf(objects, 'StatefulSet', 'postgres').spec;
    expect(volumes).toContainEqual({
      name: 'administrator',
      secret: { secretName: 'postgres-admin', defaultMode: 0o440, items: [{ key: 'password', path: 'password' }] },
    });
    const named = objects.filter((object) => JSON.stringify(object.spec ?? {}).includes('postgres-admin'));
    expect(named.map(({ kind }) => kind)).toEqual(['StatefulSet', 'Job']);
  });

  it('takes connections in plain text only where the platform does not encrypt', () => {
    const { app, objects } = render({}, true);
    expect(fileOf(objects, 'postgres-config', 'pg_hba.conf')).toBe(
      'local\tall\tpostgres\tpeer\nhostssl\tall\tall\tall\tscram-sha-256\n',
    );
    expect(fileOf(objects, 'postgres-config', 'postgresql.conf')).toContain(
      "ssl = true\nssl_cert_file = '/etc/plumbline/tls/server/tls.crt'\nssl_key_file = '/etc/plumbline/tls/server/tls.key'\n",
    );
    expect(envOf(objects, 'Job', 'postgres-databases')).toMatchObject({
      PGSSLROOTCERT: '/etc/plumbline/tls/ca-ca-crt/ca.crt',
    });
    const given = [
      givenSecret('databases', 'ca'),
      givenSecret('visualization', 'ca'),
      givenSecret('databases', 'postgres-tls'),
    ];
    expect(violationsOf(app, { given })).toEqual([]);
    expect(fileOf(render().objects, 'postgres-config', 'pg_hba.conf')).toContain('\nhost\tall\tall\tall\tscram');
  });
});

describe('A grant of a database', () => {
  it('makes a role and a database of the workload’s name, with a password of its own', () => {
    const { objects } = render();
    expect(JSON.parse(fileOf(objects, 'postgres-databases-job', 'job.json'))).toEqual({
      databases: [{ name: 'grafana', directory: '/run/roles/grafana' }],
    });
    expect(containerOf(objects, 'Job', 'grafana').env).toEqual(
      expect.arrayContaining([
        {
          name: 'PGPASSWORD',
          valueFrom: { secretKeyRef: { name: 'grafana-postgres-sql', key: 'password' } },
        },
        { name: 'PGDATABASE', value: 'grafana' },
        { name: 'PGHOST', value: 'postgres.databases.svc.cluster.local' },
      ]),
    );
    const { secrets } = JSON.parse(fileOf(objects, 'credentials-job', 'job.json')) as CredentialsJob;
    expect(secrets).toMatchObject([
      {
        name: 'grafana-postgres-sql',
        namespace: 'databases',
        keys: [
          { key: 'username', kind: 'literal', value: 'grafana' },
          { key: 'password', kind: 'password' },
        ],
        copies: [{ namespace: 'visualization', name: 'grafana-postgres-sql' }],
      },
      { name: 'postgres-admin', copies: [] },
    ]);
  });

  it('opens the way to the server for the workload and the job, and nobody else', () => {
    const { ingress } = objectOf(render().objects, 'NetworkPolicy', 'postgres').spec;
    expect(ingress).toHaveLength(2);
    expect(JSON.stringify(ingress)).toMatch(/"grafana".*"postgres-databases"|"postgres-databases".*"grafana"/);
  });

  it('is one, however often it is asked for', () => {
    const { postgres, grafana } = render();
    expect(postgres.grantOwn(grafana).database).toBe('grafana');
    expect(postgres.databases).toEqual(['grafana']);
  });

  it('is shared with another program of the product, as the same role', () => {
    const { app, postgres, grafana } = render();
    const other = client(app, 'visualization', 'grafana-job');
    other.use(postgres.grantShared(other, grafana));
    const objects = renderApp(app);
    expect(postgres.databases).toEqual(['grafana']);
    expect(envOf(objects, 'Job', 'grafana-job').PGDATABASE).toBe('grafana');
    expect(containerOf(objects, 'Job', 'grafana-job').env).toContainEqual({
      name: 'PGPASSWORD',
      valueFrom: { secretKeyRef: { name: 'grafana-postgres-sql', key: 'password' } },
    });
    expect(violationsOf(app)).toEqual([]);
    const elsewhere = client(app, 'metrics', 'grafana-other');
    expect(() => postgres.grantShared(elsewhere, grafana)).toThrow('namespace is "metrics", which is not');
  });

  it('is refused to another workload of the name, and for names that the server keeps', () => {
    const { app, postgres } = render();
    expect(() => postgres.grantOwn(client(app, 'metrics'))).toThrow('role grafana exists twice in database server');
    expect(() => postgres.grantOwn(client(app, 'metrics', 'template1'))).toThrow('role is "template1", which is not');
  });

  it('cannot come of one Secret for all', () => {
    expect(() => render({ credentials: SecretSource.existing({ name: 'shared' }) })).toThrow('-sql for each');
  });
});

describe('A PostgreSQL of somebody else', () => {
  function external(props: { readonly databases?: Record<string, string> } = {}) {
    const app = testApp();
    const endpoint = Endpoint.external('db.example.org', 5432, { tls: { ca: 'rds-ca' }, ranges: ['10.1.0.0/16'] });
    const database = databaseServer(app.chart('databases'), 'rds', { external: { endpoint, ...props } });
    const grafana = client(app);
    const access = database.grantOwn(grafana);
    grafana.use(access);
    return { app, access, database, grafana, objects: renderApp(app) };
  }

  it('is told nothing, and read of with what it gave', () => {
    const { app, access, objects } = external();
    expect(access).toMatchObject({ authority: 'db.example.org:5432', database: 'grafana' });
    expect(envOf(objects, 'Job', 'grafana')).toMatchObject({
      PGHOST: 'db.example.org',
      PGSSLROOTCERT: '/etc/plumbline/tls/rds-ca-ca-crt/ca.crt',
    });
    expect(objects.some(({ kind }) => kind === 'StatefulSet')).toBe(false);
    const given = ['grafana-rds-sql', 'rds-ca'].map((name) => givenSecret('visualization', name));
    expect(violationsOf(app, { given })).toEqual([]);
  });

  it('is shared as one of ours is', () => {
    const { app, database, grafana } = external({ databases: { grafana: 'dashboards' } });
    const other = client(app, 'visualization', 'grafana-job');
    other.use(database.grantShared(other, grafana));
    expect(envOf(renderApp(app), 'Job', 'grafana-job').PGDATABASE).toBe('dashboards');
  });

  it('may call a workload’s database as it likes', () => {
    expect(external({ databases: { grafana: 'dashboards' } }).access.database).toBe('dashboards');
  });
});
