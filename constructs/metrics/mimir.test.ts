import { Duration, Size } from 'cdk8s';
import { parse } from 'yaml';
import { Endpoint } from '../core/endpoint';
import { NodePort } from '../core/exposure';
import type { PlatformApp } from '../core/platform-app';
import type { IQueryCache } from '../core/query-cache';
import { ExternalObjectStore } from '../storage/external-object-store';
import { ObjectStore } from '../storage/object-store';
import {
  asYaml,
  containerOf,
  envOf,
  fileOf,
  givenSecret,
  objectOf,
  podTemplateOf,
  renderApp,
  testApp,
  violationsOf,
  type OwnProps,
} from '../testing';
import { Mimir, type MimirProps } from './mimir';
import { mimirObjections, mimirOverridesObjections } from './mimir-schema.testing';

const cacheAt = (host: string, tls?: { readonly ca: string }): IQueryCache => ({
  kind: 'memcached',
  servers: Endpoint.external(host, 11211, tls === undefined ? {} : { tls }),
});

function blocksIn(app: PlatformApp): Pick<MimirProps, 'blocks'> {
  return { blocks: new ObjectStore(app.chart('storage'), 'objects').bucket('mimir-blocks') };
}

const everything: Omit<OwnProps<MimirProps>, 'blocks'> = {
  name: 'history',
  replicas: 5,
  retention: Duration.days(730),
  limits: { series: 2_000_000, samplesPerSecond: 1_000_000, exemplars: 10, outOfOrder: Duration.minutes(30) },
  tenant: 'platform',
  tenants: {
    'team-a': { series: 1000, retention: Duration.days(30) },
    'team.b': { samplesPerSecond: 10, exemplars: 20, outOfOrder: Duration.hours(1) },
  },
  cache: cacheAt('cache.example.org'),
  caches: { chunks: cacheAt('chunks.example.org') },
  promotedAttributes: ['service.name', 'team'],
  runbookUrl: 'https://example.org/runbooks',
  volume: { size: Size.gibibytes(200), storageClass: 'fast' },
  resources: { cpu: '4', cpuLimit: '8', memory: '16Gi', memoryLimit: '32Gi' },
  image: 'example.org/mimir:3.2.0',
  exposure: new NodePort(30910),
};

function render(props: Partial<MimirProps> = {}, tls = false) {
  const app = testApp(tls ? { tls: { ca: 'ca' } } : {});
  const mimir = new Mimir(app.chart('metrics'), 'mimir', { ...blocksIn(app), ...props });
  return { app, mimir, objects: renderApp(app) };
}

type Rendered = ReturnType<typeof render>;

interface Config {
  readonly [section: string]: unknown;
  readonly blocks_storage: { readonly s3: object; readonly bucket_store: object };
  readonly frontend: object;
  readonly limits: object;
}
const configOf = ({ objects, mimir }: Rendered) =>
  parse(fileOf(objects, `${mimir.name}-config`, 'mimir.yaml')) as Config;
const ofMetrics = ({ objects }: Rendered) => asYaml(objects.filter(({ metadata }) => metadata.namespace === 'metrics'));

