import type { Arrival } from './arrivals';
import { EventQueue } from './event-queue';
import type { Faults } from './faults';
import { Frame } from './frame';
import { Noise } from './noise';
import { ConnectionPool, PeerServer, Pod } from './places';
import { mix, normal, unit } from './random';
import type { SpanSink, System } from './system';

export interface EngineOptions {
  readonly seed: number;
  readonly faults: Faults;
  readonly sink: SpanSink;
}

/** A pod of a system, numbered through all services. */
export interface PodPlace {
  readonly service: number;
  /** Number among the pods of its service, from 0. */
  readonly number: number;
  readonly node: number;
}

/** All pods, service by service. */
export function podsOf(system: System): PodPlace[] {
  return system.services.flatMap(({ index, pods }) => pods.map((node, number) => ({ service: index, number, node })));
}

/**
 * Discrete-event simulation of a system: requests arrive, hold workers and connections, wait where these are taken, and report
 * spans as they end. All that takes long does so because something worked, waited or travelled.
 */
export class Engine {
  nowUs = 0;
  readonly queue = new EventQueue();
  readonly faults: Faults;
  readonly sink: SpanSink;
  readonly noise: Noise;
  readonly pods: readonly Pod[];
  readonly peers: readonly PeerServer[];
  private readonly firstPod: number[] = [];

  constructor(
    readonly system: System,
    { seed, faults, sink }: EngineOptions,
  ) {
    this.faults = faults;
    this.sink = sink;
    const places = podsOf(system);
    this.noise = new Noise(system, mix(seed, 0x6e6f), places);
    for (const [index, { service }] of places.entries()) this.firstPod[service] ??= index;
    this.pods = places.flatMap((place, index) => {
      const service = system.services[place.service];
      if (service === undefined) return [];
      const pools = service.pools.map((pool, number) => new ConnectionPool(this, service.index, number, pool));
      return [new Pod(index, place.number, service, pools)];
    });
    this.peers = system.peers.map((peer) => new PeerServer(peer));
  }

  /** Lets all arrivals happen, and what follows from them until nothing is left. */
  run(arrivals: Iterable<Arrival>): void {
    for (const arrival of arrivals) {
      while (this.queue.nextUs <= arrival.timeUs) this.next();
      this.nowUs = arrival.timeUs;
      this.enter(arrival);
    }
    while (this.queue.length > 0) this.next();
  }

  /** A pod for a call; at random, as a load balancer without memory picks. */
  podFor(service: number, seed: number): Pod {
    const count = this.system.services[service]?.pods.length ?? 1;
    const pod = this.pods[(this.firstPod[service] ?? 0) + Math.floor(unit(seed, 1) * count)];
    if (pod === undefined) throw new RangeError(`service ${service} has no pods`);
    return pod;
  }

  /** How long a message takes, microseconds. */
  travelUs(networkMs: number, caller: number, callee: number | undefined, seed: number, key: number): number {
    let ms = networkMs * Math.exp(0.3 * normal(seed, key));
    let extra = this.faults.network(caller, this.nowUs);
    if (callee !== undefined) extra += this.faults.network(callee, this.nowUs);
    if (extra > 0) ms += extra * Math.exp(0.25 * normal(seed, key + 1));
    return ms * 1000;
  }

  private next(): void {
    this.nowUs = this.queue.nextUs;
    this.queue.run();
  }

  private enter({ request, seed, operation }: Arrival): void {
    const target = this.system.operations[operation];
    if (target === undefined) return;
    // Neither the request nor anything below it ends, so none of it is ever reported.
    if (this.faults.strikes('hang', target.service, operation, this.nowUs, unit(seed, 3)) !== undefined) return;
    new Frame(this, request, target, this.podFor(target.service, seed), mix(seed, 4)).arrive();
  }
}
