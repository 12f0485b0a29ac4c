import { materialMs, type StatsTable } from '@plumbline/wire';
import { rank, type Ranking } from './rank';
import { activationOf, key, referenceOf, tableOf } from './testing/detector';
import type { SimulatedSpan, SimulatedTrace } from './testing/shop';
import { random } from './testing/simulation';

/** What one request to a small system does; times are milliseconds. */
interface Shape {
  readonly requests: number;
  /** Own time of the callee. */
  readonly calleeMs?: number;
  readonly callerMs?: number;
  readonly calls?: number;
  /** Time between caller and callee. */
  readonly gapMs?: number;
  /** Requests whose calls fail at the callee. */
  readonly calleeErrors?: number;
  /** Times of calls by `caller>peer`. */
  readonly peers?: Readonly<Record<string, number>>;
  /** Names and times of everything. */
  readonly names?: Readonly<Record<string, string>>;
  readonly scale?: number;
}

/** gateway → catalog, and both → whatever peers are asked for; every time varies by a tenth. */
function traces(shape: Shape): SimulatedTrace[] {
  const next = random(7);
  return Array.from({ length: shape.requests }, (_, index) => trace(shape, index, next));
}

function trace(shape: Shape, index: number, next: () => number): SimulatedTrace {
  const { calleeMs = 5, callerMs = 2, calls = 1, gapMs = 0.5, calleeErrors = 0, peers = {}, names = {} } = shape;
  const spans: SimulatedSpan[] = [];
  const error = index < calleeErrors;
  let now = 0;
  const pass = (ms: number): void => void (now += ms * (shape.scale ?? 1) * (0.9 + 0.2 * next()));
  const open = (
    parent: number | undefined,
    service: string,
    operation: string,
    kind: 2 | 3,
    peer = '',
  ): SimulatedSpan => {
    const name = names[service] ?? service;
    const span = {
      id: spans.length + 1,
      parent,
      service: name,
      operation,
      kind,
      peer,
      startMs: now,
      endMs: now,
      error,
    };
    spans.push(span);
    return span;
  };
  const query = (parent: number, service: string): void => {
    for (const [edge, ms] of Object.entries(peers)) {
      const [caller, peer = ''] = edge.split('>');
      if (caller !== service) continue;
      const span = open(parent, service, 'SELECT', 3, peer);
      pass(ms);
      span.endMs = now;
      span.error = false;
    }
  };
  const gateway = open(undefined, 'gateway', 'GET /', 2);
  pass(callerMs);
  query(gateway.id, 'gateway');
  for (let call = 0; call < calls; call += 1) {
    const client = open(gateway.id, 'gateway', 'GET', 3);
    pass(gapMs);
    const catalog = open(client.id, 'catalog', 'GET /catalog', 2);
    pass(calleeMs);
    query(catalog.id, 'catalog');
    catalog.endMs = client.endMs = now;
  }
  gateway.endMs = now;
  return { index, spans, startMs: 0, endMs: now };
}

function ranked(now: Shape, before: Shape = { requests: 500 }): Ranking {
  const profile = tableOf(traces(before));
  const table: StatsTable = tableOf(traces(now), activationOf(referenceOf(profile)));
  return rank({ now: table, before: profile, materialMs: materialMs(profile), stopped: [] });
}

function first(now: Shape, before?: Shape): string | undefined {
  const [best, second] = ranked(now, before).candidates;
  return best !== undefined && best.score > 0 && best.score > (second?.score ?? 0) ? best.service : undefined;
}

