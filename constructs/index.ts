export { Alertmanager } from './alerting/alertmanager';
export type { AlertmanagerProps } from './alerting/alertmanager';
export { alertmanagerConfig } from './alerting/alertmanager-config';
export type { AlertmanagerConfigOptions } from './alerting/alertmanager-config';
export type { ExternalAlertmanagerProps } from './alerting/external-alertmanager';
export type {
  ConnectedReceiver,
  ConnectedSmtp,
  ReceiverProps,
  ServiceOfOthers,
  SmtpProps,
  WebhookProps,
} from './alerting/receivers';
export type { MessageProps } from './alerting/messages';
export type { AlertRoute, GroupingProps, TimeInterval, TimeIntervals } from './alerting/routing';
export { AnomalyPipeline, defaultResources } from './anomaly/anomaly-pipeline';
export type { AnomalyPipelineProps, WorkerScaling, WorkerSizing } from './anomaly/anomaly-pipeline';
export type { PipelineTopics } from './anomaly/pipeline-topics';
export { Worker } from './anomaly/worker';
export type { WorkerProps } from './anomaly/worker';
export { AutoInstrumentation } from './applications/auto-instrumentation';
export type { AutoInstrumentationProps, InjectionProps, Language } from './applications/auto-instrumentation';
export { ExternalTargets } from './applications/external-targets';
export type { ExternalTargetProps, ExternalTargetsProps } from './applications/external-targets';
export { FastApiTarget } from './applications/fastapi-target';
export type { FastApiTargetProps } from './applications/fastapi-target';
export { JenkinsTarget } from './applications/jenkins-target';
export type { JenkinsTargetProps } from './applications/jenkins-target';
export { environmentOf, instrument, instrumentContainer } from './applications/open-telemetry';
export type {
  ApplicationProps,
  GuestProps,
  InstrumentationProps,
  OtlpProtocol,
  Propagator,
  Sampler,
} from './applications/open-telemetry';
export type { ExternalQueryCacheProps } from './caches/external-query-cache';
export { Memcached } from './caches/memcached';
export type { MemcachedProps } from './caches/memcached';
export { aggregatorConfig } from './collection/aggregator-config';
export type { AggregatorConfigOptions, TailPolicy } from './collection/aggregator-config';
export type { CollectorConfig, CollectorPipeline } from './collection/collector-config';
export { ingestorConfig } from './collection/ingestor-config';
export type { IngestorConfigOptions } from './collection/ingestor-config';
export { OtelTier } from './collection/otel-tier';
export type { AggregatorProps, IngestorProps, OtelTierProps } from './collection/otel-tier';
export { redactionOf } from './collection/redaction';
export type { HashedAttributes, Redaction, RedactionProps } from './collection/redaction';
export { redactionStatements } from './collection/redaction-statements';
export { normalizationStatements } from './collection/semantic-conventions';
export type { Signal } from './collection/signal';
export type { TraceProtocol } from './collection/trace-protocols';
export { ValuePattern } from './collection/value-pattern';
export type { MatchingOptions, ValueRule } from './collection/value-pattern';
export * from './core';
export * as dashboards from './dashboards';
export type { ExternalDatabaseProps } from './databases/external-database';
export { MongodbExporter } from './databases/mongodb-exporter';
export type { MongodbExporterProps } from './databases/mongodb-exporter';
export { Postgres } from './databases/postgres';
export type { PostgresProps } from './databases/postgres';
export { postgresConfig } from './databases/postgres-config';
export type { PostgresConfigOptions, PostgresSetting } from './databases/postgres-config';
export { PostgresExporter } from './databases/postgres-exporter';
export type { PostgresExporterProps } from './databases/postgres-exporter';
export { RedisExporter } from './databases/redis-exporter';
export type { RedisExporterProps } from './databases/redis-exporter';
export { Access } from './doors/access';
export type { HostNamesOptions, NodePortAccess, NodePortsOptions } from './doors/access';
export type { BackendAuthority } from './doors/backend-tls';
export { GatewayRoute } from './doors/gateway-route';
export type { GatewayProps, GatewayRouteOptions } from './doors/gateway-route';
export { GatewayTracing } from './doors/gateway-tracing';
export type { GatewayTracingProps } from './doors/gateway-tracing';
export { Ingress } from './doors/ingress';
export type { IngressOptions } from './doors/ingress';
export { DemoShop } from './examples/demo-shop';
export type { DemoShopPart, DemoShopProps } from './examples/demo-shop';
export { ArgoCd } from './gitops/argo-cd';
export type { ArgoCdProps, GitRepository } from './gitops/argo-cd';
export { imageReference, images } from './images';
export type { Image, ImageRegistries } from './images';
export { KubeStateMetrics } from './infrastructure/kube-state-metrics';
export type { KubeStateMetricsProps } from './infrastructure/kube-state-metrics';
export type { KubeObjects } from './infrastructure/kube-objects';
export { NodeExporter } from './infrastructure/node-exporter';
export type { NodeExporterProps } from './infrastructure/node-exporter';
export { nodesDashboard } from './infrastructure/nodes-dashboard';
export { workloadsDashboard } from './infrastructure/workloads-dashboard';
export type { WorkloadsDashboardOptions } from './infrastructure/workloads-dashboard';
export { Airflow, useTrigger } from './learning/airflow';
export type { AirflowProps, AirflowTrainingProps, TrainingTrigger } from './learning/airflow';
export { Mlflow } from './learning/mlflow';
export type { MlflowProps } from './learning/mlflow';
export { useRegistry } from './learning/model-registry';
export type { ExternalModelRegistryProps, IModelRegistry, RegistryAccess } from './learning/model-registry';
export type { TrainerProps, TrainerWires } from './learning/trainer';
export { trainingDag, trainingSteps } from './learning/training-dag';
export { TrainingSchedule } from './learning/training-schedule';
export type { TrainingScheduleProps } from './learning/training-schedule';
export { ExternalLogStore } from './logs/external-log-store';
export type { ExternalLogStoreProps } from './logs/external-log-store';
export { LogAgent } from './logs/log-agent';
export type { LogAgentProps } from './logs/log-agent';
export { logAgentConfig } from './logs/log-agent-config';
export type { LogAgentConfigOptions } from './logs/log-agent-config';
export { logLevels } from './logs/log-levels';
export type { LogLevel } from './logs/log-levels';
export type { DroppedLines, LogStagesOptions, MultilineProps } from './logs/log-stages';
export { applicationLogAlerts, errorLines, failedLoginLines } from './logs/log-alerts';
export type { LogAlertsProps, LogPatternProps, LogVolumeProps } from './logs/log-alerts';
export { Loki } from './logs/loki';
export type { LokiProps } from './logs/loki';
export { lokiConfig } from './logs/loki-config';
export type { LokiConfigOptions, LokiRulerOptions } from './logs/loki-config';
export { VectorTier } from './logs/vector-tier';
export type { LineSendersProps, VectorTierProps } from './logs/vector-tier';
export { vectorConfig } from './logs/vector-config';
export type { SyslogProtocol, VectorConfigOptions } from './logs/vector-config';
export { apiServerDashboard } from './metrics/api-server-dashboard';
export { apiServerMetrics } from './metrics/api-server-discovery';
export type { ApiServerDiscoveryProps } from './metrics/api-server-discovery';
export type { AnnotatedPodsProps, DiscoveryProps, KubeletDiscoveryProps } from './metrics/discovery';
export { cadvisorMetrics, discoveryJobs, kubeletMetrics } from './metrics/discovery-config';
export { Mimir } from './metrics/mimir';
export type { MimirProps } from './metrics/mimir';
export type { MimirCaches } from './metrics/mimir-config';
export type { TenantLimits } from './metrics/mimir-limits';
export { PodMonitors } from './metrics/pod-monitors';
export type { PodMonitorsProps } from './metrics/pod-monitors';
export { PrometheusRules } from './metrics/prometheus-rules';
export type { PrometheusRulesProps } from './metrics/prometheus-rules';
export { Prometheus } from './metrics/prometheus';
export type { PrometheusProps } from './metrics/prometheus';
export type { ExternalMetricsStoreProps } from './metrics/external-metrics-store';
export { prometheusConfig } from './metrics/prometheus-config';
export type { PrometheusConfigOptions } from './metrics/prometheus-config';
export { BlackboxExporter } from './network/blackbox-exporter';
export type { BlackboxExporterProps } from './network/blackbox-exporter';
export type {
  ConversationStep,
  DnsQuestion,
  Expectation,
  HttpQuestion,
  ProbeCredential,
  ProbeModule,
} from './network/probe-modules';
export type { HostPort } from './network/probe-parts';
export { SyntheticProbe } from './network/synthetic-probe';
export type {
  CdnProbeProps,
  DnsProbeProps,
  EncryptedProbeProps,
  GatewayProbeProps,
  HttpProbeProps,
  ProbeKind,
  ProbeProps,
  TcpProbeProps,
  TlsProbeProps,
} from './network/synthetic-probe';
export { platformProbes } from './network/platform-probes';
export type { PlatformEndpoints } from './network/platform-probes';
export { PathMonitor } from './network/path-monitor';
export type { PathMonitorProps } from './network/path-monitor';
export { Smokeping } from './network/smokeping';
export type { SmokepingProps } from './network/smokeping';
export type { NetworkLimits } from './network/smokeping-alerts';
export type { NetworkTarget } from './network/target';
export { NetworkTopology } from './network/topology';
export type { NetworkLink, NetworkPlace, NetworkSite, NetworkTopologyProps } from './network/topology';
export { ServiceLevels } from './objectives/service-levels';
export { Backup } from './operations/backup';
export type { BackupProps, BackupRun, BackupSettings } from './operations/backup';
export type { BackupDestination } from './operations/backup-destination';
export { CertificateRestarts } from './operations/certificate-restarts';
export type { CertificateRestartsProps } from './operations/certificate-restarts';
export * as sizing from './sizing';
export { AwsRoles } from './storage/aws-roles';
export type { AwsRolesProps } from './storage/aws-roles';
export type { ReconciledBucketsProps } from './storage/buckets-job';
export { ExternalObjectStore } from './storage/external-object-store';
export type { ExternalObjectStoreProps } from './storage/external-object-store';
export { ObjectStore } from './storage/object-store';
export type { ObjectStoreProps } from './storage/object-store';
export type { ExternalEventStreamProps } from './streaming/external-event-stream';
export { KafkaTopics } from './streaming/kafka-topics';
export type { KafkaTopicsProps } from './streaming/kafka-topics';
export { RedpandaBroker } from './streaming/redpanda-broker';
export type { RedpandaBrokerProps } from './streaming/redpanda-broker';
export { clusterProperties, nodeConfig } from './streaming/redpanda-config';
export type { ClusterProperties, ClusterPropertiesOptions, NodeConfigOptions } from './streaming/redpanda-config';
export type { TieredStorageProps } from './streaming/redpanda-tiered-storage';
export type { ExternalTraceStoreProps } from './tracing/external-trace-store';
export { tempoConfig } from './tracing/tempo-config';
export type { TempoConfigOptions } from './tracing/tempo-config';
export { TempoMonolith } from './tracing/tempo-monolith';
export type { TempoMonolithProps } from './tracing/tempo-monolith';
export {
  alertingSink,
  dashboardHost,
  databaseServer,
  eventStream,
  logStore,
  metricsStore,
  objectStore,
  traceStore,
} from './stores';
export type {
  AlertingChoice,
  DashboardHostChoice,
  DashboardHostWires,
  DatabaseChoice,
  EventStreamChoice,
  EventStreamWires,
  LogStoreChoice,
  LogStoreWires,
  MetricsStoreChoice,
  MetricsStoreWires,
  ObjectStoreChoice,
  TraceStoreChoice,
  TraceStoreWires,
} from './stores';
export { version } from './version';
export { ExternalGrafana } from './visualization/external-grafana';
export type { ExternalGrafanaProps } from './visualization/external-grafana';
export { Grafana } from './visualization/grafana';
export type { GrafanaProps } from './visualization/grafana';
export type { GrafanaScaleProps } from './visualization/grafana-replicas';
export { dataSources } from './visualization/grafana-config';
export type { ConnectedSource } from './visualization/grafana-config';
