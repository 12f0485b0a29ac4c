import type { Random } from './random';

/** Who calls whom, before it is known what for. */
export interface Graph {
  readonly services: number;
  /** Caller and callee; the caller has the smaller index. */
  readonly calls: readonly (readonly [number, number])[];
  /** Services that requests from outside reach. */
  readonly fronts: readonly number[];
  /** Operations of a service, at least and at most. */
  readonly operations: (service: number) => readonly [number, number];
  /** Share of calls that an operation makes at the same time as others. */
  readonly parallel: number;
  /** How likely an operation uses a callee of its service. */
  readonly density: number;
}

type Draw = (services: number, random: Random) => Graph;

/** Each service has one caller, as in a young shop: a gateway, what it calls, what these call. */
const tree: Draw = (services, random) => {
  const calls: (readonly [number, number])[] = [];
  const children = new Array<number>(services).fill(0);
  const widest = random.whole(2, 4);
  for (let callee = 1; callee < services; callee += 1) {
    let caller = random.whole(0, callee - 1);
    while ((children[caller] ?? 0) >= widest) caller = (caller + 1) % callee;
    children[caller] = (children[caller] ?? 0) + 1;
    calls.push([caller, callee]);
  }
  return { services, calls, fronts: [0], operations: lean(4), parallel: 0.25, density: 0.7 };
};

/** A few long chains behind a gateway that end in shared services. */
const chain: Draw = (services, random) => {
  const calls: (readonly [number, number])[] = [];
  const shared = services > 8 ? Math.min(3, Math.floor(services / 6)) : 0;
  const links = services - shared;
  for (let next = 1; next < links;) {
    let caller = 0;
    const length = Math.min(random.whole(3, 7), links - next);
    for (let step = 0; step < length; step += 1, next += 1) {
      calls.push([caller, next]);
      caller = next;
    }
    if (shared > 0) calls.push([caller, links + random.whole(0, shared - 1)]);
  }
  for (let end = links; end < services; end += 1) {
    if (!calls.some(([, callee]) => callee === end)) calls.push([random.whole(1, links - 1), end]);
  }
  return { services, calls, fronts: [0], operations: lean(3), parallel: 0, density: 0.9 };
};

/** Aggregators scatter a request to many leaves and gather the answers; some leaves share a back end. */
const hub: Draw = (services, random) => {
  const calls: (readonly [number, number])[] = [];
  const hubs = Math.max(1, Math.round(services / random.whole(6, 10)));
  const shared = services > 7 ? Math.max(1, Math.floor(services / 10)) : 0;
  const firstLeaf = 1 + hubs;
  for (let each = 1; each <= hubs; each += 1) calls.push([0, each]);
  for (let leaf = firstLeaf; leaf < services - shared; leaf += 1) {
    calls.push([1 + ((leaf - firstLeaf) % hubs), leaf]);
    if (shared > 0 && random.chance(0.3)) calls.push([leaf, services - random.whole(1, shared)]);
  }
  for (let back = services - shared; back < services; back += 1) {
    if (!calls.some(([, callee]) => callee === back))
      calls.push([random.whole(firstLeaf, services - shared - 1), back]);
  }
  return { services, calls, fronts: [0], operations: lean(3), parallel: 0.8, density: 0.8 };
};

/** Layers, each of which calls several of the next, and sometimes past it; several fronts. */
const mesh: Draw = (services, random) => {
  const layers = Math.min(services, random.whole(3, 6));
  const fronts = services >= 10 ? random.whole(1, 3) : 1;
  const rest = services - fronts;
  const layerOf = (service: number) =>
    service < fronts ? 0 : 1 + Math.floor(((service - fronts) * (layers - 1)) / Math.max(1, rest));
  const calls = new Map<string, readonly [number, number]>();
  for (let callee = fronts; callee < services; callee += 1) {
    const callers = range(0, callee).filter((caller) => layerOf(caller) === layerOf(callee) - 1);
    const further = range(0, callee).filter((caller) => layerOf(caller) === layerOf(callee) - 2);
    const picked = random.shuffle(callers).slice(0, random.whole(1, 3));
    if (further.length > 0 && random.chance(0.15)) picked.push(random.pick(further));
    for (const caller of picked) calls.set(`${caller} ${callee}`, [caller, callee]);
  }
  return {
    services,
    calls: [...calls.values()],
    fronts: range(0, fronts),
    operations: lean(4),
    parallel: 0.4,
    density: 0.5,
  };
};

/** A few services with many operations each, that hand every request on to small workers, several at a time. */
const monolith: Draw = (services, random) => {
  const calls: (readonly [number, number])[] = [];
  const large = Math.max(1, Math.round(services / 12));
  for (let each = 1; each < large; each += 1) calls.push([random.whole(0, each - 1), each]);
  for (let worker = large; worker < services; worker += 1) {
    calls.push([random.whole(0, large - 1), worker]);
    if (worker > large && random.chance(0.15)) calls.push([random.whole(large, worker - 1), worker]);
  }
  return {
    services,
    calls,
    fronts: [0],
    operations: (service) => (service < large ? [8, 20] : [1, 3]),
    parallel: 0.6,
    density: 0.25,
  };
};

/** Grown: each new service is called by old ones that already have many callees, and some old ones are called by nearly all. */
const growth: Draw = (services, random) => {
  const calls: (readonly [number, number])[] = [];
  const weight = new Array<number>(services).fill(0);
  const fronts = services >= 16 ? 2 : 1;
  const common = services > 8 ? Math.max(1, Math.floor(services / 12)) : 0;
  weight.fill(1, 0, fronts);
  for (let callee = fronts; callee < services - common; callee += 1) {
    const callers = new Set<number>();
    for (let count = random.chance(0.25) ? 2 : 1; count > 0; count -= 1) callers.add(random.weighted(weight));
    for (const caller of callers) {
      calls.push([caller, callee]);
      weight[caller] = (weight[caller] ?? 0) + 1;
    }
    weight[callee] = 1;
  }
  for (let callee = services - common; callee < services; callee += 1) {
    const callers = range(fronts, services - common).filter(() => random.chance(0.4));
    for (const caller of callers.length > 0 ? callers : [0]) calls.push([caller, callee]);
  }
  return { services, calls, fronts: range(0, fronts), operations: lean(5), parallel: 0.3, density: 0.6 };
};

function lean(most: number): Graph['operations'] {
  return () => [1, most];
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
}

export const generators = { tree, chain, hub, mesh, monolith, growth } as const;

export type Family = keyof typeof generators;

/**
 * Families for development, and families kept aside: nothing may be fitted on those, else no system is unseen. They differ in how
 * graphs come about, not only in the seed: in `fit`, every graph grows from one gateway and has few shared callees; in `unseen`
 * there are several fronts, many callers of one callee, cross-links, and services with many operations.
 */
export const families = {
  fit: ['tree', 'chain', 'hub'],
  unseen: ['mesh', 'monolith', 'growth'],
} as const satisfies Record<string, readonly Family[]>;

export function isFamily(name: string): name is Family {
  return Object.hasOwn(generators, name);
}