describe('Mimir', () => {
  it('needs a bucket and nothing else', () => {
    const rendered = render();
    expect(violationsOf(rendered.app)).toEqual([]);
    expect(ofMetrics(rendered)).toMatchSnapshot();
  });

  it('takes every prop', () => {
    const rendered = render(everything);
    expect(violationsOf(rendered.app)).toEqual([]);
    expect(ofMetrics(rendered)).toMatchSnapshot();
  });

  it('is three members that keep each sample thrice, of which one at a time may go, spread over nodes and zones', () => {
    const rendered = render();
    const { spec } = objectOf(rendered.objects, 'StatefulSet', 'mimir');
    expect(spec).toMatchObject({ replicas: 3, podManagementPolicy: 'Parallel' });
    expect(objectOf(rendered.objects, 'PodDisruptionBudget', 'mimir').spec).toMatchObject({ maxUnavailable: 1 });
    expect(podTemplateOf(rendered.objects, 'StatefulSet', 'mimir').spec).toMatchObject({
      terminationGracePeriodSeconds: 240,
      topologySpreadConstraints: [
        { topologyKey: 'kubernetes.io/hostname' },
        { topologyKey: 'topology.kubernetes.io/zone' },
      ],
    });
    for (const [of, ring] of [
      [{}, { replication_factor: 3, unregister_on_shutdown: false }],
      [{ replicas: 5 }, { replication_factor: 3 }],
      [{ replicas: 1 }, { replication_factor: 1 }],
    ] as const)
      expect(configOf(render(of))).toMatchObject({ ingester: { ring }, store_gateway: { sharding_ring: ring } });
  });

  it('takes samples itself, not by way of Kafka, and keeps its rings by gossip, with no other store', () => {
    const config = configOf(render());
    const ring = { kvstore: { store: 'memberlist' }, instance_addr: '${POD_IP}' };
    expect(config).toMatchObject({
      target: 'all',
      ingest_storage: { enabled: false },
      distributor: { ring, ha_tracker: { enable_ha_tracker: true, kvstore: { store: 'memberlist' } } },
      compactor: { sharding_ring: ring },
      querier: { ring },
      memberlist: {
        cluster_label: 'metrics/mimir',
        join_members: ['dns+mimir-headless.metrics.svc.cluster.local:7946'],
      },
    });
  });

  it('lets members reach members, and nobody else at those ports', () => {
    const { ingress, egress } = objectOf(render().objects, 'NetworkPolicy', 'mimir').spec as unknown as {
      readonly ingress: readonly { readonly from: object; readonly ports: readonly { readonly port: number }[] }[];
      readonly egress: readonly object[];
    };
    for (const port of [7946, 9095]) {
      const rules = ingress.filter(({ ports }) => ports.some((each) => each.port === port));
      expect(rules).toMatchObject([
        { from: [{ podSelector: { matchLabels: { 'app.kubernetes.io/name': 'mimir' } } }] },
      ]);
    }
    expect(JSON.stringify(egress)).toContain('7946');
  });

  it('keeps samples for a year, or two', () => {
    expect(configOf(render()).limits).toMatchObject({ compactor_blocks_retention_period: '8760h' });
    expect(configOf(render({ retention: Duration.hours(17_520) })).limits).toMatchObject({
      compactor_blocks_retention_period: '17520h',
    });
  });

  it('takes no sample twice of what replicas of a Prometheus send, and keeps exemplars and what is late', () => {
    expect(configOf(render()).limits).toMatchObject({
      accept_ha_samples: true,
      ha_cluster_label: 'prometheus',
      ha_replica_label: '__replica__',
      max_global_series_per_user: 500_000,
      ingestion_rate: 50_000,
      ingestion_burst_size: 500_000,
      max_global_exemplars_per_user: 100_000,
      out_of_order_time_window: '7200s',
    });
  });

  it('gives what comes by OTLP the names and labels that a Prometheus of ours gives it', () => {
    const app = testApp({ origin: { cluster: 'here' } });
    const mimir = new Mimir(app.chart('metrics'), 'mimir', blocksIn(app));
    expect(configOf({ app, mimir, objects: renderApp(app) }).limits).toMatchObject({
      otel_metric_suffixes_enabled: true,
      otel_keep_identifying_resource_attributes: true,
      promote_otel_resource_attributes: expect.stringMatching(/^service\.name,.*,k8s\.pod\.name,cluster$/) as string,
    });
  });

  it('keeps blocks in the bucket, with credentials that are not in its configuration', () => {
    const rendered = render();
    expect(configOf(rendered).blocks_storage.s3).toEqual({
      bucket_name: 'mimir-blocks',
      endpoint: 'objects.storage.svc.cluster.local:7070',
      region: 'us-east-1',
      insecure: true,
      bucket_lookup_type: 'path',
      access_key_id: '${AWS_ACCESS_KEY_ID}',
      secret_access_key: '${AWS_SECRET_ACCESS_KEY}',
    });
    expect(envOf(rendered.objects, 'StatefulSet', 'mimir')).toMatchObject({ GOMEMLIMIT: '4915MiB' });
  });

  it('trusts a store of others by its authority, and has a role instead of a key where there is one', () => {
    const app = testApp();
    const mimir = new Mimir(app.chart('metrics'), 'mimir', {
      blocks: new ExternalObjectStore(app.chart('storage'), 'objects', {
        endpoint: 'https://s3.example.org',
        tls: { ca: 's3-ca' },
        region: 'eu-central-1',
        roles: { mimir: 'arn:aws:iam::1:role/mimir' },
      }).bucket('mimir-blocks'),
    });
    const config = configOf({ app, mimir, objects: renderApp(app) });
    expect(config.blocks_storage.s3).toMatchObject({ http: { tls_ca_path: '/etc/plumbline/tls/s3-ca-ca-crt/ca.crt' } });
    expect(config.blocks_storage.s3).not.toHaveProperty('access_key_id');
    expect(mimirObjections(config)).toEqual([]);
  });

  it('encrypts what members say to clients and to each other where the platform does', () => {
    const rendered = render({}, true);
    const client = {
      tls_enabled: true,
      tls_ca_path: '/etc/plumbline/tls/ca-ca-crt/ca.crt',
      tls_server_name: 'mimir-headless.metrics.svc.cluster.local',
    };
    const served = { cert_file: '/etc/plumbline/tls/server/tls.crt', key_file: '/etc/plumbline/tls/server/tls.key' };
    const config = configOf(rendered);
    expect(config).toMatchObject({
      server: { http_tls_config: served, grpc_tls_config: served },
      ingester_client: { grpc_client_config: client },
      querier: { store_gateway_client: client },
      query_scheduler: { grpc_client_config: client },
      frontend: { grpc_client_config: client },
      frontend_worker: { grpc_client_config: client, query_scheduler_grpc_client_config: client },
      memberlist: { ...client, tls_cert_path: served.cert_file, tls_key_path: served.key_file },
    });
    expect(JSON.stringify(configOf(render()))).not.toContain('tls');
    expect(containerOf(rendered.objects, 'StatefulSet', 'mimir').readinessProbe).toMatchObject({
      httpGet: { path: '/ready', scheme: 'HTTPS' },
    });
    const given = ['ca', 'mimir-tls'].map((name) => givenSecret('metrics', name));
    const ofStore = ['ca', 'objects-tls'].map((name) => givenSecret('storage', name));
    expect(violationsOf(rendered.app, { given: [...given, ...ofStore] })).toEqual([]);
  });

  it('keeps answers and pieces of blocks in caches, in one for all or in one for each', () => {
    const at = (host: string) => ({ backend: 'memcached', memcached: { addresses: `dns+${host}:11211` } });
    expect(configOf(render(everything))).toMatchObject({
      frontend: { cache_results: true, results_cache: at('cache.example.org') },
      blocks_storage: {
        bucket_store: {
          index_cache: at('cache.example.org'),
          chunks_cache: at('chunks.example.org'),
          metadata_cache: at('cache.example.org'),
        },
      },
    });
    const alone = configOf(render({ caches: { results: cacheAt('results.example.org', { ca: 'cache-ca' }) } }));
    expect(alone.frontend).toMatchObject({
      results_cache: { memcached: { tls_enabled: true, tls_ca_path: '/etc/plumbline/tls/cache-ca-ca-crt/ca.crt' } },
    });
    expect(alone.blocks_storage.bucket_store).toMatchObject({ index_cache: { backend: 'inmemory' } });
    expect(configOf(render()).frontend).not.toHaveProperty('cache_results');
  });

  it('has limits of tenants in a file that it reads again, and tells clients of the header', () => {
    const rendered = render(everything);
    const limits = parse(fileOf(rendered.objects, 'history-limits', 'limits.yaml')) as object;
    expect(limits).toEqual({
      overrides: {
        'team-a': { max_global_series_per_user: 1000, compactor_blocks_retention_period: '720h' },
        'team.b': {
          ingestion_rate: 10,
          ingestion_burst_size: 100,
          max_global_exemplars_per_user: 20,
          out_of_order_time_window: '3600s',
        },
      },
    });
    expect(configOf(rendered)).toMatchObject({
      multitenancy_enabled: true,
      runtime_config: { file: '/etc/mimir-limits/limits.yaml' },
    });
    const { query, remoteWrite, otlpHttp } = rendered.mimir;
    for (const { headers } of [query, remoteWrite, otlpHttp]) expect(headers).toEqual({ 'X-Scope-OrgID': 'platform' });
    const template = podTemplateOf(rendered.objects, 'StatefulSet', 'history');
    const other = render({ ...everything, tenants: { 'team-a': { series: 2000 } } });
    expect(podTemplateOf(other.objects, 'StatefulSet', 'history')).toEqual(template);
  });

  it('has no tenants unless somebody says so', () => {
    const rendered = render();
    expect(configOf(rendered)).toMatchObject({ multitenancy_enabled: false });
    expect(rendered.mimir.query).toEqual({ endpoint: rendered.mimir.api, path: '/prometheus' });
    expect(rendered.mimir.remoteWrite.path).toBe('/api/v1/push');
    expect(rendered.mimir.dataSource.settings([])).toMatchObject({ prometheusType: 'Mimir' });
  });

  it('is told of tenants by their own limits', () => {
    const { expr = '' } = render(everything).mimir.alerts.find(({ name }) => name === 'MimirSeriesNearLimit') ?? {};
    expect(expr).toContain('user!~"team-a"}) / 3 > 1600000');
    expect(expr).toContain('user="team-a"}) / 3 > 800');
  });

  it.each<[Partial<MimirProps>, string]>([
    [{ replicas: 2 }, 'replicas is 2, which is not 1, or at least 3'],
    [{ retention: Duration.minutes(90) }, 'retention is "1.5 h", which is not whole hours'],
    [{ limits: { series: 0 } }, 'limits.series is 0, which is not a count of at least 1'],
    [{ tenants: { a: {} } }, 'tenant is undefined'],
    [{ tenant: 'a/b' }, 'tenant is "a/b"'],
    [{ tenant: 'a', tenants: { b: { exemplars: 0.5 } } }, 'tenants.b.exemplars is 0.5'],
    [{ tenant: 'a', tenants: { 'b c': {} } }, 'tenant is "b c"'],
    [{ cache: { ...cacheAt('cache'), kind: 'redis' } }, 'caches.results is "redis", which is not memcached'],
  ])('refuses %j', (props, message) => {
    expect(() => render(props)).toThrow(message);
  });
});

