import { Duration, Size } from 'cdk8s';
import {
  Access,
  defined,
  Endpoint,
  NetworkPeer,
  NetworkTopology,
  SyntheticProbe,
  type AutoscalerProps,
  type ClusterNetworkProps,
  type OriginProps,
} from '../constructs';
import { enterpriseSizes, type EnterpriseSize } from './enterprise-sizes';
import type { Environment } from './environment';

/** Parts that people reach. */
export type EnterpriseDoor = 'alertmanager' | 'grafana' | 'loki' | 'prometheus' | 'smokeping' | 'paths' | 'tempo';

/** 004's ports of nodes. */
export const enterprisePorts = {
  prometheus: 30090,
  grafana: 30300,
  loki: 30310,
  tempo: 30320,
  smokeping: 30800,
  paths: 30808,
  alertmanager: 30930,
} as const satisfies Record<EnterpriseDoor, number>;

/** Addresses that no network hands out to the internet. Whoever knows the own ones says those: fewer is better. */
const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'];

/** What differs between enterprises; each has a default of document 004. */
export interface EnterpriseOptions {
  /** @default - that of its values: `enterpriseSizes.small` */
  readonly size?: EnterpriseSize;
  /** How people reach parts. @default - 004's ports of nodes, for private addresses */
  readonly access?: Access<EnterpriseDoor>;
  /** Labels of every signal. @default - the cluster is called as the environment is */
  readonly origin?: OriginProps;
  /** Added to what is known of the cluster; `nodeSelector: {}` for any node. @default - pods are on nodes labelled `ao-node: observability` */
  readonly cluster?: ClusterNetworkProps;
  /**
   * Namespaces of teams that may send signals, and whose pods are read if they ask for it. They have to be there.
   *
   * @default - all; 004's own value is the platform alone, to which no application could send anything
   */
  readonly allowedNamespaces?: readonly string[];
  /** The network between sites, and the one where this is. Without it neither Smokeping nor paths are measured. @default - none */
  readonly network?: EnterpriseNetwork;
  /** Endpoints that are probed beside the platform's own and the ends of links. @default - none */
  readonly probes?: readonly SyntheticProbe[];
  /** A MongoDB and a Redis of teams, each with its exporter. @default - none */
  readonly databases?: { readonly mongodb?: Endpoint; readonly redis?: Endpoint };
}

/** Where an environment is in the network that it measures. */
export interface EnterpriseNetwork {
  readonly topology: NetworkTopology;
  /** One of its sites. */
  readonly site: string;
}

/** 004's autoscaling of Grafana. Stores have none: `docs/decisions/stores-are-not-autoscaled.md`. */
export const grafanaScaling: AutoscalerProps = { minReplicas: 2, maxReplicas: 5, cpuPercent: 60 };

const namespace = 'ao-os';

/**
 * An enterprise's observability, as document 004 has it: stores, collectors, alerts and exporters in one namespace that admits restricted pods
 * alone, agents of nodes in one beside it, and the pipeline that names the service that broke. A part whose value is left out is not there, and
 * one that is `{ external: … }` is somebody else's.
 */
