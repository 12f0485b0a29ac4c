import { Duration, Size } from 'cdk8s';
import type { DatabasesJob, StorageJob, TopicsJob } from '../contracts';
import type { PlatformApp } from '../core/platform-app';
import { Endpoint } from '../core/endpoint';
import { PlatformJob } from '../core/platform-job';
import { ConfigFile } from '../core/config-file';
import { SecretSource } from '../core/secret-source';
import { Postgres } from '../databases/postgres';
import { ObjectStore } from '../storage/object-store';
import { RedpandaBroker } from '../streaming/redpanda-broker';
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
import { Backup, type BackupProps, type BackupSettings } from './backup';

const to = { endpoint: 'https://s3.elsewhere.example.org', region: 'eu-central-1', bucket: 'copies' };

const everything: OwnProps<BackupSettings> = {
  name: 'copies',
  to: {
    ...to,
    prefix: 'plumbline/production',
    forcePathStyle: false,
    tls: { ca: 'elsewhere-ca' },
    ranges: ['203.0.113.0/24'],
    credentials: SecretSource.existing({ name: 'elsewhere' }),
  },
  schedules: { topics: '* * * * *', buckets: '*/10 * * * *', databases: '0 * * * *', verification: '0 4 * * *' },
  maximumAge: { topics: Duration.minutes(5) },
  keep: { hours: 48, days: 30 },
  exceptBuckets: ['scratch'],
  windows: { traces: Duration.hours(2) },
  readAll: ['databases'],
  dumps: Size.gibibytes(20),
  resources: { cpu: '1', memory: '1Gi' },
  image: 'example.org/workers:1.0.0',
  dumpImage: 'example.org/postgres:18',
};

/** What is not ours to make. */
const given = [
  ...['backup-destination', 'elsewhere', 'elsewhere-ca', 'backup-buckets-buckets-s3'].map((name) =>
    givenSecret('operations', name),
  ),
  ...['storage', 'streaming', 'databases', 'visualization', 'operations'].map((namespace) =>
    givenSecret(namespace, 'ca'),
  ),
  ...[
    givenSecret('storage', 'objects-tls'),
    givenSecret('streaming', 'redpanda-tls'),
    givenSecret('databases', 'postgres-tls'),
  ],
];

/** A platform with something of each kind. */
function sources(app: PlatformApp) {
  const store = new ObjectStore(app.chart('storage'), 'objects');
  store.bucket('tempo-traces');
  store.bucket('ml-models', { versioning: true });
  store.bucket('scratch');
  const broker = new RedpandaBroker(app.chart('streaming'), 'redpanda', { users: SecretSource.generated() });
  const incidents = broker.topic('incidents', { partitions: 3, cleanupPolicy: 'compact' });
  const traces = broker.topic('traces', { partitions: 12 });
  const databases = new Postgres(app.chart('databases'), 'postgres');
  const file = ConfigFile.json('job.json', () => ({}));
  const grafana = new PlatformJob(app.chart('visualization'), 'grafana', {
    ...{ name: 'grafana', instance: 'grafana', job: 'databases', file },
  });
  grafana.use(databases.grantOwn(grafana));
  return { store, topics: [incidents, traces], databases };
}

function render(settings: Partial<BackupProps> = {}, tls = false) {
  const app = testApp(tls ? { tls: { ca: 'ca' } } : {});
  const from = sources(app);
  const backup = new Backup(app.chart('operations'), 'backup', { to, ...from, ...settings });
  return { app, backup, ...from, objects: renderApp(app) };
}

function jobFile({ objects }: ReturnType<typeof render>, name: string): unknown {
  return JSON.parse(fileOf(objects, `${name}-job`, 'job.json'));
}

