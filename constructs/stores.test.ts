import { AnomalyPipeline } from './anomaly/anomaly-pipeline';
import { OtelTier } from './collection/otel-tier';
import { optional } from './core/choice';
import { Endpoint } from './core/endpoint';
import type { KubeObject } from './invariants';
import type { PlatformApp } from './core/platform-app';
import {
  eventStream,
  logStore,
  metricsStore,
  objectStore,
  traceStore,
  type EventStreamChoice,
  type LogStoreChoice,
  type MetricsStoreChoice,
  type ObjectStoreChoice,
  type TraceStoreChoice,
} from './stores';
import { fileOf, givenSecret, renderApp, testApp, violationsOf } from './testing';
import { Grafana } from './visualization/grafana';

interface Choices {
  readonly storage?: ObjectStoreChoice;
  readonly broker?: EventStreamChoice;
  readonly metrics?: MetricsStoreChoice;
  readonly logs?: LogStoreChoice;
  readonly traces?: TraceStoreChoice;
  readonly grafana?: object;
}

/** One text for all: what differs is in the choices. */
function platform({ storage = {}, broker = {}, metrics = {}, logs = {}, traces = {}, grafana }: Choices): PlatformApp {
  const app = testApp();
  const samples = metricsStore(app.chart('metrics'), 'prometheus', metrics);
  const objects = objectStore(app.chart('storage'), 'objects', storage);
  const tempo = traceStore(app.chart('tracing'), 'tempo', traces, () => ({
    blocks: objects.bucket('tempo-traces'),
    metrics: samples,
  }));
  const pipeline = new AnomalyPipeline(app.chart('anomaly'), 'pipeline', {
    stream: eventStream(app.chart('streaming'), 'redpanda', broker, () => ({
      tieredStorage: { bucket: objects.bucket('topics') },
    })),
    anomalies: objects.bucket('anomaly-data'),
    models: objects.bucket('ml-models'),
  });
  const lines = logStore(app.chart('logs'), 'loki', logs, () => ({ chunks: objects.bucket('loki-chunks') }));
  new OtelTier(app.chart('collection'), 'otel', {
    traces: [pipeline.rawTraces, tempo],
    logs: [lines],
    metrics: [samples],
  });
  optional(
    grafana,
    (props) => new Grafana(app.chart('visualization'), 'grafana', { ...props, sources: [tempo, samples, lines] }),
  );
  app.collect({ metrics: samples });
  return app;
}

const external: Required<Omit<Choices, 'grafana'>> = {
  storage: {
    external: {
      region: 'eu-central-1',
      roles: {
        tempo: 'arn:aws:iam::1:role/tempo',
        loki: 'arn:aws:iam::1:role/loki',
        redpanda: 'arn:aws:iam::1:role/redpanda',
      },
    },
  },
  broker: { external: { brokers: ['kafka.example.org:9092'] } },
  metrics: { external: { endpoint: Endpoint.external('mimir.example.org', 80, { scheme: 'http' }) } },
  logs: { external: { endpoint: Endpoint.external('loki.example.org', 80, { scheme: 'http' }) } },
  traces: {
    external: {
      otlpGrpc: Endpoint.external('tempo.example.org', 4317),
      query: Endpoint.external('tempo.example.org', 443, { scheme: 'https' }),
    },
  },
};

const kindsOf = (app: PlatformApp) =>
  renderApp(app)
    .filter(({ kind }) => ['Deployment', 'StatefulSet'].includes(kind))
    .map(({ metadata }) => metadata.name)
    .sort();
const workers = ['anomaly-detection', 'console', 'notification', 'preprocessing', 'root-cause', 'training'];
const collectors = ['otel-aggregator', 'otel-ingestor'];
// Those of an S3 service that is not ours are made by somebody else; Tempo, Loki and Redpanda have roles there.
const given = ['anomaly-detection', 'root-cause', 'training'].map((name) =>
  givenSecret('anomaly', `${name}-objects-s3`),
);
const brokenBy = (app: PlatformApp) => violationsOf(app, { given });

describe('A platform', () => {
  it('has stores of its own', () => {
    const app = platform({ grafana: {} });
    expect(kindsOf(app)).toEqual(
      [...workers, ...collectors, 'grafana', 'loki', 'objects', 'prometheus', 'redpanda', 'tempo'].sort(),
    );
    expect(brokenBy(app)).toEqual([]);
  });

  it('has topics in a bucket where the broker is its own, and no bucket for nobody', () => {
    const job = (objects: readonly KubeObject[], of: string): unknown =>
      JSON.parse(fileOf(objects, `${of}-job`, 'job.json'));
    const bucket = expect.objectContaining({ name: 'topics' }) as unknown;
    const own = renderApp(platform({}));
    expect(job(own, 'objects-buckets')).toMatchObject({ buckets: expect.arrayContaining([bucket]) as unknown });
    expect(job(own, 'redpanda-topics')).toMatchObject({
      redpanda: { properties: { cloud_storage_enabled: true, cloud_storage_bucket: 'topics' } },
    });
    const others = renderApp(platform({ broker: external.broker }));
    expect(job(others, 'objects-buckets')).not.toMatchObject({ buckets: expect.arrayContaining([bucket]) as unknown });
  });

  it('or those of somebody else, and nothing of its own in their place', () => {
    const app = platform(external);
    expect(kindsOf(app)).toEqual([...workers, ...collectors].sort());
    expect(brokenBy(app)).toEqual([]);
  });

  it.each(Object.entries(external))('with %s of somebody else', (part, choice) => {
    const app = platform({ grafana: {}, [part]: choice });
    expect(kindsOf(app)).toHaveLength(13);
    expect(brokenBy(app)).toEqual([]);
  });
});
