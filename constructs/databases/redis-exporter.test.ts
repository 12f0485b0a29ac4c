import { Endpoint } from '../core/endpoint';
import type { PlatformAppProps } from '../core/platform-app';
import { SecretSource } from '../core/secret-source';
import { Prometheus } from '../metrics/prometheus';
import {
  asYaml,
  containerOf,
  envOf,
  givenSecret,
  objectOf,
  renderApp,
  testApp,
  violationsOf,
  type OwnProps,
} from '../testing';
import { RedisExporter, type RedisExporterProps } from './redis-exporter';

const server = Endpoint.external('redis.example.org', 6379, { ranges: ['10.1.0.0/16'] });
const everything: OwnProps<RedisExporterProps> = {
  secretMayFollow: false,
  name: 'cache',
  server: Endpoint.external('redis.example.org', 6380, {
    tls: { ca: 'redis-ca', serverName: 'cache', clientCertificate: 'redis-client' },
  }),
  credentials: SecretSource.existing({ name: 'redis-user', keys: { username: 'user' } }),
  withoutPassword: false,
  evictions: 50,
  resources: { cpu: '10m', memory: '48Mi', memoryLimit: '64Mi' },
  image: 'example.org/redis_exporter:v1.90.0',
};

function render(props: Partial<RedisExporterProps> = {}, platform: Partial<PlatformAppProps> = {}) {
  const app = testApp(platform);
  const exporter = new RedisExporter(app.chart('databases'), 'redis-exporter', { server, ...props });
  const prometheus = new Prometheus(app.chart('metrics'), 'prometheus');
  prometheus.scrape(exporter);
  prometheus.evaluate(exporter);
  return { app, exporter, objects: renderApp(app) };
}

describe('RedisExporter', () => {
  it('needs a server, and the Secret of its user', () => {
    const { app, objects } = render();
    expect(violationsOf(app, { given: [givenSecret('databases', 'redis-exporter-redis')] })).toEqual([]);
    expect(asYaml(objects.filter(({ metadata }) => metadata.namespace === 'databases'))).toMatchSnapshot();
  });

  it('takes every prop', () => {
    const { app, exporter, objects } = render(everything);
    expect(envOf(objects, 'Deployment', 'cache')).toMatchObject({
      REDIS_ADDR: 'rediss://redis.example.org:6380',
      REDIS_EXPORTER_TLS_CA_CERT_FILE: '/etc/plumbline/tls/redis-ca-ca-crt/ca.crt',
      REDIS_EXPORTER_TLS_SERVER_NAME: 'cache',
      REDIS_EXPORTER_TLS_CLIENT_CERT_FILE: '/etc/plumbline/tls/redis-client-tls-crt/tls.crt',
      REDIS_EXPORTER_TLS_CLIENT_KEY_FILE: '/etc/plumbline/tls/redis-client-tls-crt/tls.key',
    });
    expect(containerOf(objects, 'Deployment', 'cache').env).toContainEqual({
      name: 'REDIS_USER',
      valueFrom: { secretKeyRef: { name: 'redis-user', key: 'user' } },
    });
    expect(exporter.alerts.find(({ name }) => name === 'RedisEvictsKeys')?.expr).toMatch(/> 50$/);
    const given = ['redis-user', 'redis-ca', 'redis-client'].map((name) => givenSecret('databases', name));
    expect(violationsOf(app, { given })).toEqual([]);
  });

  it('is told no password where there is none', () => {
    const { app, objects } = render({ withoutPassword: true });
    expect(envOf(objects, 'Deployment', 'redis-exporter')).toEqual({ REDIS_ADDR: 'redis://redis.example.org:6379' });
    expect(violationsOf(app)).toEqual([]);
  });

  it('is let out to its server alone, and asks no other for whoever reads it', () => {
    const { objects } = render();
    expect(JSON.stringify(objectOf(objects, 'NetworkPolicy', 'redis-exporter').spec.egress)).toContain('10.1.0.0/16');
    expect(containerOf(objects, 'Deployment', 'redis-exporter').args).toContain('--disable-scrape-endpoint');
  });

  it('speaks TLS where servers of the platform do', () => {
    const { objects } = render({}, { tls: { ca: 'ca' } });
    expect(containerOf(objects, 'Deployment', 'redis-exporter')).toMatchObject({
      args: expect.arrayContaining([
        '--tls-server-cert-file=/etc/plumbline/tls/server/tls.crt',
        '--tls-server-key-file=/etc/plumbline/tls/server/tls.key',
      ]) as unknown,
      readinessProbe: { httpGet: { scheme: 'HTTPS' } },
    });
  });
});
