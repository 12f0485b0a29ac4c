import { Duration } from 'cdk8s';
import type { StorageJob } from '../contracts';
import { AnomalyPipeline, AwsRoles, ObjectStore, RedpandaBroker, TempoMonolith } from '../index';
import { envOf, fileOf, objectOf, renderApp, testApp, violationsOf } from '../testing';
import type { ExternalObjectStoreProps } from './external-object-store';

const roles = new AwsRoles({ account: '111122223333' });
const tempoRole = 'arn:aws:iam::111122223333:role/plumbline-tempo';

function render(props: Partial<ExternalObjectStoreProps> = {}) {
  const app = testApp();
  const store = ObjectStore.fromExternal(app.chart('storage'), 'objects', { region: 'eu-central-1', ...props });
  const blocks = store.bucket('tempo-traces');
  new TempoMonolith(app.chart('tracing'), 'tempo', { blocks });
  return { app, store };
}

function jobOf(app: ReturnType<typeof testApp>): StorageJob {
  const objects = renderApp(app);
  return JSON.parse(fileOf(objects, 'objects-buckets-job', 'job.json')) as StorageJob;
}

describe('An S3 service that is not ours', () => {
  it('has its buckets made by a Job that is asked for, with the role of each workload in their policies', () => {
    const { app, store } = render({ roles, reconcile: {}, bucketPrefix: 'acme-' });
    store.bucket('incident-archive', { archiveAfter: Duration.days(90), expireAfter: Duration.days(365) });
    store.bucket('ml-models', { versioning: true, keepVersions: 10 });
    expect(jobOf(app)).toEqual({
      identities: [],
      principals: { tempo: tempoRole },
      buckets: [
        {
          name: 'acme-incident-archive',
          versioning: false,
          lifecycle: { abortUploadsAfterDays: 7, archiveAfterDays: 90, expireAfterDays: 365 },
          grants: [],
        },
        {
          name: 'acme-ml-models',
          versioning: true,
          lifecycle: { abortUploadsAfterDays: 7, keepVersions: 10 },
          grants: [],
        },
        {
          name: 'acme-tempo-traces',
          versioning: false,
          lifecycle: { abortUploadsAfterDays: 7 },
          grants: [{ identity: 'tempo', actions: ['read', 'list', 'write', 'delete'] }],
        },
      ],
    });
    const objects = renderApp(app);
    expect(objectOf(objects, 'ServiceAccount', 'tempo').metadata.annotations).toEqual({
      'eks.amazonaws.com/role-arn': tempoRole,
    });
    expect(objectOf(objects, 'ServiceAccount', 'objects-buckets').metadata.annotations).toEqual({
      'eks.amazonaws.com/role-arn': 'arn:aws:iam::111122223333:role/plumbline-objects-buckets',
    });
    expect(violationsOf(app)).toEqual([]);
  });

  it('tells who uses a bucket its whole name', () => {
    const app = testApp();
    const store = ObjectStore.fromExternal(app.chart('storage'), 'objects', {
      region: 'eu-central-1',
      bucketPrefix: 'acme-',
      roles,
    });
    new AnomalyPipeline(app.chart('anomaly'), 'pipeline', {
      stream: new RedpandaBroker(app.chart('streaming'), 'redpanda'),
      anomalies: store.bucket('anomaly-data'),
      models: store.bucket('ml-models'),
    });
    const values = Object.values(envOf(renderApp(app), 'Deployment', 'anomaly-detection'));
    expect(values).toEqual(expect.arrayContaining(['acme-anomaly-data', 'acme-ml-models']));
  });

  it('leaves policies alone where workloads have access keys, and rules that other stores than AWS may not have', () => {
    const { app, store } = render({ endpoint: 'https://s3.example.org', reconcile: {} });
    store.bucket('anomaly-data', { expireAfter: Duration.days(90) });
    const { principals, buckets } = jobOf(app);
    expect(principals).toBeUndefined();
    expect(buckets.map(({ name, lifecycle, grants }) => [name, lifecycle, grants])).toEqual([
      ['anomaly-data', { expireAfterDays: 90 }, []],
      ['tempo-traces', undefined, []],
    ]);
  });

  it('has no Job of ours unless it is asked for, and refuses what only one would do', () => {
    const { app, store } = render();
    expect(renderApp(app).filter(({ kind }) => kind === 'Job')).toEqual([]);
    for (const props of [{ expireAfter: Duration.days(1) }, { archiveAfter: Duration.days(1) }])
      expect(() => store.bucket('data', props)).toThrow('sets a lifecycle rule, or `reconcile` has a Job do it');
  });

  it('counts versions of a bucket that keeps them, and of no other', () => {
    const { store } = render({ reconcile: {} });
    expect(() => store.bucket('plain', { keepVersions: 3 })).toThrow('for a bucket that keeps versions');
  });

  it('has rules by whole days', () => {
    const { app, store } = render({ reconcile: {} });
    store.bucket('data', { expireAfter: Duration.hours(36) });
    expect(() => renderApp(app)).toThrow('bucket data.expireAfter is "1 day 12 hours", which is not whole days');
  });
});

describe('An object store of ours', () => {
  it('refuses what it cannot do: it has no class for archives and counts no versions', () => {
    const store = new ObjectStore(testApp().chart('storage'), 'objects');
    expect(() => store.bucket('data', { archiveAfter: Duration.days(90) })).toThrow('this one cannot');
    expect(() => store.bucket('models', { versioning: true, keepVersions: 3 })).toThrow('this one cannot');
  });
});

describe('Roles of AWS', () => {
  it('are named after workloads', () => {
    expect(new AwsRoles({ account: '111122223333', prefix: 'obs/' }).of('loki')).toBe(
      'arn:aws:iam::111122223333:role/obs/loki',
    );
  });

  it.each([{ account: '1' }, { account: '111122223333', prefix: 'a b' }])('refuse %j', (props) => {
    expect(() => new AwsRoles(props)).toThrow(/AwsRoles/);
  });
});
