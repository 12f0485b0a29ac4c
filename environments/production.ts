import { Duration } from 'cdk8s';
import {
  AwsRoles,
  CertificateIssuer,
  NetworkPeer,
  SecretSource,
  type BackupSettings,
  type ClusterNetworkProps,
  type ObjectStoreChoice,
  type OriginProps,
  type PlatformTlsProps,
} from '../constructs';
import type { Environment } from './environment';
import { productionSize, type ProductionSize } from './production-sizes';

/** What differs between productions. */
export interface ProductionOptions {
  /** @default - document 002's table */
  readonly size?: ProductionSize;
  /** Where objects are kept, which outlives the cluster. */
  readonly storage: ObjectStoreChoice;
  /** Who signs certificates. @default - cert-manager, by a root of the platform's own */
  readonly tls?: PlatformTlsProps;
  /** Labels of every signal. @default - the cluster is called as the environment is */
  readonly origin?: OriginProps;
  /** Where copies of what is kept are, outside of the cluster and its store. */
  readonly backup: BackupSettings;
  /** What is known of the cluster. @default - nothing, and broad defaults hold */
  readonly cluster?: ClusterNetworkProps;
}

/**
 * What carries a company, as documents 002 and 003 have it: three of what keeps something, encrypted, with users and rights of every
 * workload, each concern in a namespace of its own. Objects are at a service that outlives the cluster.
 */
export function productionOf(options: ProductionOptions): Environment {
  const { size = productionSize, storage, tls = ownTls, origin = { cluster: 'production' }, backup } = options;
  return {
    name: 'production',
    namespaces,
    cluster: options.cluster ?? {},
    origin,
    tls,
    storage,
    objectives: { availability: 99.9, inTime: 99 },
    priorities: {},
    broker: {
      ...size.broker,
      brokers: 3,
      zones: 'required',
      users: SecretSource.generated(),
      retention: Duration.days(3),
      overprovisioned: false,
    },
    cache: { replicas: 3 },
    mimir: size.mimir,
    backup,
    anomalyRetention: Duration.days(90),
    modelVersions: 10,
    archive: { archiveAfter: Duration.days(90), expireAfter: Duration.days(365) },
    tempo: { ...size.tempo, replicas: 3 },
    prometheus: {
      ...size.prometheus,
      replicas: 2,
      scrapeInterval: Duration.seconds(30),
      discovery: { apiServer: {}, annotatedPods: {} },
    },
    logs: { ...size.logs, replicas: 3 },
    alerting: {
      ...size.alerting,
      // People are told within half a minute, also when the replica whose turn it is has just gone: the next waits fifteen seconds for it.
      grouping: { wait: Duration.seconds(10) },
      receivers: {
        'on-call': { pagerDuty: {}, slack: { channel: '#incidents' }, secretMayFollow: true },
        team: { slack: { channel: '#observability' }, secretMayFollow: true },
      },
      routes: [{ severity: 'critical', receiver: 'on-call' }],
      otherwise: 'team',
    },
    // Of the network nothing is measured until `cluster.nodeRanges` says which addresses nodes have.
    nodes: { ...size.nodes, hostNetwork: options.cluster?.nodeRanges !== undefined },
    workloads: { kubelet: false },
    logAgent: {},
    // Lines of applications in the cluster; who sends syslog from outside is given a door and named here.
    logTier: {
      ...size.logTier,
      http: { clients: [NetworkPeer.anyNamespace()] },
      syslog: { clients: [NetworkPeer.anyNamespace()] },
    },
    probes: { probes: [] },
    database: size.database,
    postgresExporter: {},
    grafana: size.grafana,
    otel: size.otel,
    pipeline: {
      partitions: 12,
      retention: Duration.days(3),
      // At 10,000 spans a second a minute is some 90,000 records, which two of each have done by then.
      workers: {
        preprocessing: { autoscaling: { min: 2, max: 6, lagPerPod: 50_000 } },
        'anomaly-detection': { autoscaling: { min: 2, max: 6, lagPerPod: 50_000 } },
      },
    },
    ownTraces: true,
    mlflow: {},
    airflow: { training: {} },
  };
}

/** cert-manager has to be there. */
const ownTls: PlatformTlsProps = {
  ca: 'platform-ca',
  issuer: CertificateIssuer.ownAuthority({ name: 'production-ca' }),
};

/** Namespaces by concern, as document 002 has them; agents of nodes and who makes pods each have one that nobody else is in. */
const namespaces = {
  credentials: 'platform',
  storage: 'platform',
  streaming: 'streaming',
  caches: 'monitoring',
  operations: 'operations',
  metrics: 'monitoring',
  workloads: 'monitoring',
  visualization: 'monitoring',
  databases: 'monitoring',
  network: 'monitoring',
  nodes: 'monitoring-agents',
  logs: 'logging',
  tracing: 'tracing',
  collection: 'tracing',
  alerting: 'alerting',
  anomaly: 'ml',
  models: 'ml',
  learning: 'ml-training',
} as const;

/** What is to be replaced by one's own: an account of AWS that nobody has, in which roles are and buckets begin with a name of their own. */
export const exampleProduction: ProductionOptions = {
  storage: {
    external: {
      region: 'eu-central-1',
      bucketPrefix: 'example-',
      roles: new AwsRoles({ account: '111122223333' }),
      reconcile: {},
    },
  },
  backup: {
    to: {
      region: 'eu-west-1',
      bucket: 'example-copies',
      credentials: SecretSource.external({ store: 'platform', path: 'plumbline/production' }),
    },
  },
};

/** Documents 002's and 003's environment, with {@link exampleProduction}. */
export const production: Environment = productionOf(exampleProduction);
