import { App, Chart } from 'cdk8s';
import {
  AnomalyPipeline,
  componentsIn,
  Grafana,
  Namespace,
  ObjectStore,
  OtelTier,
  Prometheus,
  RedpandaBroker,
  TempoMonolith,
} from '.';
import { checkAll, describeViolation } from './invariants';
import { objectOf, renderChart } from './testing';

/** The platform in one chart of an app that knows nothing of it. */
function embed(chart: Chart): void {
  const storage = new ObjectStore(chart, 'objects');
  const metrics = new Prometheus(chart, 'prometheus');
  const tempo = new TempoMonolith(chart, 'tempo', { blocks: storage.bucket('tempo-traces'), metrics });
  const pipeline = new AnomalyPipeline(chart, 'pipeline', {
    stream: new RedpandaBroker(chart, 'redpanda'),
    anomalies: storage.bucket('anomaly-data'),
    models: storage.bucket('ml-models'),
  });
  const otel = new OtelTier(chart, 'otel', { traces: [pipeline.rawTraces, tempo] });
  const grafana = new Grafana(chart, 'grafana', { sources: [tempo, metrics] });
  metrics.scrape(tempo, pipeline, otel, grafana);
  metrics.evaluate(tempo, pipeline, otel, grafana, storage);
  grafana.show(tempo, pipeline, otel);
}

describe('Components in a chart of another team', () => {
  const objects = renderChart(embed);

  it('work together as in an environment of ours, in a namespace that the team makes', () => {
    const namespace = renderChart((chart) => {
      new Namespace(new Chart(App.of(chart), 'namespaces'), 'test', { name: 'test' });
    });
    expect(checkAll([...namespace, ...objects]).map(describeViolation)).toEqual([]);
  });

  it('are all in its namespace, with names that follow from their ids', () => {
    expect(new Set(objects.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['test']));
    expect(objectOf(objects, 'StatefulSet', 'tempo').metadata.name).toBe('tempo');
  });

  it('share one bootstrap job', () => {
    const jobs = objects.filter(({ kind, metadata }) => kind === 'Job' && metadata.name.startsWith('credentials-'));
    expect(jobs).toHaveLength(1);
  });

  it('say what runs in them, under which licence', () => {
    renderChart((chart) => {
      embed(chart);
      const components = componentsIn(chart);
      expect(components).toHaveLength(7);
      for (const { software } of components) expect(software[0]?.licence).toBeDefined();
    });
  });
});
