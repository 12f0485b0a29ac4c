import { Duration } from 'cdk8s';
import type { StorageJob, TopicsJob } from '../contracts';
import { images } from '../images';
import { ObjectStore } from '../storage/object-store';
import { RedpandaBroker } from '../streaming/redpanda-broker';
import { containerOf, envOf, fileOf, objectOf, podTemplateOf, renderApp, testApp, violationsOf } from '../testing';
import { Deployment } from './deployment';
import type { PlatformApp } from './platform-app';
import { Probe } from './probe';
import { SecretSource } from './secret-source';
import { use } from './use';

function workload(app: PlatformApp, concern: string, name: string): Deployment {
  const made = new Deployment(app.chart(concern), name, {
    name,
    instance: 'shop',
    runAs: { user: 1000 },
    container: {
      image: images.workers,
      resources: { cpu: '100m', memory: '64Mi' },
      readiness: Probe.tcp('http'),
      liveness: Probe.tcp('http'),
    },
  });
  made.listen('http', 8080);
  return made;
}

describe('A grant on a bucket', () => {
  it('makes identity, policy, credentials by reference and connection in one call', () => {
    const app = testApp();
    const store = new ObjectStore(app.chart('storage'), 'objects');
    const reader = workload(app, 'anomaly', 'reader');
    const writer = workload(app, 'storage', 'writer');
    const access = store.bucket('data').grantRead(reader);
    for (const each of [reader, writer]) use(each, store.bucket('data').grantWrite(each));
    const objects = renderApp(app);

    const job = JSON.parse(fileOf(objects, 'objects-buckets-job', 'job.json')) as StorageJob;
    expect(job).toEqual({
      adminEndpoint: 'http://objects.storage.svc.cluster.local:7071',
      buckets: [
        {
          name: 'data',
          versioning: false,
          grants: [
            { identity: 'reader', actions: ['read', 'list', 'write'] },
            { identity: 'writer', actions: ['write'] },
          ],
        },
      ],
      identities: [
        { name: 'reader', directory: '/run/identities/reader' },
        { name: 'writer', directory: '/run/identities/writer' },
      ],
    });
    expect(access).toMatchObject({
      kind: 'object-store',
      bucket: 'data',
      url: 'http://objects.storage.svc.cluster.local:7070',
      authority: 'objects.storage.svc.cluster.local:7070',
      region: 'us-east-1',
      forcePathStyle: true,
    });
    expect(containerOf(objects, 'Deployment', 'reader').env).toContainEqual({
      name: 'AWS_ACCESS_KEY_ID',
      valueFrom: { secretKeyRef: { name: 'reader-objects-s3', key: 'accessKeyId' } },
    });
    expect(violationsOf(app)).toEqual([]);
  });

  it('shows the job each identity’s credentials as files', () => {
    const app = testApp();
    const store = new ObjectStore(app.chart('storage'), 'objects');
    const owner = workload(app, 'anomaly', 'owner');
    use(owner, store.bucket('data').grantOwn(owner));
    const { spec } = podTemplateOf(renderApp(app), 'Job', 'objects-buckets');
    expect(spec.volumes).toContainEqual({
      name: 'identity-owner',
      secret: {
        secretName: 'owner-objects-s3',
        defaultMode: 0o440,
        items: [
          { key: 'accessKeyId', path: 'accessKeyId' },
          { key: 'secretAccessKey', path: 'secretAccessKey' },
        ],
      },
    });
  });

  it('does not give two workloads one identity', () => {
    const app = testApp();
    const bucket = new ObjectStore(app.chart('storage'), 'objects').bucket('data');
    bucket.grantRead(workload(app, 'anomaly', 'reader'));
    expect(() => bucket.grantRead(workload(app, 'metrics', 'reader'))).toThrow('identity reader exists twice');
  });

  it('changes the name of the job, so that it runs again', () => {
    const nameWith = (grant: boolean) => {
      const app = testApp();
      const store = new ObjectStore(app.chart('storage'), 'objects');
      const reader = workload(app, 'anomaly', 'reader');
      if (grant) store.bucket('data').grantRead(reader);
      return objectOf(renderApp(app), 'Job', 'objects-buckets').metadata.name;
    };
    expect(nameWith(true)).not.toBe(nameWith(false));
  });

  it('writes no variable: whoever uses it says how it is configured', () => {
    const app = testApp();
    const reader = workload(app, 'anomaly', 'reader');
    new ObjectStore(app.chart('storage'), 'objects').bucket('data').grantRead(reader);
    new RedpandaBroker(app.chart('streaming'), 'redpanda').topic('orders', { partitions: 3 }).grantProduce(reader);
    expect(containerOf(renderApp(app), 'Deployment', 'reader').env).toBeUndefined();
  });

  it('of another store is not mistaken for the first: a program that knows one cannot use both', () => {
    const app = testApp();
    const reader = workload(app, 'anomaly', 'reader');
    const [one, two] = ['one', 'two'].map((name) => new ObjectStore(app.chart('storage'), name));
    const accesses = [one, two].map((store) => store?.bucket('data').grantRead(reader));
    expect(accesses.map((access) => access?.authority)).toEqual([
      'one.storage.svc.cluster.local:7070',
      'two.storage.svc.cluster.local:7070',
    ]);
    expect(() => accesses.forEach((access) => access && use(reader, access))).toThrow('reader.env.S3_ENDPOINT');
  });

  it('needs the bucket to be as it was asked for before', () => {
    const store = new ObjectStore(testApp().chart('storage'), 'objects');
    const data = store.bucket('data', { versioning: true });
    expect(store.bucket('data')).toBe(data);
    expect(() => store.bucket('data', { versioning: false })).toThrow(
      'bucket data is {"versioning":false}, which is not as it was asked for before: {"versioning":true}',
    );
  });

  it('does not take one existing Secret for all identities', () => {
    const chart = testApp().chart('storage');
    const credentials = SecretSource.existing({ name: 'shared' });
    expect(() => new ObjectStore(chart, 'ours', { credentials })).toThrow(
      '"shared", which is not one for each identity',
    );
    expect(() => ObjectStore.fromExternal(chart, 'theirs', { region: 'x', credentials })).toThrow(
      '"shared", which is not one for each identity',
    );
  });

  it('refuses what is no name of a bucket', () => {
    const store = new ObjectStore(testApp().chart('storage'), 'objects');
    expect(() => store.bucket('Anomaly_Data')).toThrow('Bucket.name is "Anomaly_Data"');
  });
});

