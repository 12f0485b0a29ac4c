import { Duration, Size } from 'cdk8s';
import { collectorScaling, type EnvironmentSize } from './sizes';

/** 004's retention: a month of metrics, a week of lines and of traces. */
export const enterpriseRetention = {
  metrics: Duration.days(30),
  logs: Duration.hours(168),
  traces: Duration.hours(168),
};

/** Names of 004's sizes. */
export type EnterpriseSizeName = 'small';

/** How large the parts of `enterprise` are. 004 has tables for `medium` and `large`; `small` is half of its medium. */
export const enterpriseSizes: Readonly<Record<EnterpriseSizeName, EnvironmentSize>> = {
  small: {
    needs: { cores: 6.5, memory: Size.gibibytes(10), storage: Size.gibibytes(232) },
    spansPerSecond: 5_000,
    otel: {
      ingestor: { autoscaler: collectorScaling, resources: { cpu: '200m', memory: '256Mi' } },
      aggregator: { replicas: 2, volume: { size: Size.gibibytes(4) }, resources: { cpu: '300m', memory: '512Mi' } },
    },
    tempo: {
      retention: enterpriseRetention.traces,
      volume: { size: Size.gibibytes(10) },
      resources: { cpu: '500m', memory: '1Gi' },
    },
    prometheus: {
      retention: enterpriseRetention.metrics,
      volume: { size: Size.gibibytes(100) },
      resources: { cpu: '1', memory: '2Gi' },
    },
    logs: { volume: { size: Size.gibibytes(10) }, resources: { cpu: '500m', memory: '1Gi' } },
    grafana: { replicas: 2, resources: { cpu: '500m', memory: '512Mi' } },
    database: { volume: { size: Size.gibibytes(4) }, resources: { cpu: '100m', memory: '192Mi' } },
    storage: { volume: { size: Size.gibibytes(100) }, resources: { cpu: '300m', memory: '256Mi' } },
  },
};
