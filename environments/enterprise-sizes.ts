import { Duration, Size } from 'cdk8s';
import type { AlertmanagerProps, LokiProps, NodeExporterProps } from '../constructs';
import { collectorScaling, type EnvironmentSize } from './sizes';

/** Names of 004's `performance.sizing.environment`. */
export type EnterpriseSizeName = 'small' | 'medium' | 'large';

/** How large each part of 004's environment is: a size as others are, with what 004 has besides. */
export interface EnterpriseSize extends EnvironmentSize {
  readonly logs: EnvironmentSize['logs'] & Required<Pick<LokiProps, 'retention'>>;
  readonly alerting: Required<Pick<AlertmanagerProps, 'resources'>>;
  readonly nodes: Required<Pick<NodeExporterProps, 'resources'>>;
}

/** 004's `performance.retention`: 30d, 168h, 168h. */
export const enterpriseRetention = {
  metrics: Duration.days(30),
  logs: Duration.hours(168),
  traces: Duration.hours(168),
} as const;

/**
 * `medium` and `large` have the CPU and memory of 004's tables for Prometheus, Grafana, Loki and Tempo; what it has no table for, all volumes, and
 * `small` are ours, by `plumbline size` for the loads of `environments/sizing/loads.ts`. A node_exporter is on every node and not in `needs`.
 */
export const enterpriseSizes: Readonly<Record<EnterpriseSizeName, EnterpriseSize>> = {
  small: {
    needs: { cores: 2, memory: Size.gibibytes(6), storage: Size.gibibytes(220) },
    spansPerSecond: 1_000,
    otel: {
      ingestor: { autoscaler: collectorScaling, resources: { cpu: '50m', memory: '192Mi' } },
      aggregator: { replicas: 2, volume: { size: Size.gibibytes(4) }, resources: { cpu: '100m', memory: '384Mi' } },
    },
    tempo: {
      retention: enterpriseRetention.traces,
      volume: { size: Size.gibibytes(8) },
      resources: { cpu: '300m', memory: '1Gi' },
    },
    prometheus: {
      retention: enterpriseRetention.metrics,
      volume: { size: Size.gibibytes(30) },
      resources: { cpu: '500m', memory: '1Gi' },
    },
    logs: {
      retention: enterpriseRetention.logs,
      volume: { size: Size.gibibytes(10) },
      resources: { cpu: '250m', memory: '512Mi' },
    },
    grafana: { replicas: 2, resources: { cpu: '100m', memory: '256Mi' } },
    database: { volume: { size: Size.gibibytes(4) }, resources: { cpu: '50m', memory: '128Mi' } },
    storage: { volume: { size: Size.gibibytes(160) }, resources: { cpu: '100m', memory: '128Mi' } },
    alerting: { resources: { cpu: '20m', memory: '64Mi' } },
    nodes: { resources: { cpu: '20m', memory: '96Mi' } },
  },
  medium: {
    needs: { cores: 8, memory: Size.gibibytes(14), storage: Size.gibibytes(740) },
    spansPerSecond: 5_000,
    otel: {
      ingestor: { autoscaler: collectorScaling, resources: { cpu: '150m', memory: '256Mi' } },
      aggregator: { replicas: 2, volume: { size: Size.gibibytes(6) }, resources: { cpu: '400m', memory: '512Mi' } },
    },
    tempo: {
      retention: enterpriseRetention.traces,
      volume: { size: Size.gibibytes(12) },
      resources: { cpu: '1', memory: '2Gi' },
    },
    prometheus: {
      retention: enterpriseRetention.metrics,
      volume: { size: Size.gibibytes(80) },
      resources: { cpu: '2', memory: '4Gi' },
    },
    logs: {
      retention: enterpriseRetention.logs,
      volume: { size: Size.gibibytes(20) },
      resources: { cpu: '1', memory: '2Gi' },
    },
    grafana: { replicas: 2, resources: { cpu: '1', memory: '1Gi' } },
    database: { volume: { size: Size.gibibytes(8) }, resources: { cpu: '100m', memory: '256Mi' } },
    storage: { volume: { size: Size.gibibytes(600) }, resources: { cpu: '200m', memory: '256Mi' } },
    alerting: { resources: { cpu: '50m', memory: '128Mi' } },
    nodes: { resources: { cpu: '50m', memory: '128Mi' } },
  },
  large: {
    needs: { cores: 22, memory: Size.gibibytes(30), storage: Size.gibibytes(3_400) },
    spansPerSecond: 25_000,
    otel: {
      ingestor: { autoscaler: collectorScaling, resources: { cpu: '600m', memory: '512Mi' } },
      aggregator: { replicas: 3, volume: { size: Size.gibibytes(10) }, resources: { cpu: '1200m', memory: '1Gi' } },
    },
    tempo: {
      retention: enterpriseRetention.traces,
      volume: { size: Size.gibibytes(24) },
      resources: { cpu: '2', memory: '4Gi' },
    },
    prometheus: {
      retention: enterpriseRetention.metrics,
      volume: { size: Size.gibibytes(220) },
      resources: { cpu: '4', memory: '8Gi' },
    },
    logs: {
      retention: enterpriseRetention.logs,
      volume: { size: Size.gibibytes(40) },
      resources: { cpu: '2', memory: '4Gi' },
    },
    grafana: { replicas: 3, resources: { cpu: '2', memory: '2Gi' } },
    database: { volume: { size: Size.gibibytes(16) }, resources: { cpu: '200m', memory: '512Mi' } },
    storage: { volume: { size: Size.gibibytes(3_000) }, resources: { cpu: '500m', memory: '512Mi' } },
    alerting: { resources: { cpu: '100m', memory: '256Mi' } },
    nodes: { resources: { cpu: '100m', memory: '192Mi' } },
  },
};
