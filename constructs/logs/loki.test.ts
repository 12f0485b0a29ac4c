import { Duration, Size } from 'cdk8s';
import { parse } from 'yaml';
import { Endpoint } from '../core/endpoint';
import { NodePort } from '../core/exposure';
import type { PlatformApp } from '../core/platform-app';
import type { IQueryCache } from '../core/query-cache';
import { ExternalObjectStore } from '../storage/external-object-store';
import { ObjectStore } from '../storage/object-store';
import { logStore } from '../stores';
import {
  asYaml,
  containerOf,
  envOf,
  fileOf,
  givenSecret,
  objectOf,
  renderApp,
  testApp,
  violationsOf,
  type OwnProps,
} from '../testing';
import { TempoMonolith } from '../tracing/tempo-monolith';
import { Grafana } from '../visualization/grafana';
import { Loki, type LokiProps } from './loki';

const cacheAt = (
  kind: IQueryCache['kind'],
  host: string,
  port: number,
  tls?: { readonly ca: string },
): IQueryCache => ({
  kind,
  servers: Endpoint.external(host, port, tls === undefined ? {} : { tls }),
});

function everything(app: PlatformApp): OwnProps<LokiProps> {
  return {
    name: 'lines',
    chunks: new ObjectStore(app.chart('storage'), 'objects').bucket('loki-chunks'),
    cache: cacheAt('memcached', 'cache.example.org', 11211),
    retention: Duration.days(7),
    ingestBytesPerSecond: 1_048_576,
    streams: 100,
    queryParallelism: 2,
    replicas: 1,
    streamAttributes: ['service.name'],
    volume: { size: Size.gibibytes(2), storageClass: 'fast' },
    resources: { cpu: '100m', cpuLimit: '500m', memory: '256Mi', memoryLimit: '1Gi' },
    image: 'example.org/loki:3.8.0',
    logAlerts: [],
    evaluationInterval: Duration.minutes(5),
    exposure: new NodePort(30310),
    runbookUrl: 'https://wiki.example.org/runbooks',
  };
}

function render(propsOf: (app: PlatformApp) => LokiProps = () => ({}), tls = false) {
  const app = testApp(tls ? { tls: { ca: 'ca' } } : {});
  const loki = new Loki(app.chart('logs'), 'loki', propsOf(app));
  return { app, loki, objects: renderApp(app) };
}

interface Config {
  readonly server: object;
  readonly common: object;
  readonly storage_config?: { readonly object_store: { readonly s3: object } };
  readonly schema_config: { readonly configs: readonly object[] };
  readonly limits_config: object;
  readonly compactor: object;
}
const configOf = ({ objects, loki }: ReturnType<typeof render>) =>
  parse(fileOf(objects, `${loki.name}-config`, 'loki.yaml')) as Config;
const ofLogs = ({ objects }: ReturnType<typeof render>) =>
  asYaml(objects.filter(({ metadata }) => metadata.namespace === 'logs'));

describe('A cache of Loki', () => {
  const sectionsOf = (cache: IQueryCache) => configOf(render(() => ({ cache })));

  it('keeps answers and chunks, in servers that are found by one name', () => {
    const kept = { memcached_client: { addresses: 'dns+cache.example.org:11211', consistent_hash: true } };
    expect(sectionsOf(cacheAt('memcached', 'cache.example.org', 11211))).toMatchObject({
      chunk_store_config: { chunk_cache_config: kept },
      query_range: { cache_results: true, results_cache: { cache: kept } },
    });
    expect(configOf(render())).not.toHaveProperty('query_range');
  });

  it('is spoken to over TLS, where it does', () => {
    expect(sectionsOf(cacheAt('memcached', 'cache.example.org', 11211, { ca: 'cache-ca' }))).toMatchObject({
      chunk_store_config: {
        chunk_cache_config: {
          memcached_client: { tls_enabled: true, tls_ca_path: '/etc/plumbline/tls/cache-ca-ca-crt/ca.crt' },
        },
      },
    });
  });

  it('may be a Redis, but none with a certificate, as Loki cannot be told whom to trust', () => {
    const redis = { redis: { endpoint: 'redis.example.org:6379' } };
    expect(sectionsOf(cacheAt('redis', 'redis.example.org', 6379))).toMatchObject({
      chunk_store_config: { chunk_cache_config: redis },
    });
    expect(() => sectionsOf(cacheAt('redis', 'redis.example.org', 6379, { ca: 'redis-ca' }))).toThrow(
      'cache is "redis.example.org:6379", which is not Memcached, or Redis in plain text',
    );
  });
});

