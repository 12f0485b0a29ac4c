import { Duration, Size } from 'cdk8s';
import { parse } from 'yaml';
import { OtelTier } from '../collection/otel-tier';
import { Endpoint } from '../core/endpoint';
import { NodePort } from '../core/exposure';
import type { PlatformApp } from '../core/platform-app';
import type { KubeObject } from '../invariants';
import { Prometheus } from '../metrics/prometheus';
import { ObjectStore } from '../storage/object-store';
import {
  asYaml,
  containerOf,
  envOf,
  fileOf,
  objectOf,
  renderApp,
  testApp,
  violationsOf,
  type OwnProps,
} from '../testing';
import { TempoMonolith, type TempoMonolithProps } from './tempo-monolith';

function everything(app: PlatformApp): OwnProps<Omit<TempoMonolithProps, 'blocks'>> {
  return {
    name: 'traces',
    replicas: 1,
    cache: { kind: 'memcached', servers: Endpoint.external('cache.example.org', 11211) },
    retention: Duration.hours(24),
    metrics: new Prometheus(app.chart('metrics'), 'prometheus'),
    ingestBytesPerSecond: 1_000_000,
    liveTraces: 2_000,
    exposure: new NodePort(30320),
    volume: { size: Size.gibibytes(2), storageClass: 'fast' },
    resources: { cpu: '100m', cpuLimit: '500m', memory: '256Mi', memoryLimit: '1Gi' },
    image: 'example.org/tempo:2.10.8',
  };
}

function render(propsOf: (app: PlatformApp) => Omit<TempoMonolithProps, 'blocks'> = () => ({})) {
  const app = testApp();
  const blocks = new ObjectStore(app.chart('storage'), 'objects').bucket('tempo-traces');
  const tempo = new TempoMonolith(app.chart('tracing'), 'tempo', { ...propsOf(app), blocks });
  return { app, tempo, blocks, objects: renderApp(app) };
}

interface TempoConfig {
  readonly compactor: { readonly compaction: object };
  readonly storage: { readonly trace: { readonly s3: object } };
  readonly metrics_generator?: { readonly storage: object };
  readonly overrides: { readonly defaults: object };
}

describe('A Tempo monolith', () => {
  it('needs a bucket', () => {
    const { app, objects } = render();
    // Nobody sends to it or asks it here, so nothing may.
    expect(violationsOf(app)).toEqual([]);
    expect(asYaml(objects.filter(({ metadata }) => metadata.namespace === 'tracing'))).toMatchSnapshot();
  });

  it('takes every prop', () => {
    const { app, objects } = render(everything);
    expect(violationsOf(app)).toEqual([]);
    expect(containerOf(objects, 'StatefulSet', 'traces').image).toBe('example.org/tempo:2.10.8');
    expect(asYaml(objects.filter(({ metadata }) => metadata.namespace === 'tracing'))).toMatchSnapshot();
  });

  it('keeps its blocks in the bucket, with credentials that are not in its configuration', () => {
    const { objects, blocks } = render();
    const config = parse(fileOf(objects, 'tempo-config', 'tempo.yaml')) as TempoConfig;
    expect(config.storage.trace.s3).toEqual({
      bucket: 'tempo-traces',
      endpoint: 'objects.storage.svc.cluster.local:7070',
      region: 'us-east-1',
      insecure: true,
      forcepathstyle: true,
      access_key: '${AWS_ACCESS_KEY_ID}',
      secret_key: '${AWS_SECRET_ACCESS_KEY}',
    });
    expect(config.compactor.compaction).toEqual({ block_retention: '720h' });
    expect(blocks.grants.map(({ workload, actions }) => [workload.name, actions])).toEqual([
      ['tempo', ['read', 'list', 'write', 'delete']],
    ]);
  });

  it('makes span metrics only where there is somebody to write them to', () => {
    const without = parse(fileOf(render().objects, 'tempo-config', 'tempo.yaml')) as TempoConfig;
    expect(without).not.toHaveProperty('metrics_generator');
    expect(without.overrides.defaults).not.toHaveProperty('metrics_generator');
    const written = parse(fileOf(render(everything).objects, 'traces-config', 'tempo.yaml')) as TempoConfig;
    expect(written.metrics_generator?.storage).toMatchObject({
      remote_write: [{ url: 'http://prometheus.metrics.svc.cluster.local:9090/api/v1/write', send_exemplars: true }],
    });
    expect(written.overrides.defaults).toMatchObject({
      metrics_generator: { processors: ['service-graphs', 'span-metrics'] },
    });
  });

  it('has room for the traces of twenty seconds at 2,500 new ones a second, or as many as it is told', () => {
    const limitOf = (objects: readonly KubeObject[], name: string) =>
      (parse(fileOf(objects, `${name}-config`, 'tempo.yaml')) as TempoConfig).overrides.defaults;
    expect(limitOf(render().objects, 'tempo')).toMatchObject({ ingestion: { max_traces_per_user: 50_000 } });
    expect(limitOf(render(everything).objects, 'traces')).toMatchObject({ ingestion: { max_traces_per_user: 2_000 } });
  });

  it('keeps Go’s heap below four fifths of its memory', () => {
    expect(envOf(render(everything).objects, 'StatefulSet', 'traces')).toMatchObject({ GOMEMLIMIT: '819MiB' });
  });

  it('listens for queries on 3200 and for traces on 4317 and 4318', () => {
    const { spec } = objectOf(render().objects, 'Service', 'tempo');
    expect(spec.ports.map(({ port }) => port)).toEqual([3200, 4317, 4318]);
  });

  it('refuses to forget within the hour', () => {
    expect(() => render(() => ({ retention: Duration.minutes(30) }))).toThrow('retention is "0.5 h"');
  });

  it('may be somebody else’s', () => {
    const app = testApp();
    const store = TempoMonolith.fromExternal(app.chart('tracing'), 'cloud', {
      otlpGrpc: Endpoint.external('tempo.example.org', 4317),
      query: Endpoint.external('tempo.example.org', 443, { scheme: 'https' }),
    });
    new OtelTier(app.chart('collection'), 'otel', { traces: [store] });
    expect(store.query.address).toBe('https://tempo.example.org:443');
    expect(fileOf(renderApp(app), 'otel-aggregator-config', 'config.yaml')).toContain(
      'endpoint: tempo.example.org:4317',
    );
    expect(violationsOf(app)).toEqual([]);
  });
});
