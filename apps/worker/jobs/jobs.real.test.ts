import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { CredentialsJob, StorageJob, TopicsJob } from '@plumbline/contracts';
import {
  startApiServer,
  startKafka,
  startS3,
  type ApiServerPeer,
  type KafkaPeer,
  type S3Peer,
} from '@plumbline/tools/peers';
import { ConfigResourceTypes, Kafka, logLevel, type Admin } from 'kafkajs';
import { S3ObjectStore } from '../s3/s3-object-store';
import { withFolder } from '../testing';
import { runCredentialsJob } from './credentials-job';
import { runExpiryJob } from './expiry-job';
import { runStorageJob } from './storage-job';
import { folderWith, runWith } from './testing';
import { runTopicsJob } from './topics-job';

describe('job topics', () => {
  let kafka: KafkaPeer;
  let admin: Admin;
  beforeAll(async () => {
    kafka = await startKafka();
    admin = new Kafka({ ...kafka.clientConfig(), logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
  });
  afterAll(async () => {
    await admin.disconnect();
    await kafka.stop();
  });

  function topic(name: string, partitions: number): TopicsJob['topics'][number] {
    const settings = { cleanupPolicy: 'delete', retentionMs: 3_600_000, maxMessageBytes: 2_000_000 } as const;
    return { name, partitions, replicationFactor: 1, ...settings, logAppendTime: name === 'traces' };
  }
  const run = (topics: TopicsJob['topics']) =>
    runWith(runTopicsJob, { topics }, { KAFKA_BROKERS: kafka.brokers.join(',') });

  async function partitionsOf(name: string): Promise<number> {
    const { topics } = await admin.fetchTopicMetadata({ topics: [name] });
    return topics[0]?.partitions.length ?? 0;
  }

  async function configOf(name: string): Promise<Map<string, string>> {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name }],
    });
    return new Map(resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]));
  }

  it('creates what is missing, and changes nothing the second time', async () => {
    const topics = [
      topic('traces', 4),
      topic('traces-preprocessed', 4),
      { ...topic('incidents', 1), cleanupPolicy: 'compact' as const },
    ];
    const first = await run(topics);
    expect(first.code).toBe(0);
    expect(await partitionsOf('traces-preprocessed')).toBe(4);
    expect((await configOf('traces')).get('message.timestamp.type')).toBe('LogAppendTime');
    expect((await configOf('incidents')).get('cleanup.policy')).toBe('compact');
    const second = await run(topics);
    expect(second.code).toBe(0);
    expect(second.log).not.toMatch(/created|changed|added/);
  });

  it('grows partitions on both sides, never shrinks them, and keeps settings of others', async () => {
    await admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: ConfigResourceTypes.TOPIC,
          name: 'traces',
          configEntries: [
            { name: 'segment.ms', value: '600000' },
            { name: 'retention.ms', value: '1000' },
          ],
        },
      ],
    });
    await admin.createPartitions({ topicPartitions: [{ topic: 'traces', count: 6 }] });
    const { code } = await run([topic('traces', 5), topic('traces-preprocessed', 5)]);
    expect(code).toBe(0);
    expect([await partitionsOf('traces'), await partitionsOf('traces-preprocessed')]).toEqual([6, 6]);
    const config = await configOf('traces');
    expect(config.get('segment.ms')).toBe('600000');
    expect(config.get('retention.ms')).toBe('3600000');
    expect(config.get('message.timestamp.type')).toBe('LogAppendTime');
  });

  it('says what the broker objects to', async () => {
    const { code, log } = await run([{ ...topic('replicated', 1), replicationFactor: 3 }]);
    expect(code).toBe(1);
    expect(log).toMatch(/replication/i);
  });
});