describe('Loki', () => {
  it('needs no props, and keeps all on its volume then', () => {
    const rendered = render();
    expect(violationsOf(rendered.app)).toEqual([]);
    expect(configOf(rendered)).toMatchObject({
      common: { storage: { filesystem: { chunks_directory: '/var/loki/chunks' } } },
      schema_config: { configs: [{ store: 'tsdb', schema: 'v13', object_store: 'filesystem' }] },
      compactor: { retention_enabled: true, delete_request_store: 'filesystem' },
      limits_config: { retention_period: '720h', ingestion_rate_mb: 4, max_global_streams_per_user: 5000 },
    });
    expect(ofLogs(rendered)).toMatchSnapshot();
  });

  it('takes every prop', () => {
    const rendered = render(everything);
    expect(violationsOf(rendered.app)).toEqual([]);
    expect(containerOf(rendered.objects, 'StatefulSet', 'lines').image).toBe('example.org/loki:3.8.0');
    expect(configOf(rendered).limits_config).toMatchObject({
      retention_period: '168h',
      ingestion_rate_mb: 1,
      ingestion_burst_size_mb: 2,
      max_global_streams_per_user: 100,
      tsdb_max_query_parallelism: 2,
      otlp_config: {
        resource_attributes: { attributes_config: [{ action: 'index_label', attributes: ['service.name'] }] },
      },
    });
    expect(ofLogs(rendered)).toMatchSnapshot();
  });

  it('keeps chunks in the bucket, with credentials that are not in its configuration', () => {
    const rendered = render(everything);
    const config = configOf(rendered);
    expect(config.common).not.toHaveProperty('storage');
    expect(config.storage_config?.object_store.s3).toEqual({
      bucket_name: 'loki-chunks',
      endpoint: 'objects.storage.svc.cluster.local:7070',
      region: 'us-east-1',
      insecure: true,
      bucket_lookup_type: 'path',
      access_key_id: '${AWS_ACCESS_KEY_ID}',
      secret_access_key: '${AWS_SECRET_ACCESS_KEY}',
    });
    expect(envOf(rendered.objects, 'StatefulSet', 'lines')).toMatchObject({ GOMEMLIMIT: '819MiB' });
    expect(containerOf(rendered.objects, 'StatefulSet', 'lines').env?.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']),
    );
  });

  it('trusts a store of others by its authority, and has a role instead of a key where there is one', () => {
    const rendered = render((app) => ({
      chunks: new ExternalObjectStore(app.chart('storage'), 'objects', {
        endpoint: 'https://s3.example.org',
        tls: { ca: 's3-ca', serverName: 's3' },
        region: 'eu-central-1',
        roles: { loki: 'arn:aws:iam::1:role/loki' },
      }).bucket('loki-chunks'),
    }));
    const { s3 } = configOf(rendered).storage_config?.object_store ?? {};
    expect(s3).toMatchObject({
      endpoint: 's3.example.org:443',
      http: { tls_ca_path: '/etc/plumbline/tls/s3-ca-ca-crt/ca.crt', tls_server_name: 's3' },
    });
    expect(s3).not.toHaveProperty('access_key_id');
    expect(s3).not.toHaveProperty('insecure');
    expect(violationsOf(rendered.app, { given: [givenSecret('logs', 's3-ca')] })).toEqual([]);
  });

  it('serves with a certificate where the platform does, and is read so', () => {
    const rendered = render(() => ({}), true);
    expect(configOf(rendered).server).toMatchObject({
      http_tls_config: {
        cert_file: '/etc/plumbline/tls/server/tls.crt',
        key_file: '/etc/plumbline/tls/server/tls.key',
      },
    });
    expect(containerOf(rendered.objects, 'StatefulSet', 'loki').readinessProbe).toMatchObject({
      httpGet: { path: '/ready', scheme: 'HTTPS' },
    });
    expect(rendered.loki.scrapeTargets[0]?.endpoint.scheme).toBe('https');
    const given = ['ca', 'loki-tls'].map((name) => givenSecret('logs', name));
    expect(violationsOf(rendered.app, { given })).toEqual([]);
  });

  it('offers one port, and what its parts say to each other stays in the pod', () => {
    const { objects } = render();
    expect(objectOf(objects, 'Service', 'loki').spec.ports.map(({ port }) => port)).toEqual([3100]);
    expect(configOf(render()).server).toMatchObject({ grpc_listen_address: '127.0.0.1' });
  });

  it.each<[LokiProps, string]>([
    [{ replicas: 3 }, 'a bucket that replicas share'],
    [{ replicas: 2 }, 'replicas is 2, which is not 1, or at least 3'],
    [{ replicas: 0 }, 'replicas is 0'],
    [{ retention: Duration.hours(12) }, 'retention is "12 h", which is not whole hours, a day or more'],
    [{ retention: Duration.minutes(60 * 24 + 1) }, 'which is not whole hours'],
    [{ streams: 0 }, 'streams is 0, which is not a count of at least 1'],
    [{ ingestBytesPerSecond: 0.5 }, 'ingestBytesPerSecond is 0.5'],
    [{ queryParallelism: -1 }, 'queryParallelism is -1'],
  ])('refuses %j', (props, message) => {
    expect(() => render(() => props)).toThrow(message);
  });
});

describe('A log store of ours', () => {
  it('is shown by Grafana, linked with traces both ways, and makes no bucket that nobody asked for', () => {
    const app = testApp();
    const objects = new ObjectStore(app.chart('storage'), 'objects');
    const logs = logStore(app.chart('logs'), 'loki', {}, () => ({ chunks: objects.bucket('loki-chunks') }));
    logStore(
      app.chart('logs'),
      'other',
      { external: { endpoint: Endpoint.external('loki.example.org', 3100) } },
      () => ({
        chunks: objects.bucket('never'),
      }),
    );
    const traces = new TempoMonolith(app.chart('tracing'), 'tempo', { blocks: objects.bucket('blocks') });
    new Grafana(app.chart('visualization'), 'grafana', { sources: [traces, logs] });
    expect(violationsOf(app)).toEqual([]);
    expect(objects.buckets.map(({ name }) => name)).toEqual(['loki-chunks', 'blocks']);
    expect(logs.otlpHttp.path).toBe('/otlp');
    expect(parse(fileOf(renderApp(app), 'grafana-datasources', 'datasources.yaml'))).toMatchObject({
      datasources: [
        { jsonData: { tracesToLogsV2: { datasourceUid: 'loki' } } },
        {
          url: 'http://loki.logs.svc.cluster.local:3100',
          jsonData: { derivedFields: [{ matcherRegex: 'trace_id', datasourceUid: 'tempo' }, {}] },
        },
      ],
    });
  });

  it('may be on its volume', () => {
    const app = testApp();
    logStore(app.chart('logs'), 'loki', {});
    expect(fileOf(renderApp(app), 'loki-config', 'loki.yaml')).toContain('object_store: filesystem');
  });
});
