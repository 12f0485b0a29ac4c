import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CertificateAuthority,
  dataDirectory,
  freePorts,
  type RedisPeer,
  type S3Peer,
  startRedis,
  startS3,
  startTempo,
  substituteAddresses,
  type TempoPeer,
} from '../../tools/peers';
import { Endpoint } from '../core/endpoint';
import type { IQueryCache } from '../core/query-cache';
import { ObjectStore } from '../storage/object-store';
import { fileOf, renderApp, testApp } from '../testing';
import { TempoMonolith } from './tempo-monolith';

function render(cache: IQueryCache): string {
  const app = testApp();
  const blocks = new ObjectStore(app.chart('storage'), 'objects').bucket('tempo-traces');
  new TempoMonolith(app.chart('tracing'), 'tempo', { blocks, cache });
  return fileOf(renderApp(app), 'tempo-config', 'tempo.yaml');
}

describe('A Tempo with a cache', () => {
  let store: S3Peer;
  let redis: RedisPeer;
  beforeAll(async () => {
    [store, redis] = await Promise.all([startS3(), startRedis(['--requirepass', ''])]);
    const { endpoint, region, credentials } = store;
    const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: 'tempo-traces' }));
    client.destroy();
  });
  afterAll(async () => {
    await Promise.all([store.stop(), redis.stop()]);
  });

  /** @returns it, and where it takes spans by HTTP */
  async function start(
    cache: IQueryCache,
    table: Readonly<Record<string, string>>,
  ): Promise<readonly [tempo: TempoPeer, otlp: string]> {
    const [http = 0, internal = 0, grpc = 0, otlp = 0] = await freePorts(4);
    const config = substituteAddresses(render(cache), {
      ...table,
      'http_listen_port: 3200': `http_listen_port: ${http}\n  grpc_listen_port: ${internal}`,
      '0.0.0.0:4317': `127.0.0.1:${grpc}`,
      '0.0.0.0:4318': `127.0.0.1:${otlp}`,
      'objects.storage.svc.cluster.local:7070': new URL(store.endpoint).host,
      '/var/tempo': await dataDirectory('tempo-cache'),
    });
    const { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY } = store.credentials;
    return [
      await startTempo(config, { env: { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } }),
      `http://127.0.0.1:${otlp}`,
    ];
  }

  it('has there what a query asks blocks for', async () => {
    const cache: IQueryCache = { kind: 'redis', servers: Endpoint.external('redis.example.org', 6379) };
    const [tempo, otlp] = await start(cache, { 'redis.example.org:6379': `${redis.host}:${redis.port}` });
    try {
      const traceId = randomBytes(16).toString('hex');
      const now = BigInt(Date.now()) * 1_000_000n;
      const times = { startTimeUnixNano: `${now - 1_000_000n}`, endTimeUnixNano: `${now}` };
      const span = { traceId, spanId: traceId.slice(0, 16), name: 'GET /cart', kind: 2, ...times };
      const attributes = [{ key: 'service.name', value: { stringValue: 'cart' } }];
      const sent = await fetch(`${otlp}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans: [span] }] }] }),
      });
      expect(sent.status).toBe(200);
      await fetch(`${tempo.queryUrl}/flush`);
      while (Number(await redis.ask('DBSIZE')) === 0) {
        const { status } = await fetch(`${tempo.queryUrl}/api/traces/${traceId}?mode=blocks`);
        expect([200, 404]).toContain(status);
        await sleep(500);
      }
    } finally {
      await tempo.stop();
    }
  });

  it('starts while nobody has the name of its servers', async () => {
    const authority = await CertificateAuthority.create(await dataDirectory('tempo-cache-authority'));
    const servers = Endpoint.external('memcached.invalid', 11211, { tls: { ca: 'cache-ca', serverName: 'memcached' } });
    const [tempo] = await start(
      { kind: 'memcached', servers },
      { '/etc/plumbline/tls/cache-ca-ca-crt/ca.crt': authority.certificateFile },
    );
    try {
      expect((await fetch(`${tempo.queryUrl}/api/search/tags`)).status).toBe(200);
    } finally {
      await tempo.stop();
    }
  });
});
