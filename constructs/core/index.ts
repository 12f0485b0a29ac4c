export type { Alert, MetricSource, RecordingRule, Severity } from './alert';
export type { IAlertingSink, INotifier } from './alerting';
export type { AutoscalerProps } from './autoscaler';
export { Bucket, Buckets } from './bucket';
export type {
  AccessKey,
  BucketAccess,
  BucketGrant,
  BucketProps,
  IBucket,
  IBucketHost,
  ObjectStoreAccess,
} from './bucket';
export { CertificateIssuer } from './certificate-issuer';
export type {
  CertificateLifetime,
  ExistingIssuerOptions,
  IssuerReference,
  OwnAuthorityOptions,
} from './certificate-issuer';
export { claimFillingAlert } from './claim-alert';
export { choose, needed, optional, present } from './choice';
export type { Choice } from './choice';
export { ClusterNetwork } from './cluster-network';
export type { ClusterNetworkProps, DnsServer } from './cluster-network';
export { Component, componentsIn } from './component';
export type {
  AskedTarget,
  ComponentProps,
  IScrapable,
  ScrapeClass,
  ScrapeCredentials,
  ScrapeIntervals,
  ScrapeTarget,
} from './component';
export { ConfigFile } from './config-file';
export type { ContainerProps } from './container';
export type { ClientTls, Connection, TlsProps, UserCredentials } from './connection';
export { contentHash } from './content-hash';
export { Credentials } from './credentials';
export type { GeneratedSecretProps } from './credentials';
export type { DatabaseAccess, IDatabase } from './database';
export { DaemonSet } from './daemon-set';
export { dashboardModel } from './dashboard';
export type { Dashboard, IDashboardHost, IShowable } from './dashboard';
export type { DataSource, IDataSourceProvider } from './data-source';
export { defined, whereGiven } from './defined';
export type { Defined } from './defined';
export { Deployment } from './deployment';
export { downAlert } from './down-alert';
export type { DeploymentProps } from './deployment';
export { Endpoint, ServiceEndpoint } from './endpoint';
export type { ExternalEndpointOptions, IExposure, ServiceEndpointProps } from './endpoint';
export { PodField } from './env-source';
export type { IEnvSource } from './env-source';
export {
  DuplicateNameError,
  ExposureError,
  FilesTooLargeError,
  InvalidPropError,
  MissingNamespaceError,
  PlatformError,
  PodSecurityError,
  QuotaTooSmallError,
  UnknownNameError,
} from './errors';
export { NodePort } from './exposure';
export type { NodePortOptions } from './exposure';
export { CronJob, Job } from './job';
export type { CronJobProps } from './job';
export type { Lag, LagScaling } from './lag-scaling';
export type { ILogDestination, ILogPushDestination, LogExport, LogPush } from './log-destination';
export type { IMetricsDestination, MetricsExport } from './metrics-destination';
export { Namespace } from './namespace';
export type { NamespaceProps } from './namespace';
export type { NamespaceLimitsProps, QuotaProps } from './namespace-limits';
export { annotationPrefix, labelKeys } from './naming';
export type { Selector } from './naming';
export { NetworkPeer } from './network-peer';
export { inTime, noneAnswers, objectivesOf, requestBounds, served } from './objectives';
export type { InTimeProps, LatencyBudgets, Objectives, ObjectivesProps, ServedProps } from './objectives';
export { originLabels } from './origin';
export type { OriginProps } from './origin';
export { override } from './override';
export type { RenderedManifest } from './override';
export type { PlacementProps, PodOptions, Toleration } from './placement';
export { Platform } from './platform';
export type { PlatformProps } from './platform';
export { PlatformApp, singleFileName } from './platform-app';
export type { Collectors, PlatformAppProps, SingleFileProps } from './platform-app';
export { PlatformCronJob } from './platform-cron-job';
export type { PlatformCronJobProps } from './platform-cron-job';
export { PlatformJob } from './platform-job';
export type { PlatformJobProps } from './platform-job';
export { PodNetwork } from './pod-network';
export type { PodNetworkProps, PolicyPort, Protocol } from './pod-network';
export type { PodUser } from './pod-security';
export type { Priority, PriorityProps } from './priorities';
export { Probe } from './probe';
export type { ProbeTiming } from './probe';
export type { IQueryCache } from './query-cache';
export { grew, ofJobs } from './promql';
export { ReplicatedWorkload } from './replicated-workload';
export type { ReplicatedProps, Spread, SpreadProps } from './replicated-workload';
export type { Resources } from './resources';
export { ruleGroups } from './rule-groups';
export type {
  IEvaluable,
  ILogEvaluable,
  ILogRuleEvaluator,
  IRuleEvaluator,
  IRuler,
  RenderedRule,
  RuleGroup,
  RuleGroupOptions,
} from './rule-groups';
export type {
  AgentDescription,
  ClaimDescription,
  Common,
  FilesDescription,
  PortDescription,
  ProbeDescription,
  Server,
  ServerDescription,
  ServerProps,
  ServerScale,
} from './server-description';
export { ServerCertificate } from './server-tls';
export type { PlatformTlsProps, ServerTls } from './server-tls';
export { SecretRef } from './secret-ref';
export type { SecretKeySpec, SecretPlace, SecretRefProps } from './secret-ref';
export { SecurityProfile } from './security-profile';
export type { AgentProps, BaselineProps, HostPath, PodSecurityLevel } from './security-profile';
export { SecretSource } from './secret-source';
export type { ExistingSecretOptions, ExternalSecretOptions } from './secret-source';
export { Service } from './service';
export type { ServiceProps } from './service';
export { burnRates, Slo, sloDays } from './slo';
export type { BurnRate, SloProps } from './slo';
export { StatefulSet } from './stateful-set';
export type { StatefulSetProps } from './stateful-set';
export type { ChartManifests } from './synthesis';
export { tlsSection, tlsSettings } from './tls-settings';
export type {
  EndpointPath,
  IEventStream,
  ILogStore,
  IMetricsCollector,
  IMetricsStore,
  IObjectStore,
  ITraceStore,
  ReplicaLabels,
} from './stores';
export type { TlsNames, TlsSetting } from './tls-settings';
export { TaskPod } from './task-pod';
export { ofTenant, tenantHeader } from './tenancy';
export { Topic } from './topic';
export type { ConsumeAccess, ITopicHost, StreamAccess, TopicGrant, TopicProps } from './topic';
export type { ITraceDestination, TraceExport } from './trace-destination';
export { unreadyAlert } from './unready-alert';
export type { ProbedPods } from './unready-alert';
export { use } from './use';
export type { Access } from './use';
export type { ClaimProps, ConfigOptions, MountOptions, Volume } from './volume';
export { Workload } from './workload';
export type { WorkloadProps } from './workload';
