import { edgesOf, loadOf } from './capacity';
import { faultKinds, type Fault, type FaultKind, type Onset, type Size } from './faults';
import { Random, seedOf } from './random';
import { SystemError, type Operation, type System } from './system';

/** What is to go wrong in a case; what is left out is drawn. */
export interface CaseSpec {
  readonly fault?: FaultKind;
  /** Name of the culprit: a service, or the address of a peer for `slow-database`. */
  readonly service?: string;
  readonly size?: Size;
  /** Instead of one drawn from the size; see {@link Fault.magnitude}. */
  readonly magnitude?: number;
  readonly onset?: Onset;
  /** A second fault at the same time, elsewhere. */
  readonly also?: CaseSpec;
  /** Of two faults, just one: drawn as if there were both, to see whether each is found alone. */
  readonly only?: 'first' | 'second';
  /** The culprit gets a new version as the fault begins. @default - one time in ten */
  readonly release?: boolean;
}

type Range = readonly [number, number];

const magnitudes: Readonly<Record<FaultKind, Readonly<Record<Size, Range>>>> = {
  'slow-work': { small: [1.5, 3], medium: [3, 8], large: [8, 40] },
  // Times the median request.
  'slow-network': { small: [0.2, 0.5], medium: [0.5, 2], large: [2, 8] },
  failing: { small: [0.1, 0.3], medium: [0.3, 0.7], large: [0.7, 1] },
  pool: { small: [0.6, 0.75], medium: [0.75, 0.95], large: [0.95, 1.4] },
  'slow-database': { small: [1.5, 3], medium: [3, 10], large: [10, 40] },
  'left-out': { small: [0.2, 0.5], medium: [0.5, 0.8], large: [0.8, 1] },
  'wrong-answer': { small: [0.2, 0.5], medium: [0.5, 0.8], large: [0.8, 1] },
  'retry-storm': { small: [1, 2], medium: [2, 4], large: [4, 10] },
  'one-pod': { small: [2, 4], medium: [4, 10], large: [10, 50] },
  hang: { small: [0.3, 0.6], medium: [0.6, 0.9], large: [1, 1] },
};

/** Least that a culprit is visited, in expected visits of the fault's first minute and a half. */
const leastVisits = 12;
const watchSeconds = 90;

/** A place where a fault of some kind can be. */
interface Site {
  readonly culprit: string;
  readonly depth: number;
  readonly visitsPerSecond: number;
  readonly fault: Pick<Fault, 'service' | 'peer' | 'operation' | 'edges' | 'shows'> & { readonly poolIndex?: number };
}

export interface DrawnCase {
  readonly fault: Fault;
  readonly culprit: string;
  readonly depth: number;
  /** Names that are as right; see {@link acceptable}. */
  readonly accept: readonly string[];
  readonly release: boolean;
}

/**
 * Decides what a case leaves open. Culprits are drawn by depth first, so that deep ones are as likely as shallow ones.
 *
 * @throws {SystemError} when the system has no place for such a fault
 */
export function drawCase(
  system: System,
  spec: CaseSpec,
  seed: number,
  span: { readonly fromUs: number; readonly untilUs: number },
  not?: string,
): DrawnCase {
  const random = new Random(seedOf('case', seed));
  const sites = new Sites(system);
  const possible = (kind: FaultKind): Site[] => {
    const all = sites
      .of(kind)
      .filter(({ culprit }) => culprit !== not && (spec.service === undefined || culprit === spec.service));
    const busy = all.filter(isBusy);
    return spec.service !== undefined && busy.length === 0 ? all : busy;
  };
  const kinds = spec.fault === undefined ? random.shuffle(faultKinds) : [spec.fault];
  const kind = kinds.find((each) => possible(each).length > 0);
  if (kind === undefined) {
    throw new SystemError(
      `no place for ${spec.fault ?? 'any fault'}${spec.service === undefined ? '' : ` at ${spec.service}`} in this system`,
    );
  }
  const site = pickByDepth(possible(kind), random);
  const size = spec.size ?? random.pick(['small', 'medium', 'medium', 'large', 'large'] as const);
  const drawn = random.logBetween(...magnitudes[kind][size]);
  const magnitude = spec.magnitude ?? (kind === 'slow-network' ? drawn * medianRequestMs(system) : drawn);
  const { poolIndex, ...where } = site.fault;
  const pods = system.services[where.service ?? -1]?.pods.length ?? 1;
  return {
    culprit: site.culprit,
    depth: site.depth,
    accept: acceptable(system, where.service, where.peer, poolIndex),
    release: spec.release ?? random.chance(0.1),
    fault: {
      kind,
      size,
      magnitude,
      onset: spec.onset ?? random.pick(['sharp', 'sharp', 'sharp', 'ramp', 'intermittent'] as const),
      ...where,
      ...(kind === 'one-pod' ? { pod: random.whole(0, pods - 1) } : {}),
      ...(poolIndex === undefined ? {} : { pool: exhausted(system, where.service ?? -1, poolIndex, magnitude) }),
      ...span,
    },
  };
}

