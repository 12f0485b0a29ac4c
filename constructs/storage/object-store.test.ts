import { Duration, Size } from 'cdk8s';
import type { StorageJob } from '../contracts';
import { SecretSource } from '../core/secret-source';
import {
  asYaml,
  containerOf,
  fileOf,
  objectOf,
  renderApp,
  renderChart,
  testApp,
  violationsOf,
  type OwnProps,
} from '../testing';
import { ObjectStore, type ObjectStoreProps } from './object-store';

const everything: OwnProps<ObjectStoreProps> = {
  name: 's3',
  volume: { size: Size.gibibytes(5), storageClass: 'fast' },
  resources: { cpu: '200m', cpuLimit: '1', memory: '256Mi', memoryLimit: '512Mi' },
  region: 'eu-central-1',
  credentials: SecretSource.existing(),
  image: 'example.org/versitygw:v1.8.1',
  jobImage: 'example.org/workers:1.0.0',
};

function render(props: ObjectStoreProps = {}) {
  const app = testApp();
  const store = new ObjectStore(app.chart('storage'), 'objects', props);
  store.bucket('ml-models', { versioning: true });
  return { app, store, objects: renderApp(app) };
}

describe('An object store', () => {
  it('needs no props', () => {
    const { app, objects } = render();
    expect(violationsOf(app)).toEqual([]);
    expect(asYaml(objects.filter(({ metadata }) => metadata.namespace === 'storage'))).toMatchSnapshot();
  });

  it('takes every prop', () => {
    const { objects } = render(everything);
    expect(containerOf(objects, 'StatefulSet', 's3').args).toContain('--region=eu-central-1');
    expect(objects.some(({ kind, metadata }) => kind === 'Job' && metadata.name.startsWith('credentials'))).toBe(false);
    expect(asYaml(objects.filter(({ metadata }) => metadata.namespace === 'storage'))).toMatchSnapshot();
  });

  it('can be had alone, in a chart of another team', () => {
    const objects = renderChart((chart) => new ObjectStore(chart, 'objects'));
    expect(objects.filter(({ kind }) => kind === 'Job').map(({ metadata }) => metadata.name.slice(0, -11))).toEqual(
      expect.arrayContaining(['credentials', 'objects-buckets']),
    );
  });

  it('keeps objects, versions and users side by side on one volume', () => {
    const { args, volumeMounts } = containerOf(render().objects, 'StatefulSet', 'objects');
    expect(args?.slice(-3)).toEqual([
      'posix',
      '--versioning-dir=/var/lib/versitygw/versions',
      '/var/lib/versitygw/objects',
    ]);
    expect(volumeMounts).toEqual(
      expect.arrayContaining([
        { name: 'data', mountPath: '/var/lib/versitygw/objects', subPath: 'objects' },
        { name: 'data', mountPath: '/var/lib/versitygw/versions', subPath: 'versions' },
        { name: 'data', mountPath: '/var/lib/versitygw/iam', subPath: 'iam' },
      ]),
    );
  });

  it('lets only its own job administer it', () => {
    const { spec } = objectOf(render().objects, 'NetworkPolicy', 'objects');
    expect(spec.ingress).toEqual([
      {
        from: [
          {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'storage' } },
            podSelector: {
              matchLabels: { 'app.kubernetes.io/name': 'objects-buckets', 'app.kubernetes.io/instance': 'objects' },
            },
          },
        ],
        ports: [
          { port: 7070, protocol: 'TCP' },
          { port: 7071, protocol: 'TCP' },
        ],
      },
    ]);
  });

  it('gives the same bucket under the same name', () => {
    const { store } = render();
    expect(store.bucket('ml-models')).toBe(store.bucket('ml-models'));
    expect(store.bucket('ml-models').versioning).toBe(true);
  });

  it('forgets what is older than its bucket says, by a job that may list and delete there and nothing else', () => {
    const app = testApp();
    const store = new ObjectStore(app.chart('storage'), 'objects');
    store.bucket('traces', { expireAfter: Duration.hours(24) });
    store.bucket('models', { versioning: true });
    const objects = renderApp(app);
    expect(objectOf(objects, 'CronJob', 'objects-expiry').spec).toMatchObject({
      schedule: '17 * * * *',
      concurrencyPolicy: 'Forbid',
    });
    expect(JSON.parse(fileOf(objects, 'objects-expiry-job', 'job.json'))).toEqual({
      buckets: [{ name: 'traces', olderThanSeconds: 86_400 }],
    });
    const { buckets } = JSON.parse(fileOf(objects, 'objects-buckets-job', 'job.json')) as StorageJob;
    expect(buckets.map(({ name, grants }) => [name, grants])).toEqual([
      ['models', []],
      ['traces', [{ identity: 'objects-expiry', actions: ['list', 'delete'] }]],
    ]);
    expect(violationsOf(app)).toEqual([]);
  });

  it('has no such job where nothing expires, and none for a bucket that keeps versions', () => {
    const app = testApp();
    const store = new ObjectStore(app.chart('storage'), 'objects');
    store.bucket('models');
    expect(renderApp(app).some(({ kind }) => kind === 'CronJob')).toBe(false);
    expect(() => store.bucket('kept', { versioning: true, expireAfter: Duration.days(1) })).toThrow(
      'bucket kept.expireAfter is "1 day", which is not for a bucket that keeps versions',
    );
    const external = ObjectStore.fromExternal(app.chart('storage'), 'aws', { region: 'x' });
    expect(() => external.bucket('data', { expireAfter: Duration.days(1) })).toThrow('sets a lifecycle rule');
  });
});
