import { Size } from 'cdk8s';
import {
  Airflow,
  Alertmanager,
  Backup,
  BlackboxExporter,
  CertificateRestarts,
  componentsIn,
  type Component,
  Endpoint,
  FastApiTarget,
  JenkinsTarget,
  Memcached,
  Mimir,
  MongodbExporter,
  PostgresExporter,
  RedisExporter,
  ServiceLevels,
  LogAgent,
  Loki,
  Mlflow,
  ObjectStore,
  OtelTier,
  Postgres,
  TempoMonolith,
  KubeStateMetrics,
  NodeExporter,
  PathMonitor,
  Prometheus,
  RedpandaBroker,
  Smokeping,
  VectorTier,
  type PlatformApp,
} from '../constructs';
import { alertmanagerAlertCases } from '../constructs/alerting/alertmanager-alerts.testing';
import { modelAlertCases } from '../constructs/anomaly/model-alerts.testing';
import { pipelineAlertCases } from '../constructs/anomaly/pipeline-alerts.testing';
import { fastApiAlertCases } from '../constructs/applications/fastapi-alerts.testing';
import { jenkinsAlertCases } from '../constructs/applications/jenkins-alerts.testing';
import { memcachedAlertCases } from '../constructs/caches/memcached-alerts.testing';
import { collectorAlertCases } from '../constructs/collection/collector-alerts.testing';
import type { AlertCase } from '../constructs/core/alert-case.testing';
import { logRuleGroups, ruleGroups, type RenderedRule } from '../constructs/core/rule-groups';
import { dump } from '../constructs/core/yaml';
import { mongodbExporterAlertCases } from '../constructs/databases/mongodb-exporter-alerts.testing';
import { postgresAlertCases } from '../constructs/databases/postgres-alerts.testing';
import { postgresExporterAlertCases } from '../constructs/databases/postgres-exporter-alerts.testing';
import { redisExporterAlertCases } from '../constructs/databases/redis-exporter-alerts.testing';
import { nodeAlertCases } from '../constructs/infrastructure/node-alerts.testing';
import { workloadAlertCases } from '../constructs/infrastructure/workload-alerts.testing';
import { logAlertCases } from '../constructs/logs/log-alerts.testing';
import { airflowAlertCases } from '../constructs/learning/airflow-alerts.testing';
import { mlflowAlertCases } from '../constructs/learning/mlflow-alerts.testing';
import { logAgentAlertCases } from '../constructs/logs/log-agent-alerts.testing';
import { lokiAlertCases } from '../constructs/logs/loki-alerts.testing';
import { vectorAlertCases } from '../constructs/logs/vector-alerts.testing';
import { discoveryAlertCases } from '../constructs/metrics/discovery-alerts.testing';
import { cardinalityAlertCases } from '../constructs/metrics/cardinality-alerts.testing';
import { mimirAlertCases } from '../constructs/metrics/mimir-alerts.testing';
import { prometheusAlertCases } from '../constructs/metrics/prometheus-alerts.testing';
import { blackboxAlertCases } from '../constructs/network/blackbox-alerts.testing';
import { everyKind } from '../constructs/network/blackbox.testing';
import { pathMonitorAlertCases } from '../constructs/network/path-monitor-alerts.testing';
import { smokepingAlertCases, smokepingTargets } from '../constructs/network/smokeping-alerts.testing';
import { backupAlertCases } from '../constructs/operations/backup-alerts.testing';
import { certificateAlertCases } from '../constructs/operations/certificate-alerts.testing';
import { objectStoreAlertCases } from '../constructs/storage/object-store-alerts.testing';
import { redpandaAlertCases } from '../constructs/streaming/redpanda-alerts.testing';
import { testApp, testConcerns } from '../constructs/testing';
import { tempoAlertCases } from '../constructs/tracing/tempo-alerts.testing';
import { grafanaAlertCases } from '../constructs/visualization/grafana-alerts.testing';
import { platform } from '../main';
import { objectiveCases } from './objective-cases.testing';
import { thesis } from './thesis';

/* What tests ask of the rules of every component, whether an environment of ours has it or not. */

