import { Lazy } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import type { ClusterNetwork } from './cluster-network';
import { compareText } from './content-hash';
import { defined } from './defined';
import { InvalidPropError } from './errors';
import { annotationPrefix, selectorLabels, type Selector } from './naming';
import { NetworkPeer } from './network-peer';
import { Platform } from './platform';

type Direction = 'ingress' | 'egress';

/** How packets reach a port. Pod Security does not ask for it: UDP takes no profile. */
export type Protocol = 'TCP' | 'UDP';

/** A port that a rule opens. */
export interface PolicyPort {
  readonly port: number;
  /** Last port, where `port` is the first of several. @default - `port` alone */
  readonly endPort?: number;
  /** @default 'TCP' */
  readonly protocol?: Protocol;
}

interface PeerRules {
  readonly peer: k8s.NetworkPolicyPeer;
  readonly ports: Map<string, PolicyPort>;
}

/** Options of a {@link PodNetwork}. */
export interface PodNetworkProps {
  readonly selector: Selector;
  readonly labels: Readonly<Record<string, string>>;
  readonly namespace: string;
  readonly cluster: ClusterNetwork;
  /** Whether the pods have the address of their node. @default false */
  readonly hostNetwork?: boolean;
}

/**
 * The one NetworkPolicy of a workload. Both directions are denied but for what is allowed here, by calls that may come
 * from any chart until the app is rendered.
 */
export class PodNetwork extends Construct {
  private readonly rules = { ingress: new Map<string, PeerRules>(), egress: new Map<string, PeerRules>() };
  /** Whom pods may send anything. */
  private readonly everything = new Map<string, k8s.NetworkPolicyPeer>();
  private readonly reasons = new Set<string>();
  private readonly policy: k8s.KubeNetworkPolicy | undefined;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: PodNetworkProps,
  ) {
    super(scope, id);
    const { selector, labels } = props;
    if (Platform.of(this).policies === 'collected') return;
    this.policy = new k8s.KubeNetworkPolicy(this, 'policy', {
      metadata: { name: selector.name, labels: { ...labels } },
      spec: {
        podSelector: { matchLabels: selectorLabels(selector) },
        policyTypes: ['Ingress', 'Egress'],
        ingress: Lazy.any({ produce: () => this.rendered('ingress') }) as k8s.NetworkPolicyIngressRule[],
        egress: Lazy.any({ produce: () => this.rendered('egress') }) as k8s.NetworkPolicyEgressRule[],
      },
    });
  }

  /** What a policy of these pods has to allow, by the wires that there are when it is asked for. */
  get spec(): object {
    return k8s.toJson_NetworkPolicySpec({
      podSelector: { matchLabels: selectorLabels(this.props.selector) },
      policyTypes: ['Ingress', 'Egress'],
      ...defined({ ingress: this.rendered('ingress'), egress: this.rendered('egress') }),
    }) as object;
  }

  /** These pods, as others name them in their policies. */
  get peer(): NetworkPeer {
    return NetworkPeer.pods(this.props.namespace, selectorLabels(this.props.selector));
  }

  /**
   * Lets these pods out to pods of the platform, by name, so DNS is allowed as well; and those let these in.
   *
   * @throws {InvalidPropError} if one of them is on the host network and the environment does not know the addresses of nodes
   */
  connect(to: PodNetwork, port: PolicyPort): void {
    this.allowTo('egress', to, port);
    to.allowTo('ingress', this, port);
    this.allowDns();
  }

  /** A policy sees the node's address of what is on the host network, so it is for all that comes from there. */
  private allowTo(direction: Direction, other: PodNetwork, port: PolicyPort): void {
    const { hostNetwork = false, cluster, selector } = other.props;
    if (!hostNetwork) {
      this.allow(direction, other.peer, port);
      return;
    }
    const { name } = selector;
    if (cluster.nodes.length === 0)
      throw new InvalidPropError('cluster.nodeRanges', [], `enough for ${name}, whose pods have addresses of nodes`);
    this.allowOutside(direction, cluster.nodes, port, `${name}, which is on the host network`);
  }

  /** Questions to the cluster's DNS. */
  allowDns(): void {
    for (const { peer, port = 53 } of this.props.cluster.dns) {
      this.allow('egress', peer, { port, protocol: 'UDP' });
      this.allow('egress', peer, { port });
    }
  }

  /** Calls to the Kubernetes API. */
  allowApiServer(): void {
    for (const peer of this.props.cluster.apiServer) {
      for (const port of this.props.cluster.apiServerPorts) this.allow('egress', peer, { port });
    }
    this.allowDns();
  }

  /**
   * A way out to, or in from, what is not part of the platform. The reason is kept on the policy.
   *
   * @param reason why, as a reviewer should read it
   */
  allowOutside(direction: Direction, peers: readonly NetworkPeer[], port: PolicyPort, reason: string): void {
    for (const peer of peers) this.allow(direction, peer, port);
    if (direction === 'egress') this.allowDns();
    const range = port.endPort === undefined ? '' : `-${port.endPort}`;
    this.explain(`${direction} ${port.port}${range}${port.protocol === 'UDP' ? '/UDP' : ''}: ${reason}`);
  }

  private explain(reason: string): void {
    this.reasons.add(reason);
    this.policy?.metadata.addAnnotation(
      `${annotationPrefix}/outside`,
      Array.from(this.reasons).sort(compareText).join('\n'),
    );
  }

  /**
   * Pings to what is not part of the platform. A policy cannot name ICMP: a rule with ports drops it where network plugins look at it at
   * all, and one without is for everything. So the way is open for every port of these addresses.
   *
   * @param reason why, as a reviewer should read it
   * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-and-other-protocols
   */
  allowPings(peers: readonly NetworkPeer[], reason: string): void {
    for (const each of peers) {
      const peer = each.toPolicyPeer();
      this.everything.set(JSON.stringify(peer), peer);
    }
    this.explain(`egress *: ${reason}`);
  }

  private allow(direction: Direction, to: NetworkPeer, { port, endPort, protocol = 'TCP' }: PolicyPort): void {
    const peer = to.toPolicyPeer();
    const key = JSON.stringify(peer);
    const rules = this.rules[direction].get(key) ?? { peer, ports: new Map<string, PolicyPort>() };
    const range = endPort === undefined ? '' : `-${endPort}`;
    rules.ports.set(`${String(port).padStart(5, '0')}${range}/${protocol}`, {
      port,
      protocol,
      ...defined({ endPort }),
    });
    this.rules[direction].set(key, rules);
  }

  /** An empty list would be dropped by the API server, and be a difference at every sync; the types deny all the same. */
  private rendered(direction: Direction): (k8s.NetworkPolicyIngressRule | k8s.NetworkPolicyEgressRule)[] | undefined {
    const all = direction === 'egress' ? Array.from(this.everything) : [];
    if (this.rules[direction].size + all.length === 0) return undefined;
    const named = Array.from(this.rules[direction])
      .sort(([a], [b]) => compareText(a, b))
      .map(([, { peer, ports }]) => ({
        [direction === 'ingress' ? 'from' : 'to']: [peer],
        ports: Array.from(ports)
          .sort(([a], [b]) => compareText(a, b))
          .map(([, { port, protocol, endPort }]) => ({
            port: k8s.IntOrString.fromNumber(port),
            ...defined({ endPort, protocol }),
          })),
      }));
    return [...named, ...all.sort(([a], [b]) => compareText(a, b)).map(([, peer]) => ({ to: [peer] }))];
  }
}
