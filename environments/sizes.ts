import { Duration, Size } from 'cdk8s';
import type {
  AutoscalerProps,
  GrafanaProps,
  LokiProps,
  ObjectStoreProps,
  OtelTierProps,
  PostgresProps,
  PrometheusProps,
  TempoMonolithProps,
} from '../constructs';

/**
 * How large each part of an environment is, as document 001 has it: what is collected, stored and shown. A broker and the workers of the
 * pipeline come on top. Every part is a field of an environment, to be spread into it: `tempo: { ...sizes.recommended.tempo, … }`.
 */
export interface EnvironmentSize {
  /** What the parts ask of a cluster at most, each autoscaled one with its maximum. */
  readonly needs: { readonly cores: number; readonly memory: Size; readonly storage: Size };
  /** Spans that may come for as long as traces are kept. */
  readonly spansPerSecond: number;
  readonly otel: Required<Pick<OtelTierProps, 'ingestor' | 'aggregator'>>;
  readonly tempo: Required<Pick<TempoMonolithProps, 'retention' | 'volume' | 'resources'>>;
  readonly prometheus: Required<Pick<PrometheusProps, 'retention' | 'volume' | 'resources'>>;
  readonly logs: Required<Pick<LokiProps, 'volume' | 'resources'>>;
  readonly grafana: Required<Pick<GrafanaProps, 'replicas' | 'resources'>>;
  readonly database: Required<Pick<PostgresProps, 'volume' | 'resources'>>;
  readonly storage: Required<Pick<ObjectStoreProps, 'volume' | 'resources'>>;
}

/** Names of 001's rows of resource requirements. */
export type EnvironmentSizeName = 'minimal' | 'recommended' | 'production';

/** Growth of the object store by traces: 001's gigabyte a day for each 1,000 spans a second, which is 11.6 bytes a span. */
export function traceBytesPerDay(spansPerSecond: number): number {
  return (spansPerSecond / 1_000) * 1e9;
}

/**
 * 001's autoscaling of collectors: out as soon as one of both is above its share, in one by one after ten minutes in which neither needed
 * the pod. Why it says no more: `docs/decisions/scaling-in.md`.
 */
export const collectorScaling: AutoscalerProps = {
  minReplicas: 2,
  maxReplicas: 5,
  cpuPercent: 70,
  memoryPercent: 80,
  behavior: {
    // A minute of metrics, and then twice as many pods each quarter of a minute: from two to five within two minutes.
    scaleUp: { stabilizationWindowSeconds: 0, policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
    scaleDown: { stabilizationWindowSeconds: 600, policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] },
  },
};

export const sizes: Readonly<Record<EnvironmentSizeName, EnvironmentSize>> = {
  minimal: {
    needs: { cores: 2, memory: Size.gibibytes(5), storage: Size.gibibytes(180) },
    spansPerSecond: 5_000,
    otel: {
      ingestor: { autoscaler: collectorScaling, resources: { cpu: '80m', memory: '192Mi' } },
      aggregator: {
        replicas: 2,
        volume: { size: Size.gibibytes(4) },
        resources: { cpu: '150m', memory: '384Mi' },
      },
    },
    tempo: {
      retention: Duration.hours(24),
      volume: { size: Size.gibibytes(8) },
      resources: { cpu: '300m', memory: '768Mi' },
    },
    prometheus: {
      retention: Duration.days(15),
      volume: { size: Size.gibibytes(50) },
      resources: { cpu: '300m', memory: '768Mi' },
    },
    logs: { volume: { size: Size.gibibytes(10) }, resources: { cpu: '150m', memory: '384Mi' } },
    grafana: {
      replicas: 2,
      resources: { cpu: '100m', memory: '256Mi' },
    },
    database: { volume: { size: Size.gibibytes(4) }, resources: { cpu: '50m', memory: '128Mi' } },
    storage: { volume: { size: Size.gibibytes(100) }, resources: { cpu: '100m', memory: '128Mi' } },
  },
  recommended: {
    needs: { cores: 6, memory: Size.gibibytes(8), storage: Size.gibibytes(180) },
    spansPerSecond: 25_000,
    otel: {
      ingestor: { autoscaler: collectorScaling, resources: { cpu: '300m', memory: '320Mi' } },
      aggregator: {
        replicas: 2,
        volume: { size: Size.gibibytes(4) },
        resources: { cpu: '500m', memory: '768Mi' },
      },
    },
    tempo: {
      retention: Duration.hours(24),
      volume: { size: Size.gibibytes(8) },
      resources: { cpu: '800m', memory: '1536Mi' },
    },
    prometheus: {
      retention: Duration.days(15),
      volume: { size: Size.gibibytes(50) },
      resources: { cpu: '600m', memory: '1280Mi' },
    },
    logs: { volume: { size: Size.gibibytes(10) }, resources: { cpu: '300m', memory: '512Mi' } },
    grafana: {
      replicas: 2,
      resources: { cpu: '200m', memory: '320Mi' },
    },
    database: { volume: { size: Size.gibibytes(4) }, resources: { cpu: '100m', memory: '192Mi' } },
    storage: { volume: { size: Size.gibibytes(100) }, resources: { cpu: '300m', memory: '256Mi' } },
  },
  // 001 names no rate above 25,000: the third row has room, and keeps traces for a week.
  production: {
    needs: { cores: 12, memory: Size.gibibytes(16), storage: Size.gibibytes(500) },
    spansPerSecond: 25_000,
    otel: {
      ingestor: { autoscaler: collectorScaling, resources: { cpu: '600m', memory: '512Mi' } },
      aggregator: {
        replicas: 3,
        volume: { size: Size.gibibytes(10) },
        resources: { cpu: '1', memory: '1Gi' },
      },
    },
    tempo: {
      retention: Duration.days(7),
      volume: { size: Size.gibibytes(20) },
      resources: { cpu: '2', memory: '4Gi' },
    },
    prometheus: {
      retention: Duration.days(15),
      volume: { size: Size.gibibytes(80) },
      resources: { cpu: '1200m', memory: '2560Mi' },
    },
    logs: { volume: { size: Size.gibibytes(20) }, resources: { cpu: '600m', memory: '1Gi' } },
    grafana: {
      replicas: 2,
      resources: { cpu: '300m', memory: '512Mi' },
    },
    database: { volume: { size: Size.gibibytes(10) }, resources: { cpu: '200m', memory: '512Mi' } },
    storage: { volume: { size: Size.gibibytes(340) }, resources: { cpu: '600m', memory: '512Mi' } },
  },
};