/** Components that no environment has, with everything that adds an alert. */
function others(): PlatformApp {
  const app = testApp({
    cluster: { nodeRanges: ['10.0.0.0/16'] },
    objectives: {},
    // Where the Tempo of the cases is.
    namespaces: { ...Object.fromEntries(testConcerns.map((concern) => [concern, concern])), tracing: 'tempo' },
  });
  const hook = { webhook: { endpoint: Endpoint.external('hooks.example.org', 443), path: '/' } };
  new Alertmanager(app.chart('alerting'), 'alertmanager', {
    receivers: { team: hook },
    otherwise: 'team',
    deadman: hook,
    replicas: 3,
  });
  const loki = new Loki(app.chart('logs'), 'loki');
  new LogAgent(app.chart('nodes'), 'log-agent', { logs: loki, allowedNamespaces: ['workloads'] });
  const endpoint = Endpoint.external('store.example.org', 443, { scheme: 'https' });
  // Under the name that it has in environments, in which it takes fewer signals.
  new OtelTier(app.chart('collection'), 'otel', {
    traces: [TempoMonolith.fromExternal(app.chart('tracing'), 'tempo', { otlpGrpc: endpoint, query: endpoint })],
    logs: [loki],
    metrics: [Prometheus.fromExternal(app.chart('metrics'), 'prometheus', { endpoint })],
  });
  const store = ObjectStore.fromExternal(app.chart('storage'), 'store', { region: 'eu-central-1' });
  // Of more than one, and of a bucket, people should know more.
  const stream = new RedpandaBroker(app.chart('streaming'), 'redpanda', {
    brokers: 3,
    tieredStorage: { bucket: store.bucket('topics') },
  });
  const database = new Postgres(app.chart('databases'), 'postgres');
  train(app, database);
  watch(app, database);
  new Memcached(app.chart('caches'), 'memcached');
  const longTerm = new Mimir(app.chart('metrics'), 'mimir', { blocks: store.bucket('mimir-blocks') });
  const topics = [stream.topic('incidents', { partitions: 1, cleanupPolicy: 'compact' })];
  const to = { endpoint: 'https://s3.example.org', region: 'eu-central-1', bucket: 'copies' };
  // Under the name that one has in an environment who is alone.
  new TempoMonolith(app.chart('tracing'), 'members', {
    name: 'tempo',
    replicas: 3,
    blocks: store.bucket('tempo-traces'),
    metrics: Prometheus.fromExternal(app.chart('metrics'), 'elsewhere', { endpoint }),
  });
  new Backup(app.chart('operations'), 'backup', { to, store, topics, databases: database });
  new NodeExporter(app.chart('nodes'), 'node-exporter');
  new Prometheus(app.chart('metrics'), 'discovering', {
    discovery: { kubelet: {}, apiServer: {}, annotatedPods: {} },
    longTerm,
    // That of the cases.
    volume: { size: Size.gibibytes(2) },
  });
  new KubeStateMetrics(app.chart('workloads'), 'kube-state-metrics');
  new BlackboxExporter(app.chart('network'), 'blackbox-exporter', { probes: everyKind });
  new PathMonitor(app.chart('network'), 'network-paths', { targets: [{ name: 'gateway', host: '192.0.2.1' }] });
  new Smokeping(app.chart('network'), 'smokeping', { targets: smokepingTargets });
  new ServiceLevels(app.chart('metrics'), 'service-levels');
  return app;
}

/** What asks databases and applications of others. */
function watch(app: PlatformApp, database: Postgres): void {
  const chart = app.chart('databases');
  const at = (host: string, port: number) => Endpoint.external(`${host}.example.org`, port, { scheme: 'https' });
  new PostgresExporter(chart, 'postgres-exporter', { server: database });
  new RedisExporter(chart, 'redis-exporter', { server: Endpoint.external('redis.example.org', 6379) });
  new MongodbExporter(chart, 'mongodb-exporter', { server: Endpoint.external('mongodb.example.org', 27017) });
  new JenkinsTarget(app.chart('examples'), 'jenkins', { endpoint: at('jenkins', 443) });
  new FastApiTarget(app.chart('examples'), 'fastapi', { endpoint: at('api', 443) });
}

