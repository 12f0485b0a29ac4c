import {
  alertingSink,
  AnomalyPipeline,
  defined,
  eventStream,
  Grafana,
  logStore,
  metricsStore,
  objectStore,
  optional,
  OtelTier,
  PlatformApp,
  traceStore,
} from './constructs';
import { environments, type Environment } from './environments';

/** The whole platform of one environment: what there is, and what is connected to what. */
export function platform(environment: Environment): PlatformApp {
  const app = new PlatformApp(environment); // dist/<name>, one file a chart, explicit names, shared labels

  const metrics = metricsStore(app.chart('metrics'), 'prometheus', environment.prometheus);
  const storage = objectStore(app.chart('storage'), 'objects', environment.storage);
  const broker = eventStream(app.chart('streaming'), 'redpanda', environment.broker);
  const tempo = traceStore(app.chart('tracing'), 'tempo', environment.tempo, () => ({
    blocks: storage.bucket('tempo-traces'),
    metrics,
  }));
  const pipeline = new AnomalyPipeline(app.chart('anomaly'), 'pipeline', {
    ...environment.pipeline,
    stream: broker,
    anomalies: storage.bucket('anomaly-data', defined({ expireAfter: environment.anomalyRetention })),
    models: storage.bucket('ml-models', { versioning: true }),
  });
  const logs = optional(environment.logs, (choice) =>
    logStore(app.chart('logs'), 'loki', choice, () => ({ chunks: storage.bucket('loki-chunks') })),
  );
  new OtelTier(app.chart('collection'), 'otel', {
    ...environment.otel,
    traces: [pipeline.rawTraces, tempo],
    logs: [logs].filter((store) => store !== undefined),
    metrics: [metrics],
  });
  const alerting = optional(environment.alerting, (choice) =>
    alertingSink(app.chart('alerting'), 'alertmanager', choice),
  );
  const grafana = optional(
    environment.grafana,
    (props) =>
      new Grafana(app.chart('visualization'), 'grafana', {
        ...props,
        sources: [tempo, metrics, logs, alerting].filter((source) => source !== undefined),
      }),
  );
  app.collect({ metrics, alerting, dashboards: grafana });

  return app;
}

if (require.main === module) for (const environment of environments) platform(environment).synth();