describe('job storage', () => {
  let s3: S3Peer;
  beforeAll(async () => {
    s3 = await startS3();
  });
  afterAll(() => s3.stop());

  it('makes buckets, identities and policies that hold, and changes nothing the second time', async () => {
    await withFolder(async (folder) => {
      const keyOf = (name: string) => ({
        accessKeyId: `KEY${name.toUpperCase()}`,
        secretAccessKey: `secret-of-${name}<&>`,
      });
      const identities = await Promise.all(
        ['detection', 'tempo'].map(async (name) => ({
          name,
          directory: await folderWith(join(folder, name), keyOf(name)),
        })),
      );
      const job: StorageJob = {
        adminEndpoint: s3.adminEndpoint,
        identities,
        buckets: [
          { name: 'anomaly-data', versioning: false, grants: [{ identity: 'detection', actions: ['read', 'write'] }] },
          { name: 'ml-models', versioning: true, grants: [{ identity: 'detection', actions: ['read', 'list'] }] },
          {
            name: 'tempo-traces',
            versioning: false,
            grants: [{ identity: 'tempo', actions: ['read', 'write', 'delete', 'list'] }],
          },
        ],
      };
      const environment = {
        S3_ENDPOINT: s3.endpoint,
        S3_REGION: s3.region,
        S3_FORCE_PATH_STYLE: 'true',
        AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
      };
      const first = await runWith(runStorageJob, job, environment);
      expect(first.code).toBe(0);
      expect(first.log).not.toContain('secret-of');
      const second = await runWith(runStorageJob, job, environment);
      expect(second.code).toBe(0);
      expect(second.log).not.toMatch(/created|policy set|versioning changed/);

      const open = (identity: string, bucket: string) =>
        new S3ObjectStore(bucket, {
          endpoint: s3.endpoint,
          region: s3.region,
          forcePathStyle: true,
          credentials: keyOf(identity),
        });
      const denied = { code: 'PLUMBLINE_OBJECT_DENIED' };
      const body = Buffer.from('x');
      expect(await open('tempo', 'tempo-traces').put('block', body)).toBe(true);
      await expect(open('detection', 'tempo-traces').get('block')).rejects.toMatchObject(denied);
      await expect(open('detection', 'tempo-traces').put('block', body)).rejects.toMatchObject(denied);
      expect(await open('detection', 'anomaly-data').put('trace', body, { condition: { ifAbsent: true } })).toBe(true);
      expect(await open('detection', 'anomaly-data').get('trace')).toBeDefined();
      await expect(open('detection', 'anomaly-data').list('')[Symbol.asyncIterator]().next()).rejects.toMatchObject(
        denied,
      );
      await expect(open('detection', 'ml-models').put('bundle', body)).rejects.toMatchObject(denied);
      await expect(open('tempo', 'anomaly-data').get('trace')).rejects.toMatchObject(denied);
    });
  });

  it('says which identity a bucket grants to that there is none of', async () => {
    const job: StorageJob = {
      adminEndpoint: s3.adminEndpoint,
      identities: [],
      buckets: [{ name: 'anomaly-data', versioning: false, grants: [{ identity: 'nobody', actions: ['read'] }] }],
    };
    const { code, log } = await runWith(runStorageJob, job, {
      S3_ENDPOINT: s3.endpoint,
      S3_FORCE_PATH_STYLE: 'true',
      AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
    });
    expect(code).toBe(1);
    expect(log).toContain('bucket anomaly-data grants to nobody, which is not among the identities');
  });
});

describe('job expiry', () => {
  let s3: S3Peer;
  beforeAll(async () => {
    s3 = await startS3();
  });
  afterAll(() => s3.stop());

  it('deletes what is older than its bucket says, page by page, and leaves what is younger and what it is not told of', async () => {
    const { endpoint, region, credentials } = s3;
    const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    const keysOf = async (Bucket: string): Promise<number> =>
      (await client.send(new ListObjectsV2Command({ Bucket }))).KeyCount ?? 0;
    const fill = async (Bucket: string, count: number): Promise<void> => {
      await client.send(new CreateBucketCommand({ Bucket }));
      for (let from = 0; from < count; from += 100) {
        const some = Array.from({ length: Math.min(100, count - from) }, (_, i) => `date=1/trace_${from + i}`);
        await Promise.all(some.map((Key) => client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }))));
      }
    };
    try {
      await fill('expiring', 1_100);
      await fill('kept', 3);
      const run = (olderThanSeconds: number) =>
        runWith(
          runExpiryJob,
          { buckets: [{ name: 'expiring', olderThanSeconds }] },
          {
            S3_ENDPOINT: endpoint,
            S3_REGION: region,
            S3_FORCE_PATH_STYLE: 'true',
            AWS_ACCESS_KEY_ID: credentials.accessKeyId,
            AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
          },
        );
      expect((await run(3_600)).code).toBe(0);
      expect(await keysOf('expiring')).toBe(1_000);
      // Times of a store are whole seconds.
      await sleep(2_500);
      const { code, log } = await run(1);
      expect([code, log]).toEqual([0, expect.stringContaining('"deleted":1100')]);
      expect([await keysOf('expiring'), await keysOf('kept')]).toEqual([0, 3]);
    } finally {
      client.destroy();
    }
  });
});

