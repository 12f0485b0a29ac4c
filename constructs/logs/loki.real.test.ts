import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import {
  CertificateAuthority,
  dataDirectory,
  getOverTls,
  lokiOnLoopback,
  type LokiPeer,
  type RedisPeer,
  type S3Peer,
  startLoki,
  startRedis,
  startS3,
  substituteAddresses,
  validateLoki,
} from '../../tools/peers';
import { Alertmanager } from '../alerting/alertmanager';
import { Endpoint } from '../core/endpoint';
import type { IQueryCache } from '../core/query-cache';
import { ExternalObjectStore } from '../storage/external-object-store';
import { ObjectStore } from '../storage/object-store';
import { fileOf, renderApp, testApp } from '../testing';
import { Loki } from './loki';

const credentials = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };

function onBucket(): string {
  const app = testApp();
  const chunks = new ObjectStore(app.chart('storage'), 'objects').bucket('loki-chunks');
  const cache: IQueryCache = { kind: 'redis', servers: Endpoint.external('redis.example.org', 6379) };
  new Loki(app.chart('logs'), 'loki', { chunks, cache });
  return fileOf(renderApp(app), 'loki-config', 'loki.yaml');
}

function onVolume(tls: boolean): string {
  const app = testApp(tls ? { tls: { ca: 'ca' } } : {});
  // Nobody has this name: it starts, and does without.
  const cache: IQueryCache = {
    kind: 'memcached',
    servers: Endpoint.external('memcached.invalid', 11211, tls ? { tls: { ca: 'ca' } } : {}),
  };
  new Loki(app.chart('logs'), 'loki', { cache });
  return fileOf(renderApp(app), 'loki-config', 'loki.yaml');
}

describe('The configuration of Loki', () => {
  it.each([
    ['with a bucket', onBucket()],
    ['on its volume', onVolume(false)],
  ])('is right %s', async (_, text) => {
    await validateLoki(text, credentials);
  });

  it('is right with a bucket that is reached over TLS', async () => {
    const directory = await dataDirectory('loki-authority');
    const { certificateFile } = await CertificateAuthority.create(directory);
    const app = testApp();
    const store = new ExternalObjectStore(app.chart('storage'), 'objects', {
      endpoint: 'https://s3.example.org',
      region: 'eu-central-1',
      tls: { ca: 's3-ca', serverName: 's3' },
    });
    new Loki(app.chart('logs'), 'loki', { chunks: store.bucket('loki-chunks') });
    const text = substituteAddresses(fileOf(renderApp(app), 'loki-config', 'loki.yaml'), {
      '/etc/plumbline/tls/s3-ca-ca-crt/ca.crt': certificateFile,
    });
    await validateLoki(text, credentials);
    await expect(validateLoki(text.replace('tls_ca_path', 'tls_ca_file'), credentials)).rejects.toThrow('tls_ca_file');
  });

  it.each([
    ['with a bucket', true],
    ['on its volume', false],
  ])('is right %s, with alerts that go to an Alertmanager over TLS', async (_, bucket) => {
    const directory = await dataDirectory('loki-ruler');
    const { certificateFile } = await CertificateAuthority.create(directory);
    const app = testApp();
    const store = new ExternalObjectStore(app.chart('storage'), 'objects', {
      endpoint: 'https://s3.example.org',
      region: 'eu-central-1',
    });
    const logs = new Loki(app.chart('logs'), 'loki', bucket ? { chunks: store.bucket('loki-chunks') } : {});
    const endpoint = Endpoint.external('alerts.example.org', 443, { scheme: 'https', tls: { ca: 'alerts-ca' } });
    const alerting = Alertmanager.fromExternal(app.chart('logs'), 'alertmanager', { endpoint, path: '/alertmanager' });
    app.collect({ logs, alerting });
    const text = substituteAddresses(fileOf(renderApp(app), 'loki-config', 'loki.yaml'), {
      '/etc/plumbline/tls/alerts-ca-ca-crt/ca.crt': certificateFile,
    });
    await validateLoki(text, credentials);
    await expect(validateLoki(text.replace('evaluation_interval', 'evaluate_every'), credentials)).rejects.toThrow(
      'evaluate_every',
    );
  });

  it('would be refused with a retention that nobody carries out', async () => {
    const text = onVolume(false).replace(/ *delete_request_store: .*\n/, '');
    await expect(validateLoki(text)).rejects.toThrow('delete-request-store');
  });
});

