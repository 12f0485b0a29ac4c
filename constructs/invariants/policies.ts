import type {
  V1NetworkPolicy,
  V1NetworkPolicyEgressRule,
  V1NetworkPolicyIngressRule,
  V1NetworkPolicyPeer,
  V1NetworkPolicyPort,
} from '@kubernetes/client-node';

import { allPods, matchesLabels, type Cluster, type Typed, type Workload } from './cluster';
import { containerPorts, type PodPort } from './ports';

export type Direction = 'ingress' | 'egress';

/** One rule of a policy, the same shape for both directions. */
export interface Rule {
  readonly policy: Typed<V1NetworkPolicy>;
  readonly direction: Direction;
  readonly path: string;
  /** `undefined` means everybody. */
  readonly peers: readonly V1NetworkPolicyPeer[] | undefined;
  /** `undefined` means every port. */
  readonly ports: readonly V1NetworkPolicyPort[] | undefined;
}

/** Rules of a policy with an absent list and an empty one made the same, as the API has it. */
export function rulesOf(policy: Typed<V1NetworkPolicy>): readonly Rule[] {
  const { ingress = [], egress = [] } = policy.value.spec ?? {};
  const rule = (
    direction: Direction,
    index: number,
    peers: V1NetworkPolicyPeer[] | undefined,
    { ports }: V1NetworkPolicyIngressRule | V1NetworkPolicyEgressRule,
  ): Rule => ({
    policy,
    direction,
    path: `spec.${direction}[${index}]`,
    peers: peers?.length === 0 ? undefined : peers,
    ports: ports?.length === 0 ? undefined : ports,
  });
  return [
    ...ingress.map((each, index) => rule('ingress', index, each.from, each)),
    ...egress.map((each, index) => rule('egress', index, each.to, each)),
  ];
}

/** Policies that select the pods of `workload`. */
export function policiesOf(workload: Workload, cluster: Cluster): readonly Typed<V1NetworkPolicy>[] {
  return cluster.policies.filter(
    ({ namespace, value }) =>
      namespace === workload.namespace && matchesLabels(value.spec?.podSelector ?? allPods, workload.labels),
  );
}

/** Whether the policies at one end let `from` talk to `port` of `to`; the other end is not looked at. */
export function allows(direction: Direction, from: Workload, to: Workload, port: PodPort, cluster: Cluster): boolean {
  const [guarded, other] = direction === 'egress' ? [from, to] : [to, from];
  // The network of the node is not subject to policies.
  if (guarded.pod.hostNetwork === true) return true;
  const type = direction === 'egress' ? 'Egress' : 'Ingress';
  const policies = policiesOf(guarded, cluster).filter(({ value }) => policyTypes(value).includes(type));
  if (policies.length === 0) return true;
  return policies
    .flatMap(rulesOf)
    .some(
      (rule) =>
        rule.direction === direction &&
        (rule.peers === undefined ||
          rule.peers.some((peer) => matchesPeer(peer, rule.policy.namespace, other, cluster))) &&
        coversPort(rule, to, port),
    );
}

/** Directions a policy isolates: those it names, by default ingress, and egress where it has egress rules. */
export function policyTypes({ spec }: V1NetworkPolicy): readonly string[] {
  return spec?.policyTypes ?? (spec?.egress === undefined ? ['Ingress'] : ['Ingress', 'Egress']);
}

/** Whether a peer of a policy in `namespace` means the pods of `workload`; address blocks mean pods on the host network only. */
export function matchesPeer(
  { podSelector, namespaceSelector, ipBlock }: V1NetworkPolicyPeer,
  namespace: string,
  workload: Workload,
  cluster: Cluster,
): boolean {
  if (ipBlock !== undefined || workload.pod.hostNetwork === true)
    return (ipBlock !== undefined) === (workload.pod.hostNetwork === true);
  const inNamespace =
    namespaceSelector === undefined
      ? workload.namespace === namespace
      : matchesLabels(namespaceSelector, cluster.namespaceLabels(workload.namespace) ?? {});
  return inNamespace && matchesLabels(podSelector ?? allPods, workload.labels);
}

/** Whether a rule's ports include `port` of the pods of `to`; names are looked up at the receiving pod. */
export function coversPort({ ports }: Rule, to: Workload, { port, protocol }: PodPort): boolean {
  if (ports === undefined) return true;
  return ports.some((each) => {
    if ((each.protocol ?? 'TCP') !== protocol) return false;
    if (each.port === undefined) return true;
    if (typeof each.port === 'string') {
      return containerPorts(to).some(({ name, containerPort }) => name === each.port && containerPort === port);
    }
    return port >= each.port && port <= (each.endPort ?? each.port);
  });
}

/** Whether a rule opens a TCP or UDP port by number to whom it names. */
export function opensPort({ ports }: Rule, port: number, protocol: string): boolean {
  if (ports === undefined) return true;
  return ports.some(
    (each) =>
      (each.protocol ?? 'TCP') === protocol &&
      (each.port === undefined ||
        (typeof each.port === 'number' && port >= each.port && port <= (each.endPort ?? each.port))),
  );
}
