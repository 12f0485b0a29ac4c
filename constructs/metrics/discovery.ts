import type { Duration } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-28';
import { ports } from '../contracts';
import type { MetricSource } from '../core/alert';
import { InvalidPropError } from '../core/errors';
import { validName, validPort } from '../core/naming';
import { NetworkPeer } from '../core/network-peer';
import { Platform } from '../core/platform';
import type { Workload } from '../core/workload';
import { apiServerRights, type ApiServerDiscoveryProps } from './api-server-discovery';

/** What a Prometheus finds by itself, by asking the Kubernetes API. */
export interface DiscoveryProps {
  /** Reads the kubelet of every node: how full volumes are, and what containers take (cAdvisor). @default - not read */
  readonly kubelet?: KubeletDiscoveryProps;
  /** Reads the API servers of the cluster: whether it can be changed, and how soon. @default - not read */
  readonly apiServer?: ApiServerDiscoveryProps;
  /** Reads pods of other teams that ask for it by the annotation `prometheus.io/scrape: "true"`. @default - not read */
  readonly annotatedPods?: AnnotatedPodsProps;
}

/**
 * How kubelets are read: at port 10250 of each node, never through the API server, for which one would need `nodes/proxy`, a right to run
 * commands in any pod. The environment has to say `cluster.nodeRanges`.
 */
export interface KubeletDiscoveryProps {
  /**
   * Whether kubelets sign their certificates themselves, as those of kubeadm, kind and minikube do unless `serverTLSBootstrap` is set.
   * Nobody knows then who answers: whoever takes over the address of a node is told a token that may read metrics of kubelets and list
   * what is discovered.
   *
   * @default false: they have certificates of the cluster's authority
   */
  readonly selfSigned?: boolean;
  /** @default - as often as infrastructure is read */
  readonly interval?: Duration;
  /** Metrics that are kept beside those of {@link kubeletMetrics} and {@link cadvisorMetrics}, by name. @default - none */
  readonly metrics?: readonly string[];
}

/**
 * How pods of others are read. `prometheus.io/port`, `/path` and `/scheme` say where, as everywhere; without a port, every port that their
 * containers declare. What is in their answers is not trusted: series are limited, keep the namespace and the pod that they came from, and
 * cannot pass for those of the platform.
 *
 * Policies of theirs, if they have any, have to let it in.
 */
export interface AnnotatedPodsProps {
  /** Namespaces that are looked in, which have to be there. It has rights in no other. @default - all */
  readonly allowedNamespaces?: readonly string[];
  /** Ports that it is let out to. @default - any */
  readonly ports?: readonly number[];
  /** Series of one pod at most; nothing of a pod that has more is kept. @default 5000 */
  readonly samplesPerPod?: number;
  /** Targets at most; if there are more, none is read, and `AnnotatedPodsTooMany` says so before. @default 1000 */
  readonly targets?: number;
  /** @default - as often as anything is read */
  readonly interval?: Duration;
}

/** Sources of metrics beside components. */
export function sourcesOf({ kubelet }: DiscoveryProps): readonly MetricSource[] {
  return kubelet === undefined ? [] : ['kubelet'];
}

/**
 * Gives a Prometheus the rights and opens the ways that it needs to find and read what is asked for, and no others.
 *
 * @throws {InvalidPropError} if the environment does not know the addresses of nodes, or a name or number cannot be
 */
export function grantDiscovery(workload: Workload, { kubelet, apiServer, annotatedPods }: DiscoveryProps): void {
  const { allowedNamespaces } = annotatedPods ?? {};
  const everywhere: k8s.PolicyRule[] = [];
  const reasons: string[] = [];
  if (kubelet !== undefined) {
    everywhere.push(toFind('nodes'), { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] });
    reasons.push('it finds nodes and reads metrics of their kubelets');
    openKubelets(workload);
  }
  if (apiServer !== undefined) {
    everywhere.push(...apiServerRights);
    reasons.push('it finds API servers and reads their metrics');
  }
  if (annotatedPods !== undefined) {
    if (allowedNamespaces === undefined) {
      everywhere.push(toFind('pods'));
      reasons.push('it finds pods of every team that ask to be read');
    }
    for (const namespace of namespacesOf(workload, annotatedPods) ?? []) workload.grantApi(namespace, [toFind('pods')]);
    openPods(workload, annotatedPods);
  }
  if (everywhere.length > 0) workload.grantClusterApi(everywhere, reasons.join(', and '));
}

function toFind(resource: string): k8s.PolicyRule {
  return { apiGroups: [''], resources: [resource], verbs: ['list', 'watch'] };
}

function openKubelets(workload: Workload): void {
  const { nodes } = Platform.of(workload).cluster;
  if (nodes.length === 0)
    throw new InvalidPropError('cluster.nodeRanges', [], `enough for ${workload.name}, which reads kubelets`);
  workload.network.allowOutside('egress', nodes, { port: ports.kubelet }, 'metrics of kubelets');
}

function openPods(workload: Workload, { ports: numbers, ...props }: AnnotatedPodsProps): void {
  const peers = namespacesOf(workload, props)?.map((name) => NetworkPeer.namespace(name)) ?? [
    NetworkPeer.anyNamespace(),
  ];
  const prop = `${workload.node.path}.annotatedPods.ports`;
  const open = numbers?.map((port) => ({ port: validPort(prop, port) })) ?? [{ port: 1, endPort: 65535 }];
  for (const port of open) workload.network.allowOutside('egress', peers, port, 'pods that ask to be read');
}

function namespacesOf(
  workload: Workload,
  { allowedNamespaces }: Pick<AnnotatedPodsProps, 'allowedNamespaces'>,
): readonly string[] | undefined {
  const prop = `${workload.node.path}.annotatedPods.allowedNamespaces`;
  if (allowedNamespaces?.length === 0) throw new InvalidPropError(prop, allowedNamespaces, 'at least one namespace');
  return allowedNamespaces && [...new Set(allowedNamespaces)].map((name) => validName(prop, name));
}