describe('Backups', () => {
  it('need a destination, and what is to be copied', () => {
    const rendered = render();
    expect(violationsOf(rendered.app, { given })).toEqual([]);
    expect(asYaml(rendered.objects.filter(({ metadata }) => metadata.namespace === 'operations'))).toMatchSnapshot();
  });

  it('take every setting', () => {
    const rendered = render(everything);
    const { objects } = rendered;
    expect(violationsOf(rendered.app, { given })).toEqual([]);
    expect(jobFile(rendered, 'copies-topics')).toMatchObject({
      keep: { hours: 48, days: 30 },
      topics: [{ name: 'incidents' }, { name: 'traces', windowSeconds: 7_200 }],
    });
    expect(jobFile(rendered, 'copies-buckets')).toMatchObject({
      buckets: [
        { name: 'ml-models', versioned: true },
        { name: 'tempo-traces', versioned: false },
      ],
    });
    expect(jobFile(rendered, 'copies-verification')).toMatchObject({
      read: ['databases'],
      count: ['buckets', 'topics'],
    });
    expect(containerOf(objects, 'CronJob', 'copies-buckets').image).toBe('example.org/workers:1.0.0');
    expect(envOf(objects, 'CronJob', 'copies-buckets')).toMatchObject({
      BACKUP_BUCKET: 'copies',
      BACKUP_PREFIX: 'plumbline/production',
      BACKUP_S3_CA_FILE: '/etc/plumbline/tls/elsewhere-ca-ca-crt/ca.crt',
      BACKUP_S3_ENDPOINT: 'https://s3.elsewhere.example.org:443',
      BACKUP_S3_FORCE_PATH_STYLE: 'false',
    });
    expect(asYaml(objects.filter(({ metadata }) => metadata.namespace === 'operations'))).toMatchSnapshot();
  });

  it('may read what they copy, and change nothing', () => {
    const rendered = render();
    const { buckets } = jobFile(rendered, 'objects-buckets') as StorageJob;
    const rights = buckets.flatMap(({ name, grants }) =>
      grants.map(({ identity, actions }) => [name, identity, actions]),
    );
    expect(rights).toEqual([
      ['ml-models', 'backup-buckets', ['read', 'readVersions', 'list']],
      ['scratch', 'backup-buckets', ['read', 'list']],
      ['tempo-traces', 'backup-buckets', ['read', 'list']],
    ]);
    const { acls = [] } = jobFile(rendered, 'redpanda-topics') as TopicsJob;
    expect(acls).toContainEqual({
      ...{ user: 'backup-topics', resource: 'topic', name: 'incidents' },
      operations: ['describe', 'describeConfigs', 'read'],
    });
    expect(acls).toContainEqual({
      user: 'backup-topics',
      resource: 'group',
      name: 'backup-group',
      operations: ['read'],
    });
    expect(acls).toContainEqual({
      user: 'backup-topics',
      resource: 'group',
      name: 'root-cause-group',
      operations: ['describe'],
    });
    expect(acls.filter(({ operations }) => operations.includes('write'))).toEqual([]);
    expect(acls.filter(({ name }) => name === 'traces')).toEqual([]);
    const { databases, readers } = jobFile(rendered, 'postgres-databases') as DatabasesJob;
    expect(databases.map(({ name }) => name)).toEqual(['grafana']);
    expect(readers).toEqual([{ name: 'backup-databases', directory: '/run/roles/backup-databases' }]);
  });

  it('have their credentials for the destination by reference, and dump databases without them', () => {
    const { objects } = render();
    const { initContainers = [], containers } = podTemplateOf(objects, 'CronJob', 'backup-databases').spec;
    const variables = (container: { readonly env?: readonly { readonly name: string }[] } | undefined) =>
      (container?.env ?? []).map(({ name }) => name);
    expect(variables(containers[0])).toContain('BACKUP_S3_SECRET_ACCESS_KEY');
    expect(variables(containers[0])).not.toContain('PGPASSWORD');
    expect(initContainers.map(({ name, command }) => [name, command?.[0], command?.at(-1)])).toEqual([
      ['dump-grafana', 'pg_dump', '--dbname=grafana'],
    ]);
    expect(variables(initContainers[0])).toEqual(['PGPASSWORD', 'PGUSER', 'PGHOST', 'PGPORT']);
  });

  it('dump over TLS where servers are encrypted, and check whom they talk to', () => {
    const rendered = render({}, true);
    expect(violationsOf(rendered.app, { given })).toEqual([]);
    const [dump] = podTemplateOf(rendered.objects, 'CronJob', 'backup-databases').spec.initContainers ?? [];
    expect(dump?.env).toContainEqual({ name: 'PGSSLMODE', value: 'verify-full' });
    expect(dump?.env).toContainEqual({ name: 'PGSSLROOTCERT', value: '/run/database-authority/ca.crt' });
    expect(dump?.volumeMounts).toContainEqual({
      name: 'database-authority',
      mountPath: '/run/database-authority',
      readOnly: true,
    });
  });

  it('never run twice at once', () => {
    const { objects } = render();
    for (const name of ['buckets', 'topics', 'databases', 'verification'])
      expect(objectOf(objects, 'CronJob', `backup-${name}`).spec).toMatchObject({ concurrencyPolicy: 'Forbid' });
  });

  it('are told of when they are too old, each by its own age', () => {
    const { backup } = render({ maximumAge: { topics: Duration.minutes(7) } });
    expect(backup.alerts.map(({ name, expr }) => [name, expr.split('> ')[1]])).toEqual([
      ['BackupTooOld', '3600'],
      ['BackupTooOld', '420'],
      ['BackupTooOld', '10800'],
      ['BackupNotVerified', '172800'],
    ]);
  });

  it('are of what there is', () => {
    const app = testApp();
    const store = ObjectStore.fromExternal(app.chart('storage'), 'buckets', { region: 'eu-central-1' });
    store.bucket('data');
    const backup = new Backup(app.chart('operations'), 'backup', { to, store });
    expect(Object.keys(backup.jobs)).toEqual(['buckets', 'verification']);
    expect(violationsOf(app, { given })).toEqual([]);
  });

  it('refuse what would be in no backup, and names of nothing', () => {
    const { app, store, backup } = render();
    store.bucket('later');
    expect(() => renderApp(app)).toThrow('later');
    expect(backup.jobs.buckets).toBeDefined();
    expect(() => render({ exceptBuckets: ['scrach'] })).toThrow('scrach');
    expect(() => render({ windows: { trace: Duration.hours(1) } })).toThrow('trace');
    expect(() => render({ to: { ...to, endpoint: 's3.example.org' } })).toThrow('an http or https URL');
    const empty = testApp();
    expect(() => new Backup(empty.chart('operations'), 'backup', { to })).toThrow('a store, topics or databases');
  });

  it('do not leave in plain text what the platform encrypts', () => {
    const plain = { ...to, endpoint: 'http://s3.elsewhere.example.org' };
    expect(() => render({ to: plain })).not.toThrow();
    expect(() => render({ to: plain }, true)).toThrow('an https URL, as the platform encrypts');
    expect(() => render({}, true)).not.toThrow();
  });

  it('dump databases of a server that is not ours, too', () => {
    const app = testApp();
    const { store } = sources(app);
    const databases = Postgres.fromExternal(app.chart('learning'), 'rds', {
      endpoint: Endpoint.external('sql.example.org', 5432, { tls: {} }),
      databases: { mlflow: 'models' },
    });
    const file = ConfigFile.json('job.json', () => ({}));
    const mlflow = { name: 'mlflow', instance: 'mlflow', job: 'databases', file } as const;
    databases.grantOwn(new PlatformJob(app.chart('learning'), 'mlflow', mlflow));
    new Backup(app.chart('operations'), 'backup', { to, store, databases });
    const [dump] = podTemplateOf(renderApp(app), 'CronJob', 'backup-databases').spec.initContainers ?? [];
    expect(dump?.command).toContain('--dbname=models');
    expect(dump?.env).toContainEqual({ name: 'PGSSLROOTCERT', value: 'system' });
  });
});
