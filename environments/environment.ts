import type {
  AnomalyPipelineProps,
  GrafanaProps,
  ObjectStoreProps,
  OtelTierProps,
  PlatformAppProps,
  PrometheusProps,
  RedpandaBrokerProps,
  TempoMonolithProps,
} from '../constructs';

/** What differs between environments: names, sizes, retention, doors. What is connected to what is in `main.ts`. */
export interface Environment extends PlatformAppProps {
  readonly broker: RedpandaBrokerProps;
  readonly storage: ObjectStoreProps;
  readonly tempo: Omit<TempoMonolithProps, 'blocks' | 'metrics'>;
  readonly prometheus: PrometheusProps;
  readonly grafana: Omit<GrafanaProps, 'traceStore' | 'metrics'>;
  readonly otel: Omit<OtelTierProps, 'traces'>;
  readonly pipeline: Omit<AnomalyPipelineProps, 'stream' | 'anomalies' | 'models'>;
}
