import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiObject, type Chart } from 'cdk8s';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../invariants';
import { images } from '../images';
import { OtelTier } from '../collection/otel-tier';
import { Prometheus } from '../metrics/prometheus';
import { RedpandaBroker } from '../streaming/redpanda-broker';
import { TempoMonolith } from '../tracing/tempo-monolith';
import { fileOf, objectOf, renderApp, testApp, testConcerns } from '../testing';
import { Deployment } from './deployment';
import { Endpoint } from './endpoint';
import { PlatformApp } from './platform-app';

function inFolder(work: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'platform-app-'));
  try {
    work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('A platform app', () => {
  it('renders one file a chart, namespaces first', () => {
    const app = testApp();
    app.chart('tracing');
    app.chart('anomaly');
    expect(app.charts.map((chart: Chart) => chart.node.id).sort()).toEqual(['00-namespaces', 'anomaly', 'tracing']);
    expect(app.outdir).toBe('never-written/test');
  });

  it('writes one more file with every chart, but for those that are left out', () => {
    inFolder((outdir) => {
      const app = new PlatformApp({
        name: 'test',
        defaultNamespace: 'one',
        singleFile: { without: ['examples'] },
        outdir,
      });
      for (const [concern, name] of [
        ['tracing', 'tempo'],
        ['examples', 'shop'],
      ] as const)
        new ApiObject(app.chart(concern), name, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
      app.synth();
      const text = readFileSync(join(app.outdir, 'all-in-one.yaml'), 'utf8');
      const documents = parseAllDocuments(text).map((each) => each.toJS() as KubeObject);
      expect(documents[0]).toMatchObject({ kind: 'Namespace', metadata: { name: 'one' } });
      expect(documents.map(({ metadata }) => metadata.name)).toContain('tempo');
      expect(text).not.toContain('shop');
    });
  });

  it('leaves no chart out that there is not', () => {
    inFolder((outdir) => {
      const app = new PlatformApp({
        name: 'test',
        defaultNamespace: 'one',
        singleFile: { without: ['exmples'] },
        outdir,
      });
      app.chart('examples');
      expect(() => app.synth()).toThrow('concern exmples');
    });
  });

  it('gives the same chart whenever it is asked for a concern', () => {
    const app = testApp();
    expect(app.chart('tracing')).toBe(app.chart('tracing'));
    expect(app.chart('tracing').namespace).toBe('tracing');
  });

  it('denies every connection in every namespace, and every pod that is not restricted', () => {
    const app = testApp();
    const objects = renderApp(app);
    const namespaces = objects.filter(({ kind }) => kind === 'Namespace');
    expect(namespaces).toHaveLength(testConcerns.length);
    for (const { metadata } of namespaces) {
      expect(metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
      const denied = objects.find(
        (object) => object.kind === 'NetworkPolicy' && object.metadata.namespace === metadata.name,
      );
      expect(denied?.spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    }
  });

  it('may put every concern in one namespace', () => {
    const app = new PlatformApp({
      name: 'small',
      outdir: 'never-written',
      namespaces: {
        anomaly: 'obs',
        collection: 'obs',
        credentials: 'obs',
        metrics: 'obs',
        storage: 'obs',
        streaming: 'obs',
        tracing: 'obs',
        visualization: 'obs',
      },
    });
    expect(renderApp(app).filter(({ kind }) => kind === 'Namespace')).toHaveLength(1);
  });

  it('has concerns of any name, in a namespace that is theirs or everybody’s', () => {
    const app = new PlatformApp({ name: 'test', namespaces: { agents: 'agents' }, defaultNamespace: 'observability' });
    expect([app.chart('agents'), app.chart('profiles')].map(({ namespace }) => namespace)).toEqual([
      'agents',
      'observability',
    ]);
    const namespaces = renderApp(app).filter(({ kind }) => kind === 'Namespace');
    expect(namespaces.map(({ metadata }) => metadata.name)).toEqual(['agents', 'observability']);
    expect(() => app.chart('A B')).toThrow('concern is "A B", which is not a lower-case DNS label');
  });

  it('puts its labels on every object', () => {
    const app = testApp({ labels: { site: 'berlin' } });
    new Deployment(app.chart('tracing'), 'web', {
      name: 'web',
      instance: 'web',
      runAs: { user: 1 },
      container: { image: images.tempo, resources: { cpu: '1', memory: '1Gi' } },
    });
    for (const { metadata } of renderApp(app)) {
      expect(metadata.labels).toMatchObject({ site: 'berlin', 'app.kubernetes.io/part-of': 'plumbline' });
    }
    expect(objectOf(renderApp(app), 'Deployment', 'web').metadata.name).toBe('web');
  });

  it('has the metrics of every component read, whoever adds one', () => {
    const app = testApp();
    const metrics = new Prometheus(app.chart('metrics'), 'prometheus');
    new RedpandaBroker(app.chart('streaming'), 'redpanda');
    new OtelTier(app.chart('collection'), 'otel', {
      traces: [
        TempoMonolith.fromExternal(app.chart('tracing'), 'tempo', {
          otlpGrpc: Endpoint.external('tempo.example.org', 4317),
          query: Endpoint.external('tempo.example.org', 443, { scheme: 'https' }),
        }),
      ],
    });
    app.collect({ metrics });
    const config = fileOf(renderApp(app), 'prometheus-config', 'prometheus.yml');
    expect(Array.from(config.matchAll(/job_name: (\S+)/g), ([, job]) => job)).toEqual([
      'prometheus',
      'otel-aggregator',
      'otel-ingestor',
      'redpanda',
    ]);
  });

  it('refuses names and ranges that cannot be', () => {
    expect(() => testApp({ name: 'The Thesis' })).toThrow('PlatformApp.name is "The Thesis"');
    expect(() => testApp({ cluster: { nodeRanges: ['10.0.0.1'] } })).toThrow(
      '"10.0.0.1", which is not an address range',
    );
    const app = testApp({ namespaces: {} });
    expect(() => app.chart('tracing')).toThrow('namespaces.tracing is undefined, which is not a namespace');
  });
});
