import type { Toleration } from './placement';
import { NetworkPeer } from './network-peer';

/** Who answers DNS, and at which port: that of the pods, which policies name. */
export interface DnsServer {
  readonly peer: NetworkPeer;
  /** @default 53 */
  readonly port?: number;
}

/** What an environment knows of its cluster. Where it is silent, a broad default keeps things working. */
export interface ClusterNetworkProps {
  /**
   * Domain behind `svc`.
   *
   * @default 'cluster.local'
   */
  readonly domain?: string;
  /**
   * Who answers DNS.
   *
   * @default - pods labelled `k8s-app: kube-dns` in `kube-system`, those of OpenShift, and NodeLocal DNS at 169.254.20.10
   */
  readonly dns?: readonly DnsServer[];
  /**
   * Address ranges of the API server.
   *
   * @default - any address: where the API server is differs by cluster, and its clients authenticate
   */
  readonly apiServerRanges?: readonly string[];
  /**
   * Ports of the API server: the Service's and, where policies see the address behind it, the server's own.
   *
   * @default [443, 6443, 8443, 16443] - of most clusters, minikube and MicroK8s
   */
  readonly apiServerPorts?: readonly number[];
  /**
   * Address ranges of people and programs outside who use what is exposed.
   *
   * @default - any address
   */
  readonly clientRanges?: readonly string[];
  /**
   * Address ranges of nodes, from which agents on the host network and translated NodePort traffic come.
   *
   * @default - none: agents on the host network may not connect
   */
  readonly nodeRanges?: readonly string[];
  /**
   * Who asks brokers for the lag of consumers, where workloads are scaled by it.
   *
   * @default - pods labelled `app: keda-operator` in `keda`
   */
  readonly lagReaders?: readonly NetworkPeer[];
  /**
   * Class of volumes.
   *
   * @default - the cluster's default class
   */
  readonly storageClass?: string;
  /**
   * Labels of the nodes that pods may run on.
   *
   * @default - any node
   */
  readonly nodeSelector?: Readonly<Record<string, string>>;
  /**
   * Taints that pods tolerate.
   *
   * @default - none
   */
  readonly tolerations?: readonly Toleration[];
}

/** {@link ClusterNetworkProps} with the defaults filled in. */
export class ClusterNetwork {
  readonly domain: string;
  readonly dns: readonly DnsServer[];
  readonly apiServer: readonly NetworkPeer[];
  readonly apiServerPorts: readonly number[];
  readonly clients: readonly NetworkPeer[];
  /** Whether somebody said who the clients are, so that their addresses matter. */
  readonly knowsClients: boolean;
  readonly nodes: readonly NetworkPeer[];
  readonly lagReaders: readonly NetworkPeer[];
  readonly storageClass: string | undefined;
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly Toleration[];

  /** @throws {InvalidPropError} if a range is no CIDR */
  constructor(props: ClusterNetworkProps = {}) {
    this.domain = props.domain ?? 'cluster.local';
    this.dns = props.dns ?? [
      { peer: NetworkPeer.pods('kube-system', { 'k8s-app': 'kube-dns' }) },
      { peer: NetworkPeer.addresses('169.254.20.10/32') },
      {
        peer: NetworkPeer.pods('openshift-dns', { 'dns.operator.openshift.io/daemonset-dns': 'default' }),
        port: 5353,
      },
    ];
    this.apiServer = peersOf(props.apiServerRanges);
    this.apiServerPorts = props.apiServerPorts ?? [443, 6443, 8443, 16443];
    this.clients = peersOf(props.clientRanges);
    this.knowsClients = props.clientRanges !== undefined;
    this.nodes = (props.nodeRanges ?? []).map((range) => NetworkPeer.addresses(range));
    this.lagReaders = props.lagReaders ?? [NetworkPeer.pods('keda', { app: 'keda-operator' })];
    this.storageClass = props.storageClass;
    this.nodeSelector = props.nodeSelector ?? {};
    this.tolerations = props.tolerations ?? [];
  }
}

function peersOf(ranges: readonly string[] | undefined): readonly NetworkPeer[] {
  return ranges?.map((range) => NetworkPeer.addresses(range)) ?? NetworkPeer.anywhere();
}