/** Culprits that a kind of fault can have in a system, as far as they have the traffic for it; sorted. */
export function culpritsFor(system: System, kind: FaultKind): string[] {
  const busy = new Sites(system).of(kind).filter(isBusy);
  return [...new Set(busy.map(({ culprit }) => culprit))].sort();
}

function isBusy({ visitsPerSecond }: Site): boolean {
  return visitsPerSecond * watchSeconds >= leastVisits;
}

/** Where faults can be: what has traffic, and of `slow-work` also single operations. */
class Sites {
  private readonly load;

  constructor(private readonly system: System) {
    this.load = loadOf(system);
  }

  of(kind: FaultKind): Site[] {
    const { system } = this;
    if (kind === 'slow-database') return system.peers.map((peer) => this.peerSite(peer.index));
    if (kind === 'hang') return system.entries.map(({ operation }) => this.site(operation, { operation }));
    return system.services.flatMap((service) => {
      const own = this.visited(service.index);
      const whole = this.serviceSite(service.index, own);
      if (kind === 'slow-work')
        return own.length > 1
          ? [whole, ...own.map((each) => this.site(each.index, { operation: each.index }))]
          : [whole];
      if (kind === 'slow-network') return [whole];
      if (kind === 'one-pod') return service.pods.length > 1 ? [whole] : [];
      if (kind === 'failing') return own.map(({ index }) => this.site(index, { operation: index }));
      if (kind === 'pool') return this.poolSites(service.index);
      if (kind === 'left-out') return own.flatMap((each) => this.leftOutSites(each));
      if (kind === 'retry-storm') return own.some((each) => this.remoteEdges(each).length > 0) ? [whole] : [];
      return own.flatMap((each) => this.wrongAnswerSites(each));
    });
  }

  private visited(service: number): Operation[] {
    return this.system.operations.filter((each) => each.service === service && (this.load.visits[each.index] ?? 0) > 0);
  }

  private serviceSite(service: number, own: readonly Operation[]): Site {
    const { name = '', depth = 0 } = this.system.services[service] ?? {};
    const visitsPerSecond = own.reduce((sum, { index }) => sum + (this.load.visits[index] ?? 0), 0);
    return { culprit: name, depth, visitsPerSecond, fault: { service } };
  }

  private site(operation: number, fault: Site['fault'], visitsPerSecond = this.load.visits[operation] ?? 0): Site {
    const service = this.system.operations[operation]?.service ?? 0;
    const { name = '', depth = 0 } = this.system.services[service] ?? {};
    return { culprit: name, depth, visitsPerSecond, fault: { service, ...fault } };
  }

  private peerSite(peer: number): Site {
    const users = usersOf(this.system, peer);
    const depth = 1 + Math.min(...users.map((user) => this.system.services[user]?.depth ?? 0));
    const { address = '' } = this.system.peers[peer] ?? {};
    return { culprit: address, depth, visitsPerSecond: this.load.statements[peer] ?? 0, fault: { peer } };
  }

  private poolSites(service: number): Site[] {
    const pools = this.system.services[service]?.pools ?? [];
    return pools.flatMap((_, poolIndex) => {
      const calls = this.system.edges.filter(
        (edge) => edge.pool === poolIndex && this.callerOf(edge.operation) === service,
      );
      const perSecond = calls.reduce((sum, { index }) => sum + (this.load.calls[index] ?? 0), 0);
      const [first] = calls;
      return first === undefined ? [] : [this.site(first.operation, { poolIndex }, perSecond)];
    });
  }

  private callerOf(operation: number): number {
    return this.system.operations[operation]?.service ?? -1;
  }

