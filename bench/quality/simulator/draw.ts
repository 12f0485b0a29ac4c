import { generators, isFamily, type Family, type Graph } from './families';
import { serviceNames } from './names';
import { spansPerRequest, withCapacity } from './capacity';
import { drawOperations } from './operations';
import { profiles } from './profiles';
import { Random, seedOf } from './random';
import { SystemError, type Node, type Peer, type Pool, type ProfileName, type Service, type System } from './system';

export interface SystemOptions {
  readonly family: Family;
  /** 2 to 200. @default - 5 to 200, small ones more often */
  readonly services?: number;
  /** @default 'clean' */
  readonly profile?: ProfileName;
  /** @default - of the profile, and fewer where a request makes many spans */
  readonly tracesPerSecond?: number;
}

/** Spans a second that a drawn rate does not go beyond, so that a run of an hour stays some hundred megabytes. */
const mostSpansPerSecond = 300;

/**
 * Draws a system; the same for the same seed and options.
 *
 * @throws {SystemError} when an option is out of its range
 */
export function drawSystem(seed: number, options: SystemOptions): System {
  if (!isFamily(options.family))
    throw new SystemError(`family ${String(options.family)} is none of ${Object.keys(generators).join(', ')}`);
  const random = new Random(seedOf('system', seed, options.family, options.profile ?? 'clean'));
  const count = options.services ?? Math.round(random.logBetween(5, 200));
  if (!Number.isInteger(count) || count < 2 || count > 200)
    throw new SystemError(`services: ${count} is not a whole number from 2 to 200`);
  if (options.tracesPerSecond !== undefined && !(options.tracesPerSecond > 0 && options.tracesPerSecond <= 1000)) {
    throw new SystemError(`tracesPerSecond: ${options.tracesPerSecond} is not above 0 and at most 1000`);
  }
  const profile = profiles[options.profile ?? 'clean'];
  const graph = generators[options.family](count, random);
  const nodes = drawNodes(count, profile.skewMs, random);
  const peers = drawPeers(count, profile.workMs, random);
  const services = drawServices(graph, nodes.length, peers, random);
  const program = drawOperations({ graph, services, peers, profile, random });
  const drawnRate = random.logBetween(...profile.tracesPerSecond);
  const tracesPerSecond = options.tracesPerSecond ?? Math.min(drawnRate, mostSpansPerSecond / spansPerRequest(program));
  const drawn = {
    seed,
    family: options.family,
    profile,
    services,
    peers,
    nodes,
    ...program,
    tracesPerSecond,
    lostShare: random.between(0, profile.lostShare),
  };
  return withCapacity(drawn, random);
}

function drawNodes(services: number, skewMs: number, random: Random): Node[] {
  const count = Math.max(2, Math.round(services / 5));
  return Array.from({ length: count }, (_, index) => ({
    name: `node-${index + 1}`,
    skewUs: Math.round(random.between(-skewMs, skewMs) * 1000),
  }));
}

function drawPeers(services: number, workMs: readonly [number, number], random: Random): Peer[] {
  const count = Math.max(1, Math.round(services * random.between(0.2, 0.4)));
  return Array.from({ length: count }, (_, index) => {
    const system = random.pick(['postgresql', 'mysql', 'redis', 'mongodb']);
    const speed = system === 'redis' ? 0.1 : 0.6;
    return {
      index,
      address: `${system}-${index + 1}.data.local`,
      system,
      workMs: random.logBetween(...workMs) * speed,
      workSigma: random.between(0.2, 0.5),
      concurrency: 1,
    };
  });
}

/** Services without what depends on load; see `capacity.ts`. */
function drawServices(graph: Graph, nodes: number, peers: readonly Peer[], random: Random): Service[] {
  const depths = depthsOf(graph);
  return serviceNames(graph.services, random).map((name, index) => {
    const model = random.chance(0.5) ? 'threads' : 'async';
    const usesPeers = random.chance(0.55)
      ? random
          .shuffle(peers)
          .slice(0, random.chance(0.2) ? 2 : 1)
          .map(({ index: peer }) => peer)
      : [];
    const pools: Pool[] = [
      { limit: random.whole(12, 40), waitInSpan: true },
      ...usesPeers.map((peer) => ({ limit: random.whole(5, 15), waitInSpan: random.chance(0.5), peer })),
    ];
    return {
      index,
      name,
      version: `1.${random.whole(0, 30)}.${random.whole(0, 9)}`,
      depth: depths[index] ?? 0,
      model,
      pods: Array.from({ length: random.whole(1, 3) }, () => random.whole(0, nodes - 1)),
      workers: 1,
      queueLimit: random.whole(60, 200),
      waitInSpan: random.chance(0.5),
      pools,
      pauseEveryMs: random.chance(0.5) ? random.logBetween(4000, 60_000) : 0,
    };
  });
}

function depthsOf({ services, calls, fronts }: Graph): number[] {
  const depths = new Array<number>(services).fill(Number.POSITIVE_INFINITY);
  for (const front of fronts) depths[front] = 0;
  for (const [caller, callee] of [...calls].sort((a, b) => a[0] - b[0])) {
    depths[callee] = Math.min(depths[callee] ?? 0, (depths[caller] ?? 0) + 1);
  }
  return depths;
}