describe('A grant on a bucket that is not ours', () => {
  const external = (app: PlatformApp, roles?: Readonly<Record<string, string>>) =>
    ObjectStore.fromExternal(app.chart('storage'), 'aws', {
      region: 'eu-central-1',
      ...(roles !== undefined && { roles }),
    });

  it('takes an existing access key and lets out to the store', () => {
    const app = testApp();
    const reader = workload(app, 'anomaly', 'reader');
    const access = external(app).bucket('data').grantRead(reader);
    use(reader, access);
    expect(access).toMatchObject({
      bucket: 'data',
      authority: 's3.eu-central-1.amazonaws.com:443',
      region: 'eu-central-1',
      forcePathStyle: false,
    });
    const objects = renderApp(app);
    expect(objectOf(objects, 'NetworkPolicy', 'reader').metadata.annotations).toEqual({
      'plumbline.dev/outside': 'egress 443: s3.eu-central-1.amazonaws.com',
    });
    expect(JSON.stringify(containerOf(objects, 'Deployment', 'reader').env)).toContain('reader-aws-s3');
  });

  it('takes a role instead of a key where there is one', () => {
    const app = testApp();
    const reader = workload(app, 'anomaly', 'reader');
    const access = external(app, { reader: 'arn:aws:iam::123456789012:role/reader' }).bucket('data').grantRead(reader);
    expect(access.accessKey).toBeUndefined();
    use(reader, access);
    const objects = renderApp(app);
    expect(objectOf(objects, 'ServiceAccount', 'reader').metadata.annotations).toEqual({
      'eks.amazonaws.com/role-arn': 'arn:aws:iam::123456789012:role/reader',
    });
    expect(containerOf(objects, 'Deployment', 'reader').env).toEqual([
      { name: 'S3_FORCE_PATH_STYLE', value: 'false' },
      { name: 'S3_REGION', value: 'eu-central-1' },
    ]);
    // Where its token is changed into credentials of the role.
    expect(objectOf(objects, 'NetworkPolicy', 'reader').metadata.annotations?.['plumbline.dev/outside']).toContain(
      'sts.eu-central-1.amazonaws.com',
    );
  });

  it('is reached at the URL it is given', () => {
    const chart = testApp().chart('storage');
    const make = (endpoint: string) => ObjectStore.fromExternal(chart, endpoint, { endpoint, region: 'x' });
    expect(() => make('s3.example.org')).toThrow('"s3.example.org", which is not an http or https URL');
    const app = testApp();
    const store = ObjectStore.fromExternal(app.chart('storage'), 's3', {
      endpoint: 'http://s3.example.org:9000',
      region: 'x',
    });
    expect(store.bucket('data').grantRead(workload(app, 'anomaly', 'reader'))).toMatchObject({
      url: 'http://s3.example.org:9000',
      authority: 's3.example.org:9000',
      forcePathStyle: true,
    });
  });
});