describe('What Mimir would object to', () => {
  it.each<[string, Partial<MimirProps>, boolean]>([
    ['with no props', {}, false],
    ['with every prop', everything, false],
    ['with every prop, encrypted', { ...everything, cache: cacheAt('cache', { ca: 'ca' }) }, true],
    ['with one member', { replicas: 1 }, false],
  ])('is nothing of what is rendered %s', (_, props, tls) => {
    const rendered = render(props, tls);
    expect(mimirObjections(configOf(rendered))).toEqual([]);
    if (props.tenants === undefined) return;
    const limits: unknown = parse(fileOf(rendered.objects, `${rendered.mimir.name}-limits`, 'limits.yaml'));
    expect(mimirOverridesObjections(limits)).toEqual([]);
  });

  it.each<[string, object, string]>([
    ['a field that there is not', { auth_enabled: false }, 'auth_enabled: there is no such field'],
    ['a field that is elsewhere', { distributor: { replication_factor: 3 } }, 'distributor.replication_factor: there'],
    [
      'the name that Tempo has for it',
      { blocks_storage: { s3: { access_key: 'a' } } },
      'blocks_storage.s3.access_key: there is no such field',
    ],
    ['a text for a number', { limits: { ingestion_rate: '10' } }, 'limits.ingestion_rate: "10" is no number'],
    ['a share for a count', { server: { http_listen_port: 0.5 } }, 'server.http_listen_port: 0.5 is no integer'],
    ['a number for a time', { shutdown_delay: 10 }, 'shutdown_delay: 10 is no duration'],
    ['a text for a list', { memberlist: { join_members: 'a:1' } }, 'memberlist.join_members: "a:1" is no strings'],
    ['a text for a switch', { ingest_storage: { enabled: 'no' } }, 'ingest_storage.enabled: "no" is no boolean'],
    ['a text for a section', { ingester: { ring: 'memberlist' } }, 'ingester.ring: is no section'],
    [
      'where an Alertmanager was before Mimir 3',
      { ruler: { alertmanager_url: 'http://alertmanager:9093' } },
      'ruler.alertmanager_url: there is no such field',
    ],
    ['a section that Mimir 3 has not any more', { frontend: { results_cache: { redis: {} } } }, 'results_cache.redis'],
  ])('is %s', (_, config, objection) => {
    expect(mimirObjections(config)).toEqual([expect.stringContaining(objection)]);
  });

  it('is a limit of a tenant that there is not', () => {
    expect(mimirOverridesObjections({ overrides: { a: { ingestion_burst_size: 1, max_series: 1 } } })).toEqual([
      'overrides.a.max_series: there is no such field',
    ]);
    expect(mimirOverridesObjections({ tenants: {} })).toEqual(['tenants: there is no such field']);
  });
});
