import {
  Airflow,
  AnomalyPipeline,
  Grafana,
  Mlflow,
  ObjectStore,
  OtelTier,
  PlatformApp,
  Postgres,
  Prometheus,
  RedpandaBroker,
  TempoMonolith,
  useRegistry,
  useTrigger,
} from '../../constructs';

/** The pipeline, and beside it what trains models of traces every week: MLflow keeps them, Airflow runs the steps. */
export function learningPlatform(outdir?: string): PlatformApp {
  const app = new PlatformApp({
    name: 'learning',
    defaultNamespace: 'observability',
    // Who may make pods in a namespace may read every Secret there, so what trains has one of its own.
    namespaces: { learning: 'learning' },
    ...(outdir !== undefined && { outdir }),
  });

  const metrics = new Prometheus(app.chart('metrics'), 'prometheus');
  const storage = new ObjectStore(app.chart('storage'), 'objects');
  const [anomalies, models] = [storage.bucket('anomaly-data'), storage.bucket('ml-models', { versioning: true })];
  const tempo = new TempoMonolith(app.chart('tracing'), 'tempo', { blocks: storage.bucket('tempo-traces'), metrics });
  const pipeline = new AnomalyPipeline(app.chart('anomaly'), 'pipeline', {
    stream: new RedpandaBroker(app.chart('streaming'), 'redpanda'),
    anomalies,
    models,
  });
  const otel = new OtelTier(app.chart('collection'), 'otel', {
    traces: [pipeline.rawTraces, tempo],
    metrics: [metrics],
  });
  const database = new Postgres(app.chart('databases'), 'postgres');
  const grafana = new Grafana(app.chart('visualization'), 'grafana', { sources: [tempo, metrics], database });

  const registry = new Mlflow(app.chart('models'), 'mlflow', { database, artifacts: storage.bucket('mlflow') });
  const airflow = new Airflow(app.chart('learning'), 'airflow', {
    database,
    training: { anomalies, models, traces: tempo, registry, pipeline },
    metrics: otel.otlpHttp,
  });

  // Workers serve what is registered there, and drift asks for a training.
  useRegistry(pipeline.detection, registry.grantUse(pipeline.detection));
  useTrigger(pipeline.learner, airflow.grantTrigger(pipeline.learner));

  app.collect({ metrics, dashboards: grafana });
  return app;
}

if (require.main === module) learningPlatform().synth();
