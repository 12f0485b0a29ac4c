/** A node that is not there: the scheduler sees its size, and KWOK says that what is scheduled on it runs. */
export interface SimulatedNode {
  readonly cpus: number;
  readonly memoryGiB: number;
  /** Where it is, by the label `topology.kubernetes.io/zone`. @default - nowhere */
  readonly zone?: string;
}

/**
 * What of a node pods may request. The rest is reserved for kubelet, container runtime and system as GKE does
 * (https://cloud.google.com/kubernetes-engine/docs/concepts/plan-node-sizes#resource_reservations), 100 millicores for what
 * else runs on a node, and 100 MiB below which the kubelet evicts.
 */
export function allocatable({ cpus, memoryGiB }: SimulatedNode): { readonly cpu: string; readonly memory: string } {
  const reservedMillicores = 100 + 60 * Math.min(cpus, 1) + 10 * clamp(cpus - 1, 1) + 5 * clamp(cpus - 2, 2);
  const reservedGiB =
    0.25 * clamp(memoryGiB, 4) +
    0.2 * clamp(memoryGiB - 4, 4) +
    0.1 * clamp(memoryGiB - 8, 8) +
    0.06 * clamp(memoryGiB - 16, 112);
  return {
    cpu: `${Math.floor(cpus * 1000 - reservedMillicores)}m`,
    memory: `${Math.floor((memoryGiB - reservedGiB) * 1024 - 100)}Mi`,
  };
}

/** The node as KWOK takes it over. */
export function nodeManifest(name: string, node: SimulatedNode): object {
  const rest = { 'ephemeral-storage': '100Gi', pods: '110' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      annotations: { [managedAnnotation]: 'fake' },
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        ...(node.zone !== undefined && { 'topology.kubernetes.io/zone': node.zone }),
      },
    },
    status: {
      capacity: { cpu: String(node.cpus), memory: `${node.memoryGiB}Gi`, ...rest },
      allocatable: { ...allocatable(node), ...rest },
    },
  };
}

/** Nodes with it are KWOK's. */
export const managedAnnotation = 'kwok.x-k8s.io/node';

function clamp(value: number, most: number): number {
  return Math.min(Math.max(value, 0), most);
}
