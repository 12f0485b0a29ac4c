import { setTimeout as sleep } from 'node:timers/promises';
import { mimirOnLoopback, startMimir, substituteAddresses, validateMimir, type MimirPeer } from '../../tools/peers';
import { Endpoint } from '../core/endpoint';
import { ObjectStore } from '../storage/object-store';
import { fileOf, renderApp, testApp } from '../testing';
import { Mimir, type MimirProps } from './mimir';

const host = 'mimir-headless.metrics.svc.cluster.local';

/** As it is rendered, but that blocks are in a folder, and what a machine with one address asks for. */
function configOf(own: object, props: Partial<MimirProps> = {}, tls = false): string {
  const app = testApp(tls ? { tls: { ca: 'ca' } } : {});
  const blocks = new ObjectStore(app.chart('storage'), 'objects').bucket('mimir-blocks');
  new Mimir(app.chart('metrics'), 'mimir', { ...props, blocks, config: { 'mimir.yaml': own } });
  return fileOf(renderApp(app), 'mimir-config', 'mimir.yaml');
}

const env = { POD_IP: '127.0.0.1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };

describe('The configuration of Mimir', () => {
  const cache = {
    kind: 'memcached' as const,
    servers: Endpoint.external('cache.example.org', 11211, { tls: { ca: 'ca' } }),
  };

  it.each<[string, Partial<MimirProps>, boolean]>([
    ['with a bucket', {}, false],
    ['with one member', { replicas: 1 }, false],
    ['with tenants and caches, encrypted', { tenant: 'a', tenants: { b: { series: 5 } }, cache }, true],
  ])('is right %s', async (_, props, tls) => {
    expect((await validateMimir(configOf({}, props, tls), env)).stdout).toContain('store-gateway');
  });

  it('would be refused with a field that there is not', async () => {
    await expect(validateMimir(configOf({ ingester: { replication_factor: 3 } }), env)).rejects.toThrow(
      'field replication_factor not found',
    );
  });
});

describe('Three members of Mimir', () => {
  const members: MimirPeer[] = [];

  beforeAll(async () => {
    const places = await mimirOnLoopback(host, 3);
    members.push(
      ...(await Promise.all(
        places.map(({ table, config }) => {
          const local = {
            blocks_storage: { backend: 'filesystem', filesystem: { dir: `${table['/data'] ?? ''}-blocks` } },
          };
          return startMimir(substituteAddresses(configOf({ ...config, ...local }), table), { env });
        }),
      )),
    );
  });
  afterAll(() => Promise.all(members.map((member) => member.stop())));

  const [seconds, nanoseconds] = [Math.floor(Date.now() / 1000), '000000000'];

  it('take at one what is asked of another, by the name that a Prometheus gives it', async () => {
    const attributes = [{ key: 'service.name', value: { stringValue: 'cart' } }];
    const dataPoints = [{ asInt: '42', timeUnixNano: `${seconds}${nanoseconds}` }];
    const sum = { dataPoints, aggregationTemporality: 2, isMonotonic: true };
    const sent = await fetch(`${members[0]?.url ?? ''}/otlp/v1/metrics`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        resourceMetrics: [
          { resource: { attributes }, scopeMetrics: [{ metrics: [{ name: 'carts', unit: 's', sum }] }] },
        ],
      }),
    });
    expect([sent.status, await sent.text()]).toEqual([200, expect.anything()]);
    type Answer = { readonly data?: { readonly result: readonly { readonly metric: object }[] } };
    const ask = async () => {
      const answer = await fetch(`${members[2]?.url ?? ''}/prometheus/api/v1/query?query=carts_seconds_total`);
      return ((await answer.json()) as Answer).data?.result ?? [];
    };
    let found = await ask();
    for (let tries = 0; found.length === 0 && tries < 100; tries += 1) {
      await sleep(200);
      found = await ask();
    }
    expect(found.map(({ metric }) => metric)).toMatchObject([{ job: 'cart', service_name: 'cart' }]);
  });
});
