import { parse } from 'yaml';
import { defined } from '../core/defined';
import { Deployment } from '../core/deployment';
import { Endpoint } from '../core/endpoint';
import { NetworkPeer } from '../core/network-peer';
import { images } from '../images';
import { checkAll, describeViolation, readDefinitions } from '../invariants';
import { metricsStore } from '../stores';
import { fileOf, objectOf, renderApp, testApp, violationsOf } from '../testing';
import { ObjectStore } from '../storage/object-store';
import { TempoMonolith } from '../tracing/tempo-monolith';
import { Grafana } from '../visualization/grafana';
import type { ExternalMetricsStoreProps } from './external-metrics-store';

function render(external: Omit<ExternalMetricsStoreProps, 'endpoint'>) {
  const app = testApp();
  const endpoint = Endpoint.external('mimir.example.org', 8080, { scheme: 'http' });
  const metrics = metricsStore(app.chart('metrics'), 'mimir', { external: { endpoint, ...external } });
  const blocks = new ObjectStore(app.chart('storage'), 'objects').bucket('blocks');
  const tempo = new TempoMonolith(app.chart('tracing'), 'tempo', { blocks, metrics });
  const grafana = new Grafana(app.chart('visualization'), 'grafana', { sources: [tempo, metrics] });
  app.collect({ metrics, dashboards: grafana });
  return { app, objects: renderApp(app) };
}

describe('A metrics store of somebody else', () => {
  it.each<[string, Omit<ExternalMetricsStoreProps, 'endpoint'>, string, string]>([
    ['as Mimir has them', { queryPath: '/prometheus', writePath: '/api/v1/push' }, '/prometheus', '/api/v1/push'],
    ['as Prometheus has them', {}, '', '/api/v1/write'],
  ])('is asked and written to at paths of its own, %s', (_, paths, query, write) => {
    const { app, objects } = render(paths);
    expect(violationsOf(app)).toEqual([]);
    const { datasources } = parse(fileOf(objects, 'grafana-datasources', 'datasources.yaml')) as {
      readonly datasources: readonly { readonly url: string }[];
    };
    expect(datasources[1]?.url).toBe(`http://mimir.example.org:8080${query}`);
    expect(parse(fileOf(objects, 'tempo-config', 'tempo.yaml'))).toMatchObject({
      metrics_generator: { storage: { remote_write: [{ url: `http://mimir.example.org:8080${write}` }] } },
    });
    for (const [namespace, name] of [
      ['visualization', 'grafana'],
      ['tracing', 'tempo'],
    ] as const) {
      const policy = objectOf(objects, 'NetworkPolicy', name);
      expect(policy.metadata.namespace).toBe(namespace);
      expect(JSON.stringify(policy.spec.egress)).toContain('8080');
    }
  });

  it('is read and evaluated by its operator, where that is said', () => {
    const from = [NetworkPeer.pods('monitoring', { 'app.kubernetes.io/name': 'prometheus' })];
    const { objects } = render({ operator: { from, labels: { release: 'stack' } } });
    const told = objects.filter(({ kind }) => ['PodMonitor', 'PrometheusRule'].includes(kind));
    expect(told.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort()).toEqual([
      'PodMonitor grafana',
      'PodMonitor tempo',
      'PrometheusRule grafana',
      'PrometheusRule objects',
      'PrometheusRule tempo',
    ]);
    expect(told.every(({ metadata }) => metadata.labels?.release === 'stack')).toBe(true);
    expect(checkAll(objects, readDefinitions('imports/crds')).map(describeViolation)).toEqual([]);
  });

  it('is told of no targets and no rules else: whoever runs it says what it reads', () => {
    const kinds = render({}).objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(kinds.filter((each) => /Rule|PodMonitor|-rules/.test(each))).toEqual([]);
  });
});

describe('A collector', () => {
  it('writes to somebody else’s store by OTLP, below a path of its own', () => {
    const app = testApp();
    const external = (id: string, otlpPath?: string) =>
      metricsStore(app.chart('metrics'), id, {
        external: {
          endpoint: Endpoint.external('mimir.example.org', 443, { scheme: 'https' }),
          ...defined({ otlpPath }),
        },
      });
    const collector = new Deployment(app.chart('collection'), 'collector', {
      name: 'collector',
      instance: 'collector',
      runAs: { user: 10001 },
      container: { image: images.collector, resources: { cpu: '10m', memory: '64Mi' } },
    });
    expect(external('prometheus').exportMetrics(collector)).toMatchObject({
      name: 'prometheus',
      connection: { url: 'https://mimir.example.org:443/api/v1/otlp' },
    });
    expect(external('mimir', '/otlp').exportMetrics(collector).connection.url).toBe(
      'https://mimir.example.org:443/otlp',
    );
    expect(JSON.stringify(objectOf(renderApp(app), 'NetworkPolicy', 'collector').spec.egress)).toContain('443');
  });
});
