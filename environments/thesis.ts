import { Duration, Size } from 'cdk8s';
import { NodePort } from '../constructs';
import type { Environment } from './environment';

/**
 * One node of 4 CPU and 8 GiB, for a thesis or a laptop's cluster. No TLS, no authentication at the broker, one replica of
 * everything, everything forgotten after a day.
 */
export const thesis: Environment = {
  name: 'thesis',
  namespaces: {
    streaming: 'redpanda',
    tracing: 'tempo',
    visualization: 'grafana',
    anomaly: 'plumbline',
    collection: 'plumbline',
    credentials: 'plumbline',
    metrics: 'plumbline',
    storage: 'plumbline',
  },
  broker: {
    volume: { size: Size.gibibytes(10) },
    resources: { cpu: '1', cpuLimit: '1', memory: '2Gi', memoryLimit: '2Gi' },
  },
  storage: { volume: { size: Size.gibibytes(5) } },
  anomalyRetention: Duration.hours(24),
  tempo: {
    retention: Duration.hours(24),
    volume: { size: Size.gibibytes(1) },
    resources: { cpu: '100m', cpuLimit: '500m', memory: '256Mi', memoryLimit: '1Gi' },
  },
  prometheus: {
    retention: Duration.hours(24),
    volume: { size: Size.gibibytes(2) },
    resources: { cpu: '100m', memory: '256Mi', memoryLimit: '512Mi' },
  },
  grafana: {
    volume: { size: Size.gibibytes(1) },
    resources: { cpu: '100m', cpuLimit: '200m', memory: '256Mi', memoryLimit: '512Mi' },
    exposure: new NodePort(30300),
    url: 'http://localhost:30300',
  },
  otel: {
    ingestor: { resources: { cpu: '100m', memory: '192Mi', memoryLimit: '256Mi' } },
    aggregator: {
      volume: { size: Size.gibibytes(1) },
      resources: { cpu: '150m', memory: '384Mi', memoryLimit: '512Mi' },
    },
  },
  pipeline: {
    partitions: 3,
    retention: Duration.hours(24),
    grafanaUrl: 'http://localhost:30300',
  },
};