  private remoteEdges(operation: Operation) {
    return edgesOf(operation, this.system.edges).filter(({ target }) => 'operation' in target);
  }

  /** A call that most visits make; one that few make may be missing on any day. */
  private leftOutSites(operation: Operation): Site[] {
    return this.remoteEdges(operation)
      .filter(({ probability }) => probability > 0.5)
      .map(({ index }) =>
        this.site(operation.index, { edges: [index], operation: operation.index }, this.load.calls[index] ?? 0),
      );
  }

  /** Operations whose callers have more to do after the answer. */
  private wrongAnswerSites(operation: Operation): Site[] {
    const { edges, operations } = this.system;
    const stops = edges.some(({ target, index, operation: caller }) => {
      if (!('operation' in target) || target.operation !== operation.index) return false;
      const calls = (operations[caller]?.steps ?? []).flatMap((step) => (step.do === 'call' ? [step.edges] : []));
      const at = calls.findIndex((group) => group.includes(index));
      return at >= 0 && at < calls.length - 1;
    });
    if (!stops) return [];
    const hasLocal = operation.steps.some((step) => (step.do === 'open' || step.do === 'call') && step.local);
    return [
      this.site(operation.index, { operation: operation.index, shows: hasLocal ? 'missing-child' : 'changed-answer' }),
    ];
  }
}

function usersOf(system: System, peer: number): number[] {
  const used = system.edges.filter(({ target }) => 'peer' in target && target.peer === peer);
  return [...new Set(used.map(({ operation }) => system.operations[operation]?.service ?? -1))];
}

/**
 * Names that traces cannot tell from the culprit's: of a slow database that one service uses, that service; of an exhausted pool
 * whose waiting shows within calls to one place only, that place.
 */
function acceptable(
  system: System,
  service: number | undefined,
  peer: number | undefined,
  pool: number | undefined,
): string[] {
  if (peer !== undefined) {
    const users = usersOf(system, peer);
    return users.length === 1 ? users.flatMap((user) => system.services[user]?.name ?? []) : [];
  }
  if (pool === undefined || system.services[service ?? -1]?.pools[pool]?.waitInSpan !== true) return [];
  const places = system.edges
    .filter((edge) => edge.pool === pool && system.operations[edge.operation]?.service === service)
    .flatMap(({ target }) =>
      'peer' in target
        ? (system.peers[target.peer]?.address ?? [])
        : (system.services[system.operations[target.operation]?.service ?? -1]?.name ?? []),
    );
  const distinct = [...new Set(places)];
  return distinct.length === 1 ? distinct : [];
}

function pickByDepth(sites: readonly Site[], random: Random): Site {
  const depths = [...new Set(sites.map(({ depth }) => depth))];
  const depth = random.pick(depths);
  const culprits = sites.filter((site) => site.depth === depth);
  const culprit = random.pick([...new Set(culprits.map((site) => site.culprit))]);
  return random.pick(culprits.filter((site) => site.culprit === culprit));
}

/** Typical duration of a request, without waiting. */
export function medianRequestMs({ entries, operations }: System): number {
  const sorted = entries
    .map(({ operation, share }) => ({ ms: operations[operation]?.expectedMs ?? 0, share }))
    .sort((a, b) => a.ms - b.ms);
  let sum = 0;
  return sorted.find(({ share }) => (sum += share) >= 0.5)?.ms ?? 0;
}

/** As few connections, each taken for so long after a call, that they are taken for `busy` of the time. */
function exhausted(system: System, service: number, index: number, busy: number) {
  const { calls } = loadOf(system);
  let perSecond = 0;
  let usedMs = 0;
  for (const edge of system.edges) {
    const rate = calls[edge.index] ?? 0;
    if (edge.pool !== index || system.operations[edge.operation]?.service !== service) continue;
    const calleeMs =
      'peer' in edge.target
        ? (system.peers[edge.target.peer]?.workMs ?? 0)
        : (system.operations[edge.target.operation]?.expectedMs ?? 0);
    perSecond += rate;
    usedMs += rate * (calleeMs + 2 * edge.networkMs);
  }
  const pods = system.services[service]?.pods.length ?? 1;
  const limit = Math.max(1, Math.ceil(usedMs / 1000 / pods / busy));
  const holdMs = (busy * limit * 1000 * pods - usedMs) / Math.max(1e-9, perSecond);
  return { index, limit, holdMs };
}
