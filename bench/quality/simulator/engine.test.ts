import { arrivals } from './arrivals';
import { drawSystem } from './draw';
import { Engine } from './engine';
import { EventQueue } from './event-queue';
import { generators, type Family } from './families';
import { Faults } from './faults';
import { baseUs } from './plan';
import { spanKinds, type SimSpan, type System } from './system';
import { median, minuteOf } from './testing';

describe('a simulated system', () => {
  const system = drawSystem(2, { family: 'mesh', services: 10, tracesPerSecond: 20 });

  it('queues when more comes than its workers can do, and only then', () => {
    // Of a service that computes on few workers, the time of a visit grows with load; the work drawn for it is the same.
    const busy = busiest(system);
    const quiet = localTimes(system, busy.operation);
    const crowded = localTimes({ ...system, tracesPerSecond: system.tracesPerSecond * busy.factor }, busy.operation);
    expect(median(crowded)).toBeGreaterThan(3 * median(quiet));
    const roomy = {
      ...system,
      services: system.services.map((service) => ({
        ...service,
        workers: 1e6,
        pools: service.pools.map((pool) => ({ ...pool, limit: 1e6 })),
      })),
      peers: system.peers.map((peer) => ({ ...peer, concurrency: 1e6 })),
    };
    const unlimited = localTimes({ ...roomy, tracesPerSecond: system.tracesPerSecond * busy.factor }, busy.operation);
    expect(median(unlimited)).toBeLessThan(1.5 * median(quiet));
  });

  it('reports spans in order of their ends, each after its children', () => {
    const spans = minuteOf(system, 1, []);
    expect(spans.length).toBeGreaterThan(1000);
    expect(spans.every((span, index) => index === 0 || (spans[index - 1]?.endUs ?? 0) <= span.endUs)).toBe(true);
    const ended = new Set<string>();
    let afterParent = 0;
    for (const { request, idHigh, idLow, parentHigh, parentLow } of spans) {
      if (ended.has(`${request} ${parentHigh} ${parentLow}`)) afterParent += 1;
      ended.add(`${request} ${idHigh} ${idLow}`);
    }
    expect(afterParent).toBe(0);
  });

  it('gives every SERVER span but the root a CLIENT span of another service as its parent', () => {
    const spans = minuteOf(system, 1, []);
    const byId = new Map(spans.map((span) => [`${span.request} ${span.idHigh} ${span.idLow}`, span]));
    const wrong = spans.filter((span) => {
      const template = system.templates[span.template];
      const parent = byId.get(`${span.request} ${span.parentHigh} ${span.parentLow}`);
      const above = parent === undefined ? undefined : system.templates[parent.template];
      if (template?.kind !== spanKinds.server) return above?.service !== template?.service;
      return above !== undefined && (above.kind !== spanKinds.client || above.service === template.service);
    });
    expect(spans.some(({ parentHigh }) => parentHigh !== 0)).toBe(true);
    expect(wrong).toEqual([]);
  });

  it('is begun anywhere with the same requests', () => {
    const all = [...arrivals(system, 5, baseUs, baseUs + 180e6)].filter(({ timeUs }) => timeUs >= baseUs + 90e6);
    expect([...arrivals(system, 5, baseUs + 90e6, baseUs + 180e6)]).toEqual(all);
    expect(all.length).toBeGreaterThan(1000);
  });
});

describe.each(Object.keys(generators) as Family[])('the family %s', (family) => {
  it.each([2, 5, 40, 200])('draws %d services that are nearly all reached, with callers before callees', (services) => {
    const system = drawSystem(7, { family, services });
    expect(system.services).toHaveLength(services);
    const visited = new Set(
      system.operations.filter(({ visitsPerSecond }) => visitsPerSecond > 0).map(({ service }) => service),
    );
    expect(visited.size / services).toBeGreaterThan(0.9);
    for (const { index, operation, target } of system.edges) {
      expect(system.edges[index]?.index).toBe(index);
      if ('operation' in target) {
        expect(system.operations[target.operation]?.service).toBeGreaterThan(
          system.operations[operation]?.service ?? 0,
        );
      }
    }
    expect(system.entries.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
    expect(new Set(system.services.map(({ name }) => name)).size).toBe(services);
  });
});

describe('the queue of events', () => {
  it('gives them back by time, and those of the same time in the order they came', () => {
    const queue = new EventQueue();
    const seen: number[] = [];
    const times = Array.from({ length: 5000 }, (_, index) => (index * 7919) % 101);
    for (const [index, time] of times.entries()) queue.add(time, { on: (code) => seen.push(code) }, index);
    while (queue.length > 0) queue.run();
    const expected = times.map((time, index) => ({ time, index })).sort((a, b) => a.time - b.time || a.index - b.index);
    expect(seen).toEqual(expected.map(({ index }) => index));
  });
});

/** An operation of the service with the least room, and a load that is too much for it. */
function busiest({ services, operations }: System): { operation: number; factor: number } {
  const rooms = services
    .filter(({ model }) => model === 'async')
    .map(({ index, pods, workers }) => {
      const own = operations.filter(({ service }) => service === index);
      const busy = own.reduce((sum, each) => sum + (each.visitsPerSecond * each.workMs) / 1000, 0);
      const [first] = [...own].sort((a, b) => b.visitsPerSecond - a.visitsPerSecond);
      return { operation: first?.index ?? 0, use: busy / workers / pods.length };
    })
    .sort((a, b) => b.use - a.use);
  const [most] = rooms;
  return { operation: most?.operation ?? 0, factor: 1.3 / (most?.use ?? 1) };
}

function localTimes(system: System, operation: number): number[] {
  const spans: SimSpan[] = [];
  const engine = new Engine(system, { seed: 1, faults: new Faults([]), sink: { add: (span) => spans.push(span) } });
  engine.run(arrivals(system, 1, baseUs, baseUs + 30e6));
  const template = system.operations[operation]?.template;
  return spans.filter((span) => span.template === template && span.localUs > 0).map(({ localUs }) => localUs);
}