describe('ranking', () => {
  test('blames the callee whose own time rose, not the caller that waits', () => {
    expect(first({ requests: 100, calleeMs: 50 })).toBe(key('catalog'));
  });

  test('blames the caller whose own time rose', () => {
    expect(first({ requests: 100, callerMs: 40 })).toBe(key('gateway'));
  });

  test('blames a caller that calls five times as often, though the callee is slower for it', () => {
    expect(first({ requests: 100, calls: 5, calleeMs: 9 })).toBe(key('gateway'));
  });

  test('blames the callee where requests fail', () => {
    expect(first({ requests: 100, calleeErrors: 30 })).toBe(key('catalog'));
  });

  test('blames the callee when calls are repeated because they fail there', () => {
    expect(first({ requests: 100, calls: 3, calleeErrors: 100 })).toBe(key('catalog'));
  });

  test('blames the caller that leaves out a call', () => {
    expect(first({ requests: 100, calls: 0 })).toBe(key('gateway'));
  });

  test('blames the caller that makes a call it never made, which takes time', () => {
    const { candidates } = ranked({ requests: 100, peers: { 'gateway>peer:redis/a': 30 } });
    expect(candidates[0]?.service).toBe(key('gateway'));
    expect(candidates[0]?.facts.map(({ kind, before }) => [kind, before])).toContainEqual(['extra-calls', 0]);
  });

  test('is sure of nobody when a call is new that nobody feels', () => {
    const { candidates, unknown } = ranked({ requests: 100, peers: { 'gateway>peer:redis/a': 0.05 } });
    for (const { confidence } of candidates) expect(confidence).toBeLessThan(unknown);
  });

  test('blames the callee that fails, not the caller that asks another one instead', () => {
    const now = { requests: 100, calleeErrors: 60, peers: { 'gateway>peer:redis/a': 30 } };
    expect(first(now)).toBe(key('catalog'));
  });

  test('leans to the callee for time lost between the two', () => {
    expect(first({ requests: 100, gapMs: 60 })).toBe(key('catalog'));
  });

  const redis = { 'gateway>peer:redis/a': 1, 'catalog>peer:redis/a': 1 };

  test('blames the one service that sees its database slow', () => {
    const now = { requests: 100, peers: { ...redis, 'catalog>peer:redis/a': 30 } };
    expect(first(now, { requests: 500, peers: redis })).toBe(key('catalog'));
  });

  test('blames a peer that all of its callers see slow', () => {
    const now = { requests: 100, peers: { 'gateway>peer:redis/a': 30, 'catalog>peer:redis/a': 30 } };
    expect(first(now, { requests: 500, peers: redis })).toBe('peer:redis/a');
  });

  test('is sure of nobody when nothing differs', () => {
    const { candidates, unknown } = ranked({ requests: 100 });
    expect(candidates.map(({ service }) => service).sort()).toEqual([key('catalog'), key('gateway')]);
    for (const { confidence } of candidates) expect(confidence).toBeLessThan(unknown);
  });

  test('shares belief among candidates and "unknown"', () => {
    const { candidates, unknown } = ranked({ requests: 100, calleeMs: 50, callerMs: 40 });
    const [best, second] = candidates;
    expect(best?.confidence).toBeGreaterThanOrEqual(second?.confidence ?? 1);
    expect(unknown).toBeGreaterThan(0);
    expect(candidates.reduce((sum, { confidence }) => sum + confidence, unknown)).toBeCloseTo(1, 2);
  });

  test('does not depend on load', () => {
    const scores = [100, 1500].map((requests) => ranked({ requests, calleeMs: 50 }).candidates[0]);
    expect(scores.map((best) => best?.service)).toEqual([key('catalog'), key('catalog')]);
    expect(ranked({ requests: 1500 }).candidates[0]?.confidence).toBeLessThan(0.2);
  });

  test('names services of requests that stay away', () => {
    const profile = tableOf(traces({ requests: 500 }));
    const now = tableOf(traces({ requests: 10 }), activationOf(referenceOf(profile)));
    const stopped = [{ service: key('gateway'), operation: 'GET /', evidence: 30, before: 0.5, now: 0, requests: 100 }];
    const [best] = rank({ now, before: profile, materialMs: materialMs(profile), stopped }).candidates;
    expect(best?.service).toBe(key('gateway'));
    expect(best?.signals.stopped).toBe(8);
    expect(best?.facts.map(({ kind }) => kind)).toContain('stopped');
  });
});

describe('equivalent systems', () => {
  const faults: readonly Partial<Shape>[] = [{ calleeMs: 50 }, { callerMs: 40 }, { gapMs: 60 }, { calleeErrors: 30 }];

  test.each(faults)('%j is ranked the same whatever services are called', (fault) => {
    // The other way round in the order of names.
    const names = { gateway: 'a-door', catalog: 'z-list' };
    const [as, other] = [{}, { names }].map((how) =>
      ranked({ requests: 100, ...fault, ...how }, { requests: 500, ...how }),
    );
    const renamed = as?.candidates.map(({ service, score }) => [
      service === key('gateway') ? key('a-door') : key('z-list'),
      score,
    ]);
    expect(other?.candidates.map(({ service, score }) => [service, score])).toEqual(renamed);
  });

  test.each(faults)('%j is ranked the same when everything takes seven times as long', (fault) => {
    const [as, other] = [1, 7].map((scale) => ranked({ requests: 100, ...fault, scale }, { requests: 500, scale }));
    expect(other?.candidates.map(({ service }) => service)).toEqual(as?.candidates.map(({ service }) => service));
    for (const [i, { score }] of (as?.candidates ?? []).entries()) {
      // Sketches know times to a twentieth.
      expect(Math.abs((other?.candidates[i]?.score ?? 0) - score)).toBeLessThan(0.5);
    }
  });
});
