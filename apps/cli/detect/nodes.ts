import { z } from 'zod';
import type { ClusterReader } from './reader';

const taint = z.object({ key: z.string(), value: z.string().optional(), effect: z.string() });
const nodeSchema = z.object({
  metadata: z.object({ name: z.string(), labels: z.record(z.string(), z.string()).default({}) }),
  spec: z
    .object({
      podCIDR: z.string().optional(),
      podCIDRs: z.array(z.string()).default([]),
      providerID: z.string().default(''),
      taints: z.array(taint).default([]),
      unschedulable: z.boolean().default(false),
    })
    .prefault({}),
  status: z
    .object({
      addresses: z.array(z.object({ type: z.string(), address: z.string() })).default([]),
      nodeInfo: z.object({ kubeletVersion: z.string() }).prefault({ kubeletVersion: '' }),
    })
    .prefault({}),
});
export type ClusterNode = z.infer<typeof nodeSchema>;
export type Taint = z.infer<typeof taint>;

/** Nodes as they are, `undefined` where they may not be listed. */
export function readNodes(reader: ClusterReader): Promise<readonly ClusterNode[] | undefined> {
  const instead = 'no nodeRanges, so agents on the host network and kubelets are left out; pods run on any node';
  return reader.list({ path: '/api/v1/nodes', right: 'list nodes', instead }, nodeSchema);
}

/** Where nodes are reached from within the cluster. */
export function addressesOf(nodes: readonly ClusterNode[]): readonly string[] {
  return nodes.flatMap(({ status }) =>
    status.addresses.filter(({ type }) => type === 'InternalIP').map(({ address }) => address),
  );
}

/** Ranges that pods get their addresses from, where nodes tell them. */
export function podRangesOf(nodes: readonly ClusterNode[]): readonly string[] {
  return [...new Set(nodes.flatMap(({ spec }) => (spec.podCIDRs.length > 0 ? spec.podCIDRs : (spec.podCIDR ?? []))))];
}

/** Zones that nodes say they are in. */
export function zonesOf(nodes: readonly ClusterNode[]): readonly string[] {
  return [...new Set(nodes.flatMap(({ metadata }) => metadata.labels['topology.kubernetes.io/zone'] ?? []))].sort();
}

/** Who made the cluster, by marks that its makers leave on nodes. */
const marks: readonly { readonly title: string; readonly is: (node: ClusterNode) => boolean }[] = [
  { title: 'k3s', is: ({ status }) => status.nodeInfo.kubeletVersion.includes('+k3s') },
  { title: 'RKE2', is: ({ status }) => status.nodeInfo.kubeletVersion.includes('+rke2') },
  { title: 'EKS', is: ({ status }) => status.nodeInfo.kubeletVersion.includes('-eks-') },
  { title: 'GKE', is: ({ status }) => status.nodeInfo.kubeletVersion.includes('-gke.') },
  { title: 'AKS', is: ({ metadata }) => 'kubernetes.azure.com/cluster' in metadata.labels },
  { title: 'OpenShift', is: ({ metadata }) => 'node.openshift.io/os_id' in metadata.labels },
  { title: 'kind', is: ({ spec }) => spec.providerID.startsWith('kind://') },
  { title: 'minikube', is: ({ metadata }) => 'minikube.k8s.io/name' in metadata.labels },
];

/** Who made the cluster, `undefined` where nothing tells it. */
export function makerOf(nodes: readonly ClusterNode[]): string | undefined {
  return marks.find(({ is }) => nodes.some(is))?.title;
}

const osLabel = 'kubernetes.io/os';
const architectureLabel = 'kubernetes.io/arch';
/** That our images are built for, the commoner first. */
const architectures = ['amd64', 'arm64'];

/** Labels of the nodes that pods may run on: those with Linux and a processor that images are for, where there are others too. */
export function nodeSelectorOf(nodes: readonly ClusterNode[]): Readonly<Record<string, string>> | undefined {
  const selector: Record<string, string> = {};
  const of = (label: string) => nodes.flatMap(({ metadata }) => metadata.labels[label] ?? []);
  if (of(osLabel).some((os) => os !== 'linux')) selector[osLabel] = 'linux';
  const known = of(architectureLabel);
  if (known.some((each) => !architectures.includes(each))) {
    const counted = architectures.map((each) => ({ each, nodes: known.filter((of) => of === each).length }));
    const most = counted.reduce((best, one) => (one.nodes > best.nodes ? one : best));
    if (most.nodes > 0) selector[architectureLabel] = most.each;
  }
  return Object.keys(selector).length === 0 ? undefined : selector;
}

const repelling = ['NoSchedule', 'NoExecute'];

/** Taints of a node that keep pods away and are there to stay: not those of its condition, which come and go. */
function lasting({ spec }: ClusterNode): readonly Taint[] {
  return spec.taints.filter(({ key, effect }) => repelling.includes(effect) && !key.startsWith('node.kubernetes.io/'));
}

/**
 * Taints that must be tolerated for pods to run anywhere: those of the nodes with the fewest, where no node takes pods as it is.
 *
 * @returns none where a node takes pods without
 */
export function neededTolerations(nodes: readonly ClusterNode[]): readonly Taint[] {
  const linux = nodes.filter(({ metadata }) => (metadata.labels[osLabel] ?? 'linux') === 'linux');
  const [fewest = []] = linux.map(lasting).sort((a, b) => a.length - b.length);
  return fewest;
}
