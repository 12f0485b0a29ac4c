import type { Duration } from 'cdk8s';
import type {
  AlertingChoice,
  AnomalyPipelineProps,
  EventStreamChoice,
  GrafanaProps,
  LogStoreChoice,
  MetricsStoreChoice,
  ObjectStoreChoice,
  OtelTierProps,
  PlatformAppProps,
  TraceStoreChoice,
} from '../constructs';

/**
 * What differs between environments: names, sizes, retention, doors, and whether a part is ours, somebody else's
 * (`{ external: … }`) or absent. What is connected to what is in `main.ts`.
 */
export interface Environment extends PlatformAppProps {
  readonly broker: EventStreamChoice;
  readonly storage: ObjectStoreChoice;
  /** How long stored anomalous traces are kept. @default - until somebody deletes them */
  readonly anomalyRetention?: Duration;
  readonly tempo: TraceStoreChoice;
  readonly prometheus: MetricsStoreChoice;
  /** Logs that Grafana shows beside traces. @default - none */
  readonly logs?: LogStoreChoice;
  /** Who is told of alerts that fire. @default - nobody is: they are seen in Prometheus */
  readonly alerting?: AlertingChoice;
  readonly grafana?: Omit<GrafanaProps, 'sources'>;
  readonly otel: Omit<OtelTierProps, 'traces' | 'logs' | 'metrics'>;
  readonly pipeline: Omit<AnomalyPipelineProps, 'stream' | 'anomalies' | 'models'>;
}
