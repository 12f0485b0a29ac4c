import {
  Airflow,
  alertingSink,
  AnomalyPipeline,
  Backup,
  ArgoCd,
  BlackboxExporter,
  CertificateRestarts,
  dashboardHost,
  databaseServer,
  defined,
  DemoShop,
  eventStream,
  ExternalTargets,
  FastApiTarget,
  JenkinsTarget,
  KubeStateMetrics,
  LogAgent,
  logStore,
  Memcached,
  metricsStore,
  Mimir,
  Mlflow,
  MongodbExporter,
  needed,
  NodeExporter,
  objectStore,
  optional,
  OtelTier,
  PathMonitor,
  PlatformApp,
  platformProbes,
  PostgresExporter,
  present,
  RedisExporter,
  ServiceLevels,
  Smokeping,
  traceStore,
  useRegistry,
  useTrigger,
  VectorTier,
} from './constructs';
import { environments, repository, type Environment } from './environments';
import { inTwoThreads } from './environments/in-threads';

/** The whole platform of one environment: what there is, and what is connected to what. */
export function platform(environment: Environment): PlatformApp {
  const app = new PlatformApp(environment); // dist/<name>, one file a chart, explicit names, shared labels

  const storage = objectStore(app.chart('storage'), 'objects', environment.storage);
  const cache = optional(environment.cache, (props) => new Memcached(app.chart('caches'), 'memcached', props));
  const mimir = optional(environment.mimir, (props) => {
    const blocks = storage.bucket('mimir-blocks');
    return new Mimir(app.chart('metrics'), 'mimir', { ...props, blocks, ...defined({ cache }) });
  });
  const metrics = optional(environment.prometheus, (choice) =>
    metricsStore(app.chart('metrics'), 'prometheus', choice, () => defined({ longTerm: mimir })),
  );
  const broker = eventStream(app.chart('streaming'), 'redpanda', environment.broker);
  const tempo = optional(environment.tempo, (choice) =>
    traceStore(app.chart('tracing'), 'tempo', choice, () => ({
      blocks: storage.bucket('tempo-traces'),
      ...defined({ metrics, cache }),
    })),
  );
  const anomalies = storage.bucket('anomaly-data', defined({ expireAfter: environment.anomalyRetention }));
  const models = storage.bucket('ml-models', {
    versioning: true,
    ...defined({ keepVersions: environment.modelVersions }),
  });
  const archive = optional(environment.archive, (props) => storage.bucket('incident-archive', props));
  const pipeline = new AnomalyPipeline(app.chart('anomaly'), 'pipeline', {
    ...environment.pipeline,
    stream: broker,
    anomalies,
    models,
    ...defined({ archive }),
    ...(environment.ownTraces === true && { traces: needed('tempo', tempo, 'ownTraces') }),
  });
  if (environment.producers !== undefined) pipeline.rawTraces.acceptFrom(environment.producers, 'traces of collectors');
  const logs = optional(environment.logs, (choice) =>
    logStore(app.chart('logs'), 'loki', choice, () => ({
      chunks: storage.bucket('loki-chunks'),
      ...defined({ cache }),
    })),
  );
  const otel = optional(
    environment.otel,
    ({ besideTraces = ['logs', 'metrics'], ...props }) =>
      new OtelTier(app.chart('collection'), 'otel', {
        ...props,
        traces: present([pipeline.rawTraces, tempo]),
        logs: besideTraces.includes('logs') ? present([logs]) : [],
        metrics: besideTraces.includes('metrics') ? present([metrics]) : [],
      }),
  );
  const alerting = optional(environment.alerting, (choice) =>
    alertingSink(app.chart('alerting'), 'alertmanager', choice),
  );
  const database = optional(environment.database, (choice) =>
    databaseServer(app.chart('databases'), 'postgres', choice),
  );
  const grafana = optional(environment.grafana, (choice) =>
    dashboardHost(app.chart('visualization'), 'grafana', choice, {
      sources: present([tempo, metrics, logs, alerting]),
      ...defined({ database }),
    }),
  );
  const registry = optional(environment.mlflow, (props) => {
    const artifacts = storage.bucket('mlflow');
    const server = { database: needed('database', database, 'mlflow'), artifacts };
    const mlflow = new Mlflow(app.chart('models'), 'mlflow', { ...props, ...server });
    useRegistry(pipeline.detection, mlflow.grantUse(pipeline.detection));
    return mlflow;
  });
  optional(environment.airflow, ({ training, ...props }) => {
    const traces = needed('tempo', tempo, 'airflow');
    const airflow = new Airflow(app.chart('learning'), 'airflow', {
      ...props,
      database: needed('database', database, 'airflow'),
      training: { ...training, anomalies, models, traces, registry: needed('mlflow', registry, 'airflow'), pipeline },
      ...defined({ metrics: otel?.otlpHttp }),
    });
    useTrigger(pipeline.learner, airflow.grantTrigger(pipeline.learner));
  });
  optional(environment.nodes, (props) => new NodeExporter(app.chart('nodes'), 'node-exporter', props));
  optional(environment.workloads, (props) => new KubeStateMetrics(app.chart('workloads'), 'kube-state-metrics', props));
  const logTier = optional(environment.logTier, (props) => {
    const wires = { logs: needed('logs', logs, 'logTier'), ...defined({ alerting }) };
    return new VectorTier(app.chart('logs'), 'vector', { ...props, ...wires });
  });
  optional(environment.logAgent, (props) => {
    const lines = logTier ?? needed('logs', logs, 'logAgent');
    return new LogAgent(app.chart('nodes'), 'log-agent', { ...props, logs: lines });
  });
  optional(environment.probes, ({ probes, ...props }) => {
    const own = platformProbes({ metrics, traces: tempo, logs, dashboards: grafana });
    return new BlackboxExporter(app.chart('network'), 'blackbox-exporter', { ...props, probes: [...own, ...probes] });
  });
  optional(environment.smokeping, (props) => new Smokeping(app.chart('network'), 'smokeping', props));
  optional(environment.paths, (props) => new PathMonitor(app.chart('network'), 'network-paths', props));
  optional(environment.postgresExporter, (props) => {
    const server = needed('database', database, 'postgresExporter');
    return new PostgresExporter(app.chart('databases'), 'postgres-exporter', { ...props, server });
  });
  optional(environment.redisExporter, (props) => new RedisExporter(app.chart('databases'), 'redis-exporter', props));
  optional(
    environment.mongodbExporter,
    (props) => new MongodbExporter(app.chart('databases'), 'mongodb-exporter', props),
  );
  optional(environment.jenkins, (props) => new JenkinsTarget(app.chart('applications'), 'jenkins', props));
  optional(environment.fastApi, (props) => new FastApiTarget(app.chart('applications'), 'fastapi', props));
  optional(environment.shop, (props) => {
    const traces = needed('otel', otel, 'shop').otlpHttp;
    return new DemoShop(app.chart('examples'), 'shop', { ...props, traces });
  });
  optional(
    environment.externalTargets,
    (targets) => new ExternalTargets(app.chart('applications'), 'external-targets', { targets }),
  );
  optional(environment.backup, (settings) => {
    const topics = Object.values(pipeline.topics);
    const of = { store: storage, topics, ...defined({ databases: database }) };
    return new Backup(app.chart('operations'), 'backup', { ...settings, ...of });
  });
  optional(environment.objectives, () => new ServiceLevels(app.chart('metrics'), 'service-levels'));
  if (environment.tls !== undefined) CertificateRestarts.everywhere(app);
  app.collect({ ...defined({ metrics }), logs, alerting, dashboards: grafana });

  return app;
}

if (require.main === module)
  // The largest are the last.
  inTwoThreads(__filename, [...environments].reverse(), (environment) => {
    const app = platform(environment);
    app.synth();
    new ArgoCd(app, { repository }).synth();
  });
