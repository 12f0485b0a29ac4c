import type { Workload } from './cluster';
import { Cluster } from './cluster';
import type { KubeObject } from './model';
import { parseQuantity } from './quantity';

/** What an environment asks of the cluster. */
export interface ResourceSums {
  /** Requested CPU, cores. */
  readonly cpu: number;
  /** Requested memory, bytes. */
  readonly memory: number;
  /** Size of all claims, bytes. */
  readonly storage: number;
}

/**
 * Requests of all pods and sizes of all claims. A pod's request is what the scheduler takes: its containers and sidecars
 * together, or its largest init container. Jobs count like any other pod; autoscaled workloads with their minimum.
 */
export function sumResources(objects: readonly KubeObject[]): ResourceSums {
  const { workloads } = new Cluster(objects);
  const claims = objects
    .filter(({ kind }) => kind === 'PersistentVolumeClaim')
    .map((object) => storageOf(object as unknown as Workload['claims'][number]));
  const templates = workloads.flatMap(({ claims: each, replicas }) => each.map((claim) => storageOf(claim) * replicas));
  return {
    cpu: total(workloads.map((workload) => podRequest(workload, 'cpu') * workload.replicas)),
    memory: total(workloads.map((workload) => podRequest(workload, 'memory') * workload.replicas)),
    storage: total([...claims, ...templates]),
  };
}

/** What the scheduler takes for one pod: cores, or bytes. */
export function podRequest({ containers }: Workload, resource: 'cpu' | 'memory'): number {
  const requests = containers.map(({ container, role }) => ({
    role,
    amount: parseQuantity(String(container.resources?.requests?.[resource] ?? 0)),
  }));
  const together = total(requests.filter(({ role }) => role !== 'init').map(({ amount }) => amount));
  return Math.max(together, ...requests.map(({ amount }) => amount));
}

function storageOf({ spec }: Workload['claims'][number]): number {
  return parseQuantity(String(spec?.resources?.requests?.storage ?? 0));
}

function total(amounts: readonly number[]): number {
  return amounts.reduce((sum, amount) => sum + amount, 0);
}
