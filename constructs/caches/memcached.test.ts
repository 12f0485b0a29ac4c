import { Size } from 'cdk8s';
import { Endpoint } from '../core/endpoint';
import type { PlatformAppProps } from '../core/platform-app';
import { ServerCertificate } from '../core/server-tls';
import { Prometheus } from '../metrics/prometheus';
import { Grafana } from '../visualization/grafana';
import {
  asYaml,
  givenSecret,
  objectOf,
  podTemplateOf,
  renderApp,
  testApp,
  violationsOf,
  type OwnProps,
} from '../testing';
import { Memcached, type MemcachedProps } from './memcached';

const everything: OwnProps<MemcachedProps> = {
  name: 'chunks',
  size: Size.gibibytes(1),
  replicas: 3,
  itemSize: Size.mebibytes(2),
  connections: 1000,
  exporterResources: { cpu: '5m', memory: '16Mi' },
  resources: { cpu: '1', memory: '2Gi' },
  image: 'example.org/memcached:1.6.41',
};

function render(props: MemcachedProps = {}, platform: Partial<PlatformAppProps> = {}) {
  const app = testApp(platform);
  const memcached = new Memcached(app.chart('caches'), 'memcached', props);
  const prometheus = new Prometheus(app.chart('metrics'), 'prometheus');
  prometheus.scrape(memcached);
  prometheus.evaluate(memcached);
  return { app, memcached, objects: renderApp(app) };
}

function containers(props: MemcachedProps = {}, platform: Partial<PlatformAppProps> = {}) {
  const { objects, memcached } = render(props, platform);
  return podTemplateOf(objects, 'StatefulSet', memcached.name).spec.containers;
}

describe('Memcached', () => {
  it('needs nothing to be said, and keeps every invariant', () => {
    const { app, objects } = render();
    expect(violationsOf(app)).toEqual([]);
    expect(asYaml(objects.filter(({ metadata }) => metadata.namespace === 'caches'))).toMatchSnapshot();
  });

  it('takes every prop', () => {
    const { app, objects } = render(everything);
    expect(podTemplateOf(objects, 'StatefulSet', 'chunks').spec.containers).toMatchObject([
      {
        image: 'example.org/memcached:1.6.41',
        args: ['--memory-limit=1024', '--max-item-size=2048k', '--conn-limit=1000'],
        resources: { limits: { memory: '2Gi' } },
      },
      { name: 'exporter', resources: { limits: { memory: '16Mi' } } },
    ]);
    expect(objectOf(objects, 'StatefulSet', 'chunks').spec).toMatchObject({ replicas: 3 });
    expect(violationsOf(app)).toEqual([]);
  });

  it('is reached by a name that resolves to each server, over which a client spreads keys', () => {
    const { app, memcached } = render();
    const [client] = new Grafana(app.chart('visualization'), 'grafana').workloads;
    expect(memcached.servers.resolvesToPods).toBe(true);
    client?.setEnv('CACHE', memcached.servers.authority);
    expect(client?.connectTo(memcached.servers)).toEqual({
      host: 'memcached-headless.caches.svc.cluster.local',
      port: 11211,
      authority: 'memcached-headless.caches.svc.cluster.local:11211',
      url: 'memcached-headless.caches.svc.cluster.local:11211',
    });
    expect(violationsOf(app)).toEqual([]);
  });

  it('has memory for more than its items', () => {
    const [server] = containers({ size: Size.mebibytes(1000) });
    expect(server?.resources).toMatchObject({ limits: { memory: '1232Mi' }, requests: { memory: '1232Mi' } });
  });

  it('keeps nothing on a volume', () => {
    expect(objectOf(render().objects, 'StatefulSet', 'memcached').spec.volumeClaimTemplates).toBeUndefined();
  });

  it('speaks TLS where servers of the platform do, and so does its exporter, to it and to who reads metrics', () => {
    const tls = { ca: 'ca' };
    const { app, memcached } = render({}, { tls });
    const [server, exporter] = containers({}, { tls });
    expect(server?.args?.slice(-2)).toEqual([
      '--enable-ssl',
      '--extended=ssl_chain_cert=/etc/plumbline/tls/server/tls.crt,ssl_key=/etc/plumbline/tls/server/tls.key',
    ]);
    expect(exporter).toMatchObject({
      args: expect.arrayContaining([
        '--memcached.address=127.0.0.1:11211',
        '--memcached.tls.enable',
        '--memcached.tls.ca-file=/etc/plumbline/tls/ca-ca-crt/ca.crt',
        '--memcached.tls.server-name=memcached-headless.caches.svc.cluster.local',
        '--web.config.file=/etc/memcached-exporter/web.yml',
      ]) as unknown,
      readinessProbe: { httpGet: { scheme: 'HTTPS', port: 'http-metrics' } },
      volumeMounts: expect.arrayContaining([
        { name: 'tls-ca-ca-crt', mountPath: '/etc/plumbline/tls/ca-ca-crt', readOnly: true },
        { name: 'tls-memcached-tls-tls-crt', mountPath: '/etc/plumbline/tls/server', readOnly: true },
      ]) as unknown,
    });
    expect(ServerCertificate.all(app).flatMap(({ dnsNames }) => dnsNames)).toContain(
      'memcached-headless.caches.svc.cluster.local',
    );
    const [client] = new Grafana(app.chart('visualization'), 'grafana').workloads;
    client?.setEnv('CACHE', memcached.servers.authority);
    expect(client?.connectTo(memcached.servers).tls).toMatchObject({
      serverName: 'memcached-headless.caches.svc.cluster.local',
    });
    const given = ['caches', 'metrics', 'visualization'].flatMap((namespace) =>
      ['ca', 'memcached-tls', 'prometheus-tls', 'grafana-tls'].map((name) => givenSecret(namespace, name)),
    );
    expect(violationsOf(app, { given })).toEqual([]);
  });

  it.each([
    [{ size: Size.mebibytes(32) }, 'size is "32 MiB"'],
    [{ size: Size.mebibytes(64), itemSize: Size.mebibytes(33) }, 'itemSize is "33792 KiB"'],
    [{ connections: 0 }, 'connections is 0'],
  ] as const)('refuses %j', (props, message) => {
    expect(() => new Memcached(testApp().chart('caches'), 'memcached', props)).toThrow(message);
  });

  it('may be of somebody else', () => {
    const endpoint = Endpoint.external('cache.example.org', 11211);
    const cache = Memcached.fromExternal(testApp().chart('caches'), 'cache', { endpoint });
    expect([cache.kind, cache.servers]).toEqual(['memcached', endpoint]);
  });
});