describe('A grant on a topic', () => {
  it('connects, and is on record, where the broker has no authentication', () => {
    const app = testApp();
    const broker = new RedpandaBroker(app.chart('streaming'), 'redpanda');
    const topic = broker.topic('orders', { partitions: 3, retention: Duration.hours(6), logAppendTime: true });
    const [producer, consumer] = [workload(app, 'anomaly', 'producer'), workload(app, 'anomaly', 'consumer')];
    use(producer, topic.grantProduce(producer));
    use(consumer, topic.grantConsume(consumer, 'billing'));
    expect(topic.grants).toEqual([
      { workload: producer, operation: 'produce' },
      { workload: consumer, operation: 'consume', group: 'billing' },
    ]);
    const objects = renderApp(app);
    expect(envOf(objects, 'Deployment', 'consumer').KAFKA_BROKERS).toBe('redpanda.streaming.svc.cluster.local:9092');
    const job = JSON.parse(fileOf(objects, 'redpanda-topics-job', 'job.json')) as TopicsJob;
    expect(job.topics).toEqual([
      {
        name: 'orders',
        partitions: 3,
        replicationFactor: 1,
        cleanupPolicy: 'delete',
        retentionMs: 21_600_000,
        maxMessageBytes: 1_048_576,
        logAppendTime: true,
      },
    ]);
    expect(violationsOf(app)).toEqual([]);
  });

  it('reaches a cluster that is not ours in the same way', () => {
    const app = testApp();
    const stream = RedpandaBroker.fromExternal(app.chart('streaming'), 'kafka', {
      brokers: ['kafka-0.example.org:9092', 'kafka-1.example.org:9092'],
      ranges: ['192.0.2.0/24'],
    });
    const producer = workload(app, 'anomaly', 'producer');
    use(producer, stream.topic('orders', { partitions: 3 }).grantProduce(producer));
    const objects = renderApp(app);
    const brokers = 'kafka-0.example.org:9092,kafka-1.example.org:9092';
    expect(envOf(objects, 'Deployment', 'producer').KAFKA_BROKERS).toBe(brokers);
    expect(envOf(objects, 'Job', 'kafka-topics').KAFKA_BROKERS).toBe(brokers);
    expect(violationsOf(app)).toEqual([]);
  });

  it('may be of a topic that is there, which no Job of ours touches', () => {
    const app = testApp();
    const stream = RedpandaBroker.fromExternal(app.chart('streaming'), 'kafka', {
      brokers: ['kafka.example.org:9092'],
      reconcile: false,
    });
    const producer = workload(app, 'anomaly', 'producer');
    use(producer, stream.topic('orders', { partitions: 3 }).grantProduce(producer));
    const objects = renderApp(app);
    expect(objects.filter(({ kind }) => kind === 'Job')).toEqual([]);
    expect(envOf(objects, 'Deployment', 'producer').KAFKA_BROKERS).toBe('kafka.example.org:9092');
  });

  it('may be on several brokers, for a program that can say so', () => {
    const app = testApp();
    const producer = workload(app, 'anomaly', 'producer');
    const [a, b] = ['a', 'b'].map((name) => new RedpandaBroker(app.chart('streaming'), name));
    const accesses = [a, b].map((broker) => broker?.topic('orders', { partitions: 1 }).grantProduce(producer));
    expect(accesses.map((access) => access?.brokers)).toEqual([
      ['a.streaming.svc.cluster.local:9092'],
      ['b.streaming.svc.cluster.local:9092'],
    ]);
    expect(() => accesses.forEach((access) => access && use(producer, access))).toThrow('producer.env.KAFKA_BROKERS');
  });

  it('refuses brokers and topics that cannot be', () => {
    const chart = testApp().chart('streaming');
    expect(() => RedpandaBroker.fromExternal(chart, 'a', { brokers: [] })).toThrow('not a list of brokers');
    expect(() => RedpandaBroker.fromExternal(chart, 'b', { brokers: ['kafka'] })).toThrow(
      '"kafka", which is not host:port',
    );
    const broker = new RedpandaBroker(chart, 'redpanda');
    expect(() => broker.topic('a b', { partitions: 1 })).toThrow('Topic.name is "a b"');
    expect(() => broker.topic('orders', { partitions: 0 })).toThrow('orders.partitions is 0');
    broker.topic('orders', { partitions: 3 });
    expect(() => broker.topic('orders', { partitions: 6 })).toThrow('as it was asked for before');
  });
});
