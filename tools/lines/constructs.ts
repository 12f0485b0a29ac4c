import { join } from 'node:path';

const root = join(__dirname, '..', '..');
const files = (...paths: readonly string[]): readonly string[] => paths.map((path) => join(root, path));

/** Constructs of one product each: the file that is read first. */
export const constructs: Readonly<Record<string, readonly string[]>> = {
  Prometheus: files('constructs/metrics/prometheus.ts'),
  Alertmanager: files('constructs/alerting/alertmanager.ts'),
  NodeExporter: files('constructs/infrastructure/node-exporter.ts'),
  BlackboxExporter: files('constructs/network/blackbox-exporter.ts'),
  KubeStateMetrics: files('constructs/infrastructure/kube-state-metrics.ts'),
  PathMonitor: files('constructs/network/path-monitor.ts'),
  Loki: files('constructs/logs/loki.ts'),
  VectorTier: files('constructs/logs/vector-tier.ts'),
  TempoMonolith: files('constructs/tracing/tempo-monolith.ts'),
  Grafana: files('constructs/visualization/grafana.ts'),
  Postgres: files('constructs/databases/postgres.ts'),
  ObjectStore: files('constructs/storage/object-store.ts'),
  RedpandaBroker: files('constructs/streaming/redpanda-broker.ts'),
  OtelTier: files('constructs/collection/otel-tier.ts'),
  DemoShop: files('constructs/examples/demo-shop.ts'),
  Mlflow: files('constructs/learning/mlflow.ts'),
  Airflow: files('constructs/learning/airflow.ts'),
  TrainingSchedule: files('constructs/learning/training-schedule.ts', 'constructs/learning/trainer.ts'),
  'Memcached (example)': files('examples/memcached.ts'),
};

/** Least share of lines about the product. */
export const leastShare = 0.75;