/** What trains models, with metrics. */
function train(app: PlatformApp, database: Postgres): void {
  const endpoint = Endpoint.external('s3.example.org', 443, { scheme: 'https' });
  const buckets = ObjectStore.fromExternal(app.chart('learning'), 'buckets', { region: 'eu-central-1' });
  const traces = TempoMonolith.fromExternal(app.chart('learning'), 'traces', { otlpGrpc: endpoint, query: endpoint });
  new Mlflow(app.chart('learning'), 'mlflow', { database, artifacts: buckets.bucket('mlflow') });
  new Airflow(app.chart('learning'), 'airflow', {
    database,
    training: { anomalies: buckets.bucket('anomaly-data'), models: buckets.bucket('ml-models'), traces },
    metrics: endpoint,
  });
}

/** What processes lines, and an agent that sends it some. */
function processed(): readonly Component[] {
  const app = testApp();
  const hook = { webhook: { endpoint: Endpoint.external('hooks.example.org', 443), path: '/' } };
  const alerting = new Alertmanager(app.chart('alerting'), 'alertmanager', {
    receivers: { team: hook },
    otherwise: 'team',
  });
  const vector = new VectorTier(app.chart('logs'), 'vector', { logs: new Loki(app.chart('logs'), 'loki'), alerting });
  return [vector, new LogAgent(app.chart('nodes'), 'log-agent-otlp', { logs: vector })];
}

/** What looks after certificates, where servers have some. */
function restarts(): readonly CertificateRestarts[] {
  const app = testApp({ tls: { ca: 'ca' } });
  new ObjectStore(app.chart('storage'), 'objects');
  return CertificateRestarts.everywhere(app);
}

/** Every component that carries anything. */
export const components: readonly Component[] = [
  // Of alerts that both agents have, those of the last are tried.
  ...processed(),
  ...[platform({ ...thesis, objectives: {} }), others()].flatMap(componentsIn),
  ...restarts(),
];

/** Rules of each component, also those whose metrics only a kubelet has. */
export const groupsByComponent = new Map(
  components
    .map(
      (component) =>
        [component.name, ruleGroups(component, { runbookUrl: 'docs/runbooks', sources: ['kubelet'] })] as const,
    )
    .filter(([, groups]) => groups.length > 0),
);

export const allRules: readonly RenderedRule[] = Array.from(groupsByComponent.values()).flatMap((groups) =>
  groups.flatMap(({ rules }) => rules),
);

export const alertRules = allRules.filter(
  (rule): rule is RenderedRule & { readonly alert: string } => rule.alert !== undefined,
);

/** Alerts about lines, in LogQL, which a log store evaluates. */
export const logAlertRules: typeof alertRules = components
  .flatMap((component) => logRuleGroups(component, 'docs/runbooks'))
  .flatMap(({ rules }) => rules)
  .filter((rule): rule is (typeof alertRules)[number] => rule.alert !== undefined);

/** Alerts about lines that have a test of what fires and what does not, on a real Loki. */
export const testedLogAlerts: readonly string[] = logAlertCases.map(({ alert }) => alert);

/** Text of the rule file of each component, by file name. */
export const ruleFiles: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from(groupsByComponent, ([name, groups]) => [`${name}.yml`, dump({ groups })]),
);

export const alertCases: readonly AlertCase[] = [
  ...prometheusAlertCases,
  ...cardinalityAlertCases,
  ...tempoAlertCases,
  ...redpandaAlertCases,
  ...collectorAlertCases,
  ...objectStoreAlertCases,
  ...grafanaAlertCases,
  ...pipelineAlertCases,
  ...modelAlertCases,
  ...alertmanagerAlertCases,
  ...lokiAlertCases,
  ...logAgentAlertCases,
  ...vectorAlertCases,
  ...postgresAlertCases,
  ...postgresExporterAlertCases,
  ...redisExporterAlertCases,
  ...memcachedAlertCases,
  ...mimirAlertCases,
  ...backupAlertCases,
  ...certificateAlertCases,
  ...mongodbExporterAlertCases,
  ...jenkinsAlertCases,
  ...fastApiAlertCases,
  ...nodeAlertCases,
  ...workloadAlertCases,
  ...discoveryAlertCases,
  ...smokepingAlertCases,
  ...mlflowAlertCases,
  ...airflowAlertCases,
  ...blackboxAlertCases,
  ...pathMonitorAlertCases,
  ...objectiveCases,
];
