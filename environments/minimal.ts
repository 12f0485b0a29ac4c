import { Duration, Size } from 'cdk8s';
import type { Environment } from './environment';

/**
 * A small team's whole observability: traces, metrics, logs, alerts, and the pipeline that names the service that broke, on three nodes of
 * 4 CPU and 16 GiB. Everything is in one namespace that admits restricted pods alone; agents of nodes are in one beside it.
 */
export const minimal: Environment = {
  name: 'minimal',
  defaultNamespace: 'observability',
  singleFile: {},
  broker: {
    volume: { size: Size.gibibytes(20) },
    resources: { cpu: '1', cpuLimit: '1', memory: '2Gi', memoryLimit: '2Gi' },
  },
  storage: {
    volume: { size: Size.gibibytes(100) },
    resources: { cpu: '100m', memory: '256Mi', memoryLimit: '1Gi' },
  },
  anomalyRetention: Duration.days(30),
  tempo: {
    retention: Duration.hours(24),
    volume: { size: Size.gibibytes(10) },
    resources: { cpu: '500m', memory: '1Gi', memoryLimit: '3Gi' },
  },
  prometheus: {
    retention: Duration.days(15),
    volume: { size: Size.gibibytes(50) },
    resources: { cpu: '250m', memory: '1Gi', memoryLimit: '3Gi' },
  },
  logs: {
    retention: Duration.days(30),
    volume: { size: Size.gibibytes(10) },
    resources: { cpu: '250m', memory: '512Mi', memoryLimit: '2Gi' },
  },
  alerting: {
    receivers: { team: { slack: { channel: '#observability' }, secretMayFollow: true } },
    otherwise: 'team',
  },
  database: { volume: { size: Size.gibibytes(5) } },
  grafana: {
    replicas: 2,
    resources: { cpu: '100m', memory: '256Mi', memoryLimit: '512Mi' },
  },
  otel: {
    ingestor: {
      autoscaler: { minReplicas: 2, maxReplicas: 5, cpuPercent: 70, memoryPercent: 80 },
      resources: { cpu: '250m', memory: '384Mi', memoryLimit: '512Mi' },
    },
    aggregator: {
      volume: { size: Size.gibibytes(10) },
      resources: { cpu: '500m', memory: '1Gi', memoryLimit: '2Gi' },
    },
  },
  pipeline: { partitions: 6, retention: Duration.days(1) },
};