describe('job credentials', () => {
  let api: ApiServerPeer;
  beforeAll(async () => {
    api = await startApiServer();
    const manifests = ['storage', 'anomaly'].flatMap((name) => [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
      role(name),
      binding(name),
    ]);
    const account = {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'credentials', namespace: 'storage' },
    };
    await api.kubectl(
      ['apply', '-f', '-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [...manifests, account] }),
    );
  });
  afterAll(() => api.stop());

  function role(namespace: string) {
    const rules = [{ apiGroups: [''], resources: ['secrets'], verbs: ['create', 'get', 'patch'] }];
    return {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'credentials', namespace },
      rules,
    };
  }
  function binding(namespace: string) {
    return {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'credentials', namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'credentials' },
      subjects: [{ kind: 'ServiceAccount', name: 'credentials', namespace: 'storage' }],
    };
  }

  const job: CredentialsJob = {
    secrets: [
      {
        namespace: 'storage',
        name: 's3-detection',
        labels: { 'app.kubernetes.io/part-of': 'plumbline' },
        keys: [
          { key: 'accessKeyId', kind: 'accessKeyId' },
          { key: 'secretAccessKey', kind: 'password' },
          { key: 'user', kind: 'literal', value: 'admin' },
        ],
        copies: [{ namespace: 'anomaly', name: 'detection-s3' }],
      },
    ],
  };

  async function environment(folder: string) {
    const url = new URL(api.url);
    const directory = await folderWith(folder, {
      token: await api.serviceAccountToken('storage', 'credentials'),
      'ca.crt': await readFile(api.certificateAuthorityFile, 'utf8'),
    });
    return {
      KUBERNETES_SERVICE_HOST: url.hostname,
      KUBERNETES_SERVICE_PORT: url.port,
      SERVICE_ACCOUNT_DIRECTORY: directory,
    };
  }

  async function secret(namespace: string, name: string): Promise<Record<string, string>> {
    const { stdout } = await api.kubectl(['-n', namespace, 'get', 'secret', name, '-o', 'json']);
    const { data } = JSON.parse(stdout) as { data: Record<string, string> };
    return Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
    );
  }

  it('makes a Secret and its copy once, never overwrites them, and logs no value', async () => {
    await withFolder(async (folder) => {
      const first = await runWith(runCredentialsJob, job, await environment(folder));
      expect(first.code).toBe(0);
      const made = await secret('storage', 's3-detection');
      expect(made).toMatchObject({ user: 'admin' });
      expect(made.accessKeyId).toMatch(/^[A-Z0-9]{20}$/);
      expect(made.secretAccessKey).toMatch(/^[A-Za-z0-9]{40}$/);
      expect(await secret('anomaly', 'detection-s3')).toEqual(made);

      const second = await runWith(runCredentialsJob, job, await environment(folder));
      expect(second.code).toBe(0);
      expect(await secret('storage', 's3-detection')).toEqual(made);
      const encoded = Buffer.from(made.secretAccessKey ?? '').toString('base64');
      for (const value of [made.secretAccessKey ?? '', made.accessKeyId ?? '', encoded]) {
        expect(first.log + second.log).not.toContain(value);
      }
    });
  });

  it('makes a lost copy again from the Secret, and says when one differs', async () => {
    await withFolder(async (folder) => {
      await api.kubectl(['-n', 'anomaly', 'delete', 'secret', 'detection-s3']);
      expect((await runWith(runCredentialsJob, job, await environment(folder))).code).toBe(0);
      expect(await secret('anomaly', 'detection-s3')).toEqual(await secret('storage', 's3-detection'));

      await api.kubectl(['-n', 'anomaly', 'patch', 'secret', 'detection-s3', '-p', '{"stringData":{"user":"other"}}']);
      const { code, log } = await runWith(runCredentialsJob, job, await environment(folder));
      expect(code).toBe(1);
      expect(log).toContain('anomaly/detection-s3 differs from storage/s3-detection');
    });
  });

  it('adds a key that a later version wants to the Secret and its copy, and keeps the values that there are', async () => {
    await withFolder(async (folder) => {
      const earlier = { ...job.secrets[0], name: 'growing', copies: [{ namespace: 'anomaly', name: 'growing' }] };
      expect((await runWith(runCredentialsJob, { secrets: [earlier] }, await environment(folder))).code).toBe(0);
      const before = await secret('storage', 'growing');
      const keys = [...(job.secrets[0]?.keys ?? []), { key: 'token', kind: 'password' as const }];
      const later = { secrets: [{ ...earlier, keys }] };
      const { code, log } = await runWith(runCredentialsJob, later, await environment(folder));
      expect(code).toBe(0);
      const { token, ...kept } = await secret('storage', 'growing');
      expect(kept).toEqual(before);
      expect(token).toMatch(/^[A-Za-z0-9]{40}$/);
      expect(await secret('anomaly', 'growing')).toEqual({ ...before, token });
      expect(log).not.toContain(token);
      expect((await runWith(runCredentialsJob, later, await environment(folder))).log).not.toMatch(/added|created/);
    });
  });

  it('says what it may not do', async () => {
    await withFolder(async (folder) => {
      const elsewhere = { secrets: [{ ...job.secrets[0], namespace: 'kube-system', copies: [] }] };
      const { code, log } = await runWith(runCredentialsJob, elsewhere, await environment(folder));
      expect(code).toBe(1);
      expect(log).toContain('could not create Secret kube-system/s3-detection: 403');
    });
  });
});
