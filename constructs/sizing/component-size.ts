/** What pays for a component, where a signal does. */
export type SizedSignal = 'traces' | 'metrics' | 'logs' | 'all';

/** How large one component has to be. */
export interface ComponentSize {
  /** As workloads are named. */
  readonly name: string;
  /** Whose load it carries. */
  readonly signal: SizedSignal;
  readonly replicas: number;
  /** Cores of each replica. */
  readonly cores: number;
  /** Of each replica. */
  readonly memoryBytes: number;
  /** Volume of each replica; 0 for none. */
  readonly diskBytes: number;
  /** What it keeps in the object store, of all replicas together. */
  readonly objectBytes: number;
  /** What is not as it should be, or is no consequence of the load; sentences. */
  readonly notes: readonly string[];
}

/** What a component takes altogether, before it is cut into replicas. */
export interface Demand extends Pick<ComponentSize, 'name' | 'signal'> {
  /** Cores that are busy. */
  readonly busyCores: number;
  /** Memory that each replica takes whatever comes. */
  readonly baseBytes: number;
  /** Memory that follows from the load, of all replicas together. @default 0 */
  readonly loadBytes?: number;
  /** Of all replicas together. @default 0 */
  readonly diskBytes?: number;
  /** Each replica takes it beside its part of {@link diskBytes}. @default 0 */
  readonly baseDiskBytes?: number;
  /** @default 0 */
  readonly objectBytes?: number;
  /** Fewest replicas. @default 1 */
  readonly least?: number;
  /** Most replicas; one for what keeps one state. @default - as many as are needed */
  readonly most?: number;
  /** Cores above which another replica is better than a larger one. @default 4 */
  readonly coresOfOne?: number;
  readonly notes?: readonly string[];
}

/** Share of its cores that a replica is busy: where document 001 has its autoscaler add one. The rest is for what comes in bursts. */
export const busyShare = 0.7;

/**
 * Share of what a Go process was measured to hold under load that it needs: it lets its heap grow to twice what lives before it collects, and to
 * what `GOMEMLIMIT` says where that is less. https://go.dev/doc/gc-guide
 */
export const liveShare = 0.5;

/** Share of its memory that a Go process is told to keep to; `GOMEMLIMIT` of our constructs, and Node.js has about as much beside its heap. */
export const memoryShare = 0.8;

/** Share of a volume that may be full, before alerts tell of it: 0.85, less what is written before somebody comes. */
export const diskShare = 0.8;

const leastCores = 0.02;

/** Cuts a demand into replicas. */
export function replicated(demand: Demand): ComponentSize {
  const { name, signal, busyCores, baseBytes, loadBytes = 0, diskBytes = 0, baseDiskBytes = 0 } = demand;
  const { objectBytes = 0, least = 1, most = Infinity, coresOfOne = 4, notes = [] } = demand;
  const cores = busyCores / busyShare;
  const replicas = Math.min(most, Math.max(least, Math.ceil(cores / coresOfOne)));
  const tooLarge =
    cores / replicas > coresOfOne
      ? [
          `It is one process, and more than ${coresOfOne} cores of it were not tried: shard the load, or take what scales out.`,
        ]
      : [];
  return {
    name,
    signal,
    replicas,
    cores: Math.max(leastCores, cores / replicas),
    memoryBytes: (baseBytes + loadBytes / replicas) / memoryShare,
    diskBytes: (diskBytes / replicas + baseDiskBytes) / diskShare,
    objectBytes,
    notes: [...notes, ...tooLarge],
  };
}
