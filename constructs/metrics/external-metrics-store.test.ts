import { parse } from 'yaml';
import { Endpoint } from '../core/endpoint';
import { NetworkPeer } from '../core/network-peer';
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
