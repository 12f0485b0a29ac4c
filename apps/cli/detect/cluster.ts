import { Code, quoted, literal, type Property } from './code';
import type { ClusterFacts } from './facts';
import { addressesOf, neededTolerations, nodeSelectorOf, podRangesOf, zonesOf, type Taint } from './nodes';
import { overlap, rangesAround, single } from './ranges';
import { chooseStorage } from './storage';

/** What is written of a cluster, and what its reader is to know. */
export interface ClusterPlan {
  /** Fields of `cluster`, in the order of `ClusterNetworkProps`. */
  readonly properties: readonly Property[];
  readonly warnings: readonly string[];
  readonly knowsNodes: boolean;
}

/** What facts say of the cluster; what they do not say has its broad default. */
export function planCluster(facts: ClusterFacts): ClusterPlan {
  const { dns, domain, apiServer, nodes, classes, others } = facts;
  const warnings: string[] = [];
  const properties: Property[] = [];
  const add = (key: string, value: unknown, why?: string) =>
    properties.push({ key, value, ...(why !== undefined && { why }) });

  if (domain !== undefined) add('domain', domain);
  if (dns !== undefined) {
    const pods = dns.pods.map(({ namespace, labels, port }) => ({
      peer: peer(namespace, labels),
      ...(port !== 53 && { port }),
    }));
    const caches = dns.caches.map((address) => ({
      peer: new Code(`NetworkPeer.addresses(${quoted(single(address))})`),
    }));
    add('dns', [...pods, ...caches]);
  }
  const addresses = addressesOf(nodes ?? []);
  if (apiServer !== undefined) {
    // Servers on our own nodes stay where they are; a provider moves its own without a word.
    if (apiServer.addresses.every((address) => addresses.includes(address))) {
      const ranges = [...apiServer.addresses, ...apiServer.clusterIps].map(single);
      add(
        'apiServerRanges',
        ranges,
        'Its nodes and its Service; one more node of the control plane is one more address.',
      );
    }
    add('apiServerPorts', apiServer.ports);
  }
  const ranges = rangesAround(addresses);
  if (ranges.length > 0) {
    add(
      'nodeRanges',
      ranges,
      `Around the addresses of ${addresses.length} nodes; narrow or widen it to the subnets that nodes get theirs of.`,
    );
    const shared = podRangesOf(nodes ?? []).filter((pods) => ranges.some((range) => overlap(range, pods)));
    if (shared.length > 0) {
      warnings.push(
        `nodeRanges hold addresses of pods, too (${shared.join(', ')}): policies that let nodes in let those pods in`,
      );
    }
  }
  if (others.keda !== undefined) {
    add('lagReaders', [peer(others.keda.namespace, others.keda.labels)], 'KEDA, which may scale workers by their lag.');
  }
  if (classes !== undefined) {
    const { used, isNamed, warnings: ofStorage } = chooseStorage(classes, zonesOf(nodes ?? []));
    if (used !== undefined && isNamed) add('storageClass', used.metadata.name);
    warnings.push(...ofStorage);
  }
  const selector = nodeSelectorOf(nodes ?? []);
  if (selector !== undefined) add('nodeSelector', selector, 'There are other nodes, too.');
  const taints = neededTolerations(nodes ?? []);
  if (taints.length > 0) {
    add('tolerations', taints.map(toleration), 'No node takes pods without.');
    const names = taints.map(({ key, effect }) => `${key}:${effect}`).join(', ');
    warnings.push(
      `every node has a taint, so pods tolerate ${names}: take a node without one, if it is meant to keep others away`,
    );
  }
  return { properties, warnings, knowsNodes: ranges.length > 0 };
}

/** `NetworkPeer.pods('kube-system', { 'k8s-app': 'kube-dns' })`. */
export function peer(namespace: string, labels: Readonly<Record<string, string>>): Code {
  const call = `NetworkPeer.pods(${quoted(namespace)}, `;
  return new Code((indent) => `${call}${literal(labels, indent, `${call}),`.length)})`);
}

function toleration({ key, value, effect }: Taint): object {
  return { key, ...(value === undefined || value === '' ? { operator: 'Exists' } : { value }), effect };
}
