import { Duration, Size } from 'cdk8s';
import type {
  AlertmanagerProps,
  GrafanaProps,
  LokiProps,
  MimirProps,
  NodeExporterProps,
  OtelTierProps,
  PostgresProps,
  PrometheusProps,
  RedpandaBrokerProps,
  TempoMonolithProps,
  VectorTierProps,
} from '../constructs';
import { collectorScaling } from './sizes';

/** How large each part of the `production` environment is. */
export interface ProductionSize {
  readonly broker: Required<Pick<RedpandaBrokerProps, 'volume' | 'resources'>>;
  readonly otel: Required<Pick<OtelTierProps, 'ingestor' | 'aggregator'>>;
  readonly tempo: Required<Pick<TempoMonolithProps, 'retention' | 'volume' | 'resources' | 'ingestBytesPerSecond'>>;
  readonly prometheus: Required<Pick<PrometheusProps, 'retention' | 'volume' | 'resources'>>;
  readonly mimir: Required<Pick<MimirProps, 'retention' | 'volume' | 'resources'>>;
  readonly logs: Required<Pick<LokiProps, 'retention' | 'volume' | 'resources'>>;
  readonly logTier: Required<Pick<VectorTierProps, 'replicas' | 'volume' | 'resources'>>;
  readonly alerting: Required<Pick<AlertmanagerProps, 'replicas' | 'volume' | 'resources'>>;
  readonly grafana: Required<Pick<GrafanaProps, 'replicas' | 'resources'>>;
  readonly database: Required<Pick<PostgresProps, 'volume' | 'resources' | 'connections'>>;
  readonly nodes: Required<Pick<NodeExporterProps, 'resources'>>;
}

/**
 * Document 002's table of resource requirements (§7.1), each row for one replica: what it says of CPU, memory and storage of Loki, Vector, Prometheus,
 * Mimir, Tempo, Grafana and Alertmanager. What it has no row for is ours, by `plumbline size` for 10,000 spans and 1,000,000 samples a second and 1 GB
 * of lines a day.
 */
export const productionSize: ProductionSize = {
  broker: { volume: { size: Size.gibibytes(1000) }, resources: { cpu: '2', memory: '5Gi' } },
  otel: {
    ingestor: {
      autoscaler: { ...collectorScaling, minReplicas: 3, maxReplicas: 9 },
      resources: { cpu: '1', memory: '1Gi' },
    },
    aggregator: { replicas: 3, volume: { size: Size.gibibytes(20) }, resources: { cpu: '2', memory: '2Gi' } },
  },
  tempo: {
    retention: Duration.days(30),
    ingestBytesPerSecond: 50_000_000,
    volume: { size: Size.gibibytes(200) },
    resources: { cpu: '4', memory: '16Gi' },
  },
  prometheus: {
    retention: Duration.days(15),
    volume: { size: Size.gibibytes(200) },
    resources: { cpu: '4', memory: '16Gi' },
  },
  mimir: {
    retention: Duration.days(730),
    volume: { size: Size.gibibytes(500) },
    resources: { cpu: '8', memory: '32Gi' },
  },
  logs: {
    retention: Duration.days(90),
    volume: { size: Size.gibibytes(100) },
    resources: { cpu: '2', memory: '8Gi' },
  },
  logTier: { replicas: 5, volume: { size: Size.gibibytes(20) }, resources: { cpu: '2', memory: '4Gi' } },
  alerting: { replicas: 3, volume: { size: Size.gibibytes(10) }, resources: { cpu: '1', memory: '2Gi' } },
  grafana: { replicas: 2, resources: { cpu: '2', memory: '4Gi' } },
  database: { connections: 120, volume: { size: Size.gibibytes(50) }, resources: { cpu: '1', memory: '2Gi' } },
  nodes: { resources: { cpu: '50m', memory: '128Mi' } },
};
