import { parse } from 'yaml';
import { Alertmanager } from '../alerting/alertmanager';
import { AnomalyPipeline } from '../anomaly/anomaly-pipeline';
import { OtelTier } from '../collection/otel-tier';
import { workers } from '../contracts';
import { Loki } from '../logs/loki';
import { PodMonitors } from '../metrics/pod-monitors';
import { Prometheus } from '../metrics/prometheus';
import { ObjectStore } from '../storage/object-store';
import { RedpandaBroker } from '../streaming/redpanda-broker';
import { envOf, fileOf, objectOf, renderApp, testApp } from '../testing';
import { TempoMonolith } from '../tracing/tempo-monolith';
import { Endpoint } from './endpoint';
import { originLabels, type OriginProps } from './origin';
import type { PlatformAppProps } from './platform-app';

const origin: OriginProps = { cluster: 'lab-1', cloud: 'on premises', site: 'berlin' };
const relabelings = [
  { target_label: 'cluster', replacement: 'lab-1' },
  { target_label: 'cloud', replacement: 'on premises' },
  { target_label: 'site', replacement: 'berlin' },
];

function render(said: Pick<PlatformAppProps, 'origin'> = { origin }) {
  const app = testApp({ cluster: { nodeRanges: ['10.0.0.0/16'] }, ...said });
  const discovery = { kubelet: {}, apiServer: {}, annotatedPods: {} };
  const metrics = new Prometheus(app.chart('metrics'), 'prometheus', { discovery });
  const storage = new ObjectStore(app.chart('storage'), 'objects');
  const tempo = new TempoMonolith(app.chart('tracing'), 'tempo', { blocks: storage.bucket('tempo-traces'), metrics });
  const broker = new RedpandaBroker(app.chart('streaming'), 'redpanda');
  const pipeline = new AnomalyPipeline(app.chart('anomaly'), 'pipeline', {
    stream: broker,
    anomalies: storage.bucket('anomaly-data'),
    models: storage.bucket('ml-models'),
    traces: tempo,
  });
  const logs = new Loki(app.chart('logs'), 'loki');
  new OtelTier(app.chart('collection'), 'otel', {
    traces: [pipeline.rawTraces, tempo],
    logs: [logs],
    metrics: [metrics],
  });
  const alerting = new Alertmanager(app.chart('alerting'), 'alertmanager', {
    receivers: { team: { slack: { channel: '#team' } } },
    otherwise: 'team',
  });
  app.collect({ metrics, logs, alerting });
  return { app, metrics, broker };
}

interface Collector {
  readonly processors: Readonly<Record<string, object>>;
  readonly service: { readonly pipelines: Readonly<Record<string, { readonly processors: readonly string[] }>> };
}
interface Scraping {
  readonly global: { readonly external_labels?: object };
  readonly otlp: { readonly promote_resource_attributes: readonly string[] };
  readonly scrape_configs: readonly { readonly job_name: string; readonly relabel_configs?: readonly object[] }[];
}

describe('Where an environment is', () => {
  const { app, metrics, broker } = render();
  const objects = renderApp(app);
  const prometheus = parse(fileOf(objects, 'prometheus-config', 'prometheus.yml')) as Scraping;

  it('is a label of every target, discovered ones too, and of alerts', () => {
    expect(prometheus.scrape_configs.length).toBeGreaterThan(10);
    for (const { relabel_configs: found = [] } of prometheus.scrape_configs)
      expect(found.slice(0, 3)).toEqual(relabelings);
    expect(prometheus.global.external_labels).toEqual(origin);
  });

  it('is not that of what a probe looks at', () => {
    const endpoint = Endpoint.external('probe.example.org', 9115);
    const { app: probing, metrics: store } = render();
    store.scrape({ scrapeTargets: [{ job: 'probe', endpoint, labels: { site: 'paris' } }] });
    const { scrape_configs: jobs } = parse(
      fileOf(renderApp(probing), 'prometheus-config', 'prometheus.yml'),
    ) as Scraping;
    // The last one holds.
    expect(jobs.find(({ job_name }) => job_name === 'probe')?.relabel_configs).toEqual([
      ...relabelings,
      { target_label: 'site', replacement: 'paris' },
    ]);
  });

  it('is on every span, line and sample that collectors take, unless it says another', () => {
    const { processors, service } = parse(fileOf(objects, 'otel-aggregator-config', 'config.yaml')) as Collector;
    expect(processors['resource/origin']).toEqual({
      attributes: Object.entries(originLabels(origin)).map(([key, value]) => ({ key, value, action: 'insert' })),
    });
    for (const signal of ['traces', 'logs', 'metrics'])
      expect(service.pipelines[signal]?.processors).toContain('resource/origin');
  });

  it('tells series and streams apart that come by OTLP', () => {
    expect(prometheus.otlp.promote_resource_attributes.slice(-3)).toEqual(Object.keys(origin));
    const loki = fileOf(objects, 'loki-config', 'loki.yaml');
    expect(loki).toMatch(/attributes:\n(\s+- [\w.]+\n)*\s+- cluster\n\s+- cloud\n\s+- site\n/);
    expect(parse(loki)).toMatchObject({ ruler: { external_labels: origin } });
  });

  it('is a label of series that Tempo makes of spans', () => {
    expect(parse(fileOf(objects, 'tempo-config', 'tempo.yaml'))).toMatchObject({
      metrics_generator: { registry: { external_labels: { source: 'tempo', ...origin } } },
    });
  });

  it('is on the spans that workers make of themselves, which no collector takes', () => {
    for (const worker of workers)
      expect(envOf(objects, 'Deployment', worker)).toMatchObject({
        OTEL_RESOURCE_ATTRIBUTES: 'cluster=lab-1,cloud=on%20premises,site=berlin',
      });
  });

  it('is told to the Prometheus of an operator', () => {
    const { app: other } = render();
    const monitors = new PodMonitors(other.chart('metrics'), 'monitors', { from: [] });
    monitors.scrape({ scrapeTargets: [{ job: 'redpanda', endpoint: broker.admin }] });
    const { relabelings: told } = (
      objectOf(renderApp(other), 'PodMonitor', 'redpanda').spec.podMetricsEndpoints as [
        { relabelings: readonly object[] },
      ]
    )[0];
    expect(told).toContainEqual({ action: 'replace', targetLabel: 'cluster', replacement: 'lab-1' });
    expect(metrics.name).toBe('prometheus');
  });

  it('is nowhere if nobody says it', () => {
    const marks = ['resource/origin', 'OTEL_RESOURCE_ATTRIBUTES', 'external_labels:\\n    cluster'];
    const markedIn = (rendered: readonly object[]) => marks.filter((mark) => JSON.stringify(rendered).includes(mark));
    expect(markedIn(objects)).toEqual(marks);
    expect(markedIn(renderApp(render({}).app))).toEqual([]);
  });

  it.each([
    ['a variable of whoever reads it', { cluster: 'lab', cloud: '$HOME' }, 'origin.cloud is "$HOME"'],
    ['a line break', { cluster: 'lab\n1' }, 'origin.cluster'],
    ['nothing', { cluster: '' }, 'origin.cluster is ""'],
  ] as const)('cannot be %s', (_, props, says) => {
    expect(() => originLabels(props)).toThrow(says);
  });
});
