import type { Duration } from 'cdk8s';
import type {
  AirflowProps,
  AirflowTrainingProps,
  AlertingChoice,
  AnomalyPipelineProps,
  BackupSettings,
  BlackboxExporterProps,
  BucketProps,
  DashboardHostChoice,
  DatabaseChoice,
  DemoShopProps,
  EventStreamChoice,
  ExternalTargetsProps,
  FastApiTargetProps,
  JenkinsTargetProps,
  KubeStateMetricsProps,
  LogAgentProps,
  LogStoreChoice,
  MemcachedProps,
  MetricsStoreChoice,
  MimirProps,
  MlflowProps,
  MongodbExporterProps,
  NetworkPeer,
  NodeExporterProps,
  ObjectStoreChoice,
  OtelTierProps,
  PathMonitorProps,
  PlatformAppProps,
  PostgresExporterProps,
  RedisExporterProps,
  SmokepingProps,
  TraceStoreChoice,
  TrainerWires,
  VectorTierProps,
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
  /** Overwritten versions of a file of a model that are kept; of a store that is not ours. @default - all */
  readonly modelVersions?: number;
  /** How long incidents and their traces are kept, in a bucket of their own. @default - as long as what they are of */
  readonly archive?: Pick<BucketProps, 'archiveAfter' | 'expireAfter'>;
  /** Keeps every trace for people to look at. @default - only the pipeline takes traces */
  readonly tempo?: TraceStoreChoice;
  /** Keeps what stores are asked often in memory. @default - each reads everything anew */
  readonly cache?: MemcachedProps;
  /** Keeps metrics for years, of a Prometheus of ours, and evaluates its rules; `prometheus` then keeps a short time itself. @default - Prometheus does all */
  readonly mimir?: Omit<MimirProps, 'blocks' | 'cache' | 'caches'>;
  /** Copies of buckets, topics and databases at another object store. @default - there are none */
  readonly backup?: BackupSettings;
  /** Reads metrics, and evaluates rules. @default - nobody does */
  readonly prometheus?: MetricsStoreChoice;
  /** Logs that Grafana shows beside traces. @default - none */
  readonly logs?: LogStoreChoice;
  /** Who is told of alerts that fire. @default - nobody is: they are seen in Prometheus */
  readonly alerting?: AlertingChoice;
  /** Shows stores and dashboards. @default - nobody does */
  readonly grafana?: DashboardHostChoice;
  /** Keeps what replicas of Grafana share. @default - there is none */
  readonly database?: DatabaseChoice;
  /** Keeps versions of models and what they were measured at; it takes a database. @default - models are files in their bucket only */
  readonly mlflow?: Omit<MlflowProps, 'database' | 'artifacts'>;
  /** Trains models every week, and when behaviour drifts, in the concern `learning`; it takes MLflow, a Tempo and a database. @default - nobody does */
  readonly airflow?: Omit<AirflowProps, 'database' | 'training' | 'metrics'> & {
    readonly training: Omit<AirflowTrainingProps, keyof TrainerWires>;
  };
  /** Tells what nodes use. @default - nobody does */
  readonly nodes?: NodeExporterProps;
  /** Tells how workloads are. @default - nobody does */
  readonly workloads?: KubeStateMetricsProps;
  /** Reads what containers and nodes write, for the log store. @default - nobody does: applications send their lines themselves */
  readonly logAgent?: Omit<LogAgentProps, 'logs'>;
  /** Processes lines before they are kept, also those that come by HTTP and syslog; it takes a log store. @default - the agent sends to the store */
  readonly logTier?: Omit<VectorTierProps, 'logs' | 'alerting'>;
  /** Asks endpoints as users do: those that it is told, and the platform's own. @default - nobody does */
  readonly probes?: BlackboxExporterProps;
  /** Round trips and losses, with a page of graphs. @default - nobody measures them */
  readonly smokeping?: SmokepingProps;
  /** Paths hop by hop, with a page of their map. @default - nobody looks at them */
  readonly paths?: PathMonitorProps;
  /** Tells how the database is, which has to be there. @default - nobody does */
  readonly postgresExporter?: Omit<PostgresExporterProps, 'server'>;
  /** Tells how a Redis of a team is. @default - nobody does */
  readonly redisExporter?: RedisExporterProps;
  /** Tells how a MongoDB of a team is. @default - nobody does */
  readonly mongodbExporter?: MongodbExporterProps;
  /** A Jenkins whose builds and queues are read. @default - none */
  readonly jenkins?: JenkinsTargetProps;
  /** An application of FastAPI whose metrics are read. @default - none */
  readonly fastApi?: FastApiTargetProps;
  /** Servers outside whose metrics are read, by the name of their job; it takes a Prometheus of ours. @default - none */
  readonly externalTargets?: ExternalTargetsProps['targets'];
  /** Collectors. @default - none: somebody else's write to the topic `traces`, see {@link producers} */
  readonly otel?: Omit<OtelTierProps, 'traces' | 'logs' | 'metrics'> & {
    /** Signals that they take where there is a store for them. @default - logs and metrics */
    readonly besideTraces?: readonly ('logs' | 'metrics')[];
  };
  /** A sample shop with visitors, in the concern `examples`; it takes collectors of ours. @default - none */
  readonly shop?: Omit<DemoShopProps, 'traces'>;
  /** Collectors that are not ours and write to the topic `traces` themselves. @default - none */
  readonly producers?: readonly NetworkPeer[];
  readonly pipeline: Omit<AnomalyPipelineProps, 'stream' | 'anomalies' | 'models' | 'archive' | 'traces'>;
  /** Whether workers of the pipeline trace their own steps, for the trace store to keep. @default false */
  readonly ownTraces?: boolean;
}
