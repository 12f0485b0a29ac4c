import { Duration, Size } from 'cdk8s';
import {
  Access,
  defined,
  NetworkPeer,
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
    database: size.database,
    grafana: { ...access.page('grafana'), resources: size.grafana.resources, autoscaler: grafanaScaling },
    otel: { ...size.otel, ...defined({ clients }) },
    pipeline: { partitions: 6, retention: Duration.days(1), ...grafanaUrl(access) },
  };
}

/** Where links in messages lead to. */
function grafanaUrl(access: Access<EnterpriseDoor>): { readonly grafanaUrl?: string } {
  return defined({ grafanaUrl: access.url('grafana').url });
}

/** Document 004's environment, of the size `small`. */
export const enterprise: Environment = enterpriseOf();
