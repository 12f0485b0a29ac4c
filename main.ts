import {
  AnomalyPipeline,
  Grafana,
  ObjectStore,
  OtelTier,
  PlatformApp,
  Prometheus,
  RedpandaBroker,
  TempoMonolith,
} from './constructs';
import { environments, type Environment } from './environments';

/** The whole platform of one environment: what there is, and what is connected to what. */
export function platform(environment: Environment): PlatformApp {
  const app = new PlatformApp(environment); // dist/<name>, one file a chart, explicit names, shared labels

  const metrics = new Prometheus(app.chart('metrics'), 'prometheus', environment.prometheus);
  const storage = new ObjectStore(app.chart('storage'), 'objects', environment.storage);
  const broker = new RedpandaBroker(app.chart('streaming'), 'redpanda', environment.broker);
  const tempo = new TempoMonolith(app.chart('tracing'), 'tempo', {
    ...environment.tempo,
    blocks: storage.bucket('tempo-traces'),
    metrics,
  });
  const pipeline = new AnomalyPipeline(app.chart('anomaly'), 'pipeline', {
    ...environment.pipeline,
    stream: broker,
    anomalies: storage.bucket('anomaly-data'),
    models: storage.bucket('ml-models', { versioning: true }),
  });
  new OtelTier(app.chart('collection'), 'otel', {
    ...environment.otel,
    traces: [pipeline.rawTraces, tempo],
  });
  new Grafana(app.chart('visualization'), 'grafana', {
    ...environment.grafana,
    traceStore: tempo,
    metrics,
  });
  app.collect({ metrics });

  return app;
}

if (require.main === module) for (const environment of environments) platform(environment).synth();