describe('A Loki with a bucket', () => {
  let store: S3Peer;
  let redis: RedisPeer;
  let loki: LokiPeer;
  let client: S3Client;
  const traceId = randomBytes(16).toString('hex');

  beforeAll(async () => {
    store = await startS3();
    const { endpoint, region } = store;
    client = new S3Client({ endpoint, region, credentials: store.credentials, forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: 'loki-chunks' }));
    redis = await startRedis(['--requirepass', '']);
    loki = await startLoki(
      substituteAddresses(onBucket(), {
        'redis.example.org:6379': `${redis.host}:${redis.port}`,
        ...(await lokiOnLoopback()),
        'objects.storage.svc.cluster.local:7070': new URL(endpoint).host,
      }),
      {
        env: {
          AWS_ACCESS_KEY_ID: store.credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: store.credentials.secretAccessKey,
        },
      },
    );
  });
  afterAll(async () => {
    client.destroy();
    await loki.stop();
    await Promise.all([store.stop(), redis.stop()]);
  });

  it('takes lines by OTLP, and finds them by stream and by trace', async () => {
    const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });
    const record = {
      timeUnixNano: `${BigInt(Date.now()) * 1_000_000n}`,
      body: { stringValue: 'out of stock' },
      traceId,
      spanId: traceId.slice(0, 16),
    };
    const attributes = [attribute('service.name', 'cart'), attribute('k8s.pod.name', 'cart-0')];
    const response = await fetch(`${loki.url}/otlp/v1/logs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceLogs: [{ resource: { attributes }, scopeLogs: [{ logRecords: [record] }] }] }),
    });
    expect(response.status).toBe(204);
    const query = encodeURIComponent(`{service_name="cart"} | trace_id="${traceId}"`);
    type Answer = {
      readonly data: { readonly result: readonly { readonly stream: object; readonly values: object }[] };
    };
    let found: Answer['data']['result'] = [];
    while (found.length === 0) {
      await sleep(200);
      const answer = await fetch(`${loki.url}/loki/api/v1/query_range?query=${query}&since=1h`);
      found = ((await answer.json()) as Answer).data.result;
    }
    expect(found).toEqual([
      {
        stream: expect.objectContaining({ service_name: 'cart', trace_id: traceId, k8s_pod_name: 'cart-0' }) as object,
        values: [[record.timeUnixNano, 'out of stock']],
      },
    ]);
    // What tells streams apart is the service alone.
    const streams = await fetch(
      `${loki.url}/loki/api/v1/series?match[]=${encodeURIComponent('{service_name="cart"}')}`,
    );
    expect(((await streams.json()) as { readonly data: object }).data).toEqual([{ service_name: 'cart' }]);
  });

  it('keeps them there', async () => {
    await fetch(`${loki.url}/flush`, { method: 'POST' });
    let keys: readonly string[] = [];
    while (keys.length === 0) {
      await sleep(200);
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: 'loki-chunks', Prefix: 'fake/' }));
      keys = Contents.map(({ Key = '' }) => Key);
    }
    expect(keys).toHaveLength(1);
  });

  it('keeps chunks and answers in a cache, too', async () => {
    const kept = async () => Number(await redis.ask('DBSIZE'));
    while ((await kept()) === 0) await sleep(200);
    const chunks = await kept();
    const query = encodeURIComponent('sum(count_over_time({service_name="cart"}[5m]))');
    const end = Math.floor(Date.now() / 60_000) * 60;
    const range = `start=${end - 7200}&end=${end - 3600}&step=60`;
    while ((await kept()) === chunks) {
      const answer = await fetch(`${loki.url}/loki/api/v1/query_range?query=${query}&${range}`);
      expect(answer.status).toBe(200);
      await answer.text();
      await sleep(200);
    }
  });
});

describe('A Loki with a certificate', () => {
  it('answers over TLS, to who trusts the authority', async () => {
    const directory = await dataDirectory('loki-certificate');
    const authority = await CertificateAuthority.create(directory);
    const { certificateFile, keyFile } = await authority.issue('loki', '/CN=loki', ['IP:127.0.0.1']);
    const pem = await readFile(authority.certificateFile, 'utf8');
    const loki = await startLoki(
      substituteAddresses(onVolume(true), {
        ...(await lokiOnLoopback()),
        '/etc/plumbline/tls/server/tls.crt': certificateFile,
        '/etc/plumbline/tls/server/tls.key': keyFile,
        '/etc/plumbline/tls/ca-ca-crt/ca.crt': authority.certificateFile,
      }),
      { authority: pem },
    );
    try {
      expect((await getOverTls(`${loki.url}/loki/api/v1/labels`, pem)).status).toBe(200);
    } finally {
      await loki.stop();
    }
  });
});