export function enterpriseOf(options: EnterpriseOptions = {}): Environment {
  const {
    size = enterpriseSizes.small,
    access = Access.nodePorts(enterprisePorts, { clientRanges: privateRanges }),
    origin = { cluster: 'enterprise' },
    allowedNamespaces,
    network,
    probes = [],
    databases = {},
  } = options;
  const clients = allowedNamespaces?.map((name) => NetworkPeer.namespace(name));
  return {
    name: 'enterprise',
    defaultNamespace: namespace,
    namespaces: { nodes: `${namespace}-agents` },
    cluster: { nodeSelector: { 'ao-node': 'observability' }, ...options.cluster },
    origin,
    broker: {
      volume: { size: Size.gibibytes(20) },
      resources: { cpu: '1', cpuLimit: '1', memory: '2Gi', memoryLimit: '2Gi' },
    },
    storage: size.storage,
    anomalyRetention: Duration.days(30),
    tempo: { ...size.tempo, ...access.door('tempo') },
    prometheus: {
      ...size.prometheus,
      ...access.page('prometheus'),
      scrapeInterval: Duration.seconds(30),
      scrapeIntervals: { infrastructure: Duration.seconds(15), network: Duration.seconds(60) },
      // Kubelets and what containers take are read as well once `cluster.nodeRanges` is known: `kubelet: {}`.
      discovery: { apiServer: {}, annotatedPods: defined({ allowedNamespaces }) },
    },
    logs: { ...size.logs, ...access.door('loki') },
    alerting: {
      ...size.alerting,
      ...access.page('alertmanager'),
      receivers: { team: { slack: { channel: '#observability' }, secretMayFollow: true } },
      otherwise: 'team',
    },
    // Of the network nothing is measured until `cluster.nodeRanges` says which addresses nodes have.
    nodes: { ...size.nodes, hostNetwork: options.cluster?.nodeRanges !== undefined },
    workloads: { kubelet: false },
    logAgent: defined({ allowedNamespaces }),
    probes: {
      probes: [...probes, ...(network?.topology.probesFrom(network.site) ?? [])],
      ...defined({ from: network?.topology.placeOf(network.site) }),
    },
    ...(network !== undefined && measured(network, access)),
    database: size.database,
    postgresExporter: {},
    ...defined({
      redisExporter: databases.redis && { server: databases.redis, secretMayFollow: true },
      mongodbExporter: databases.mongodb && { server: databases.mongodb, secretMayFollow: true },
    }),
    grafana: { ...access.page('grafana'), resources: size.grafana.resources, autoscaler: grafanaScaling },
    otel: { ...size.otel, ...defined({ clients }) },
    pipeline: { partitions: 6, retention: Duration.days(1), ...grafanaUrl(access) },
  };
}

/** What looks at the ends of a site's links. */
function measured(
  { topology, site }: EnterpriseNetwork,
  access: Access<EnterpriseDoor>,
): Pick<Environment, 'smokeping' | 'paths'> {
  const targets = topology.targetsFrom(site);
  return {
    smokeping: { targets, ...access.door('smokeping') },
    paths: { targets, ...access.door('paths') },
  };
}

/** Where links in messages lead to. */
function grafanaUrl(access: Access<EnterpriseDoor>): { readonly grafanaUrl?: string } {
  return defined({ grafanaUrl: access.url('grafana').url });
}

/** A network to be replaced by one's own: its addresses are those that are kept for documentation, and nobody answers there. */
export const exampleNetwork = new NetworkTopology({
  regions: ['eu-central', 'us-east'],
  sites: {
    berlin: { region: 'eu-central', provider: 'own' },
    frankfurt: { region: 'eu-central', provider: 'aws' },
    virginia: { region: 'us-east', provider: 'azure' },
  },
  links: {
    'berlin-frankfurt': { from: 'berlin', to: 'frankfurt', host: '192.0.2.10', roundTrip: Duration.millis(40) },
    'berlin-virginia': { from: 'berlin', to: 'virginia', host: '198.51.100.10' },
  },
});

/** What is to be replaced by one's own, or left out: hosts below `example.org`, and the network. Until then alerts say that they do not answer. */
export const exampleOptions: EnterpriseOptions = {
  origin: { cluster: 'enterprise', cloud: 'own', site: 'berlin' },
  network: { topology: exampleNetwork, site: 'berlin' },
  probes: [
    SyntheticProbe.gateway('api-gateway', 'https://api.example.org/'),
    SyntheticProbe.cdn('cdn', 'https://cdn.example.org/'),
    SyntheticProbe.dns('name-server', '192.0.2.53', { query: 'example.org' }),
  ],
  databases: {
    mongodb: Endpoint.external('mongodb.example.org', 27017),
    redis: Endpoint.external('redis.example.org', 6379),
  },
};

/** Document 004's environment, of the size `small`, with {@link exampleOptions}. */
export const enterprise: Environment = enterpriseOf(exampleOptions);
