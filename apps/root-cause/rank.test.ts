import { addSpan, addToSketch, edgeRow, emptyTable, entryRow, operationRow, type StatsTable } from '@plumbline/wire';
import { rank } from './rank';
import { key } from './testing/detector';

const server = 2;
const client = 3;

/** What one call of a small system does; times are milliseconds. */
interface Shape {
  readonly requests: number;
  /** Own time of the callee. */
  readonly calleeMs?: number;
  readonly callerMs?: number;
  readonly calls?: number;
  /** Time between caller and callee. */
  readonly gapMs?: number;
  readonly calleeErrors?: number;
  readonly clientOnlyErrors?: number;
  readonly peers?: Readonly<Record<string, number>>;
}

/** gateway → catalog, and both → whatever peers are asked for. */
function table(shape: Shape): StatsTable {
  const {
    requests,
    calleeMs = 5,
    callerMs = 2,
    calls = 1,
    gapMs = 0.5,
    calleeErrors = 0,
    clientOnlyErrors = 0,
  } = shape;
  const result = emptyTable();
  const entry = entryRow(result, key('gateway'), 'GET /');
  entry.traces = requests;
  entry.anomalous = requests;
  const gateway = operationRow(result, key('gateway'), 'GET /', server, true);
  const catalog = operationRow(result, key('catalog'), 'GET /catalog', server, true);
  const edge = edgeRow(result, key('gateway'), 'GET /', key('catalog'), 'GET /catalog');
  for (let i = 0; i < requests; i += 1) {
    const callMs = calls * (calleeMs + gapMs);
    addSpan(gateway.all, { durationMs: callerMs + callMs, selfMs: callerMs, error: false, origin: false });
    for (let call = 0; call < calls; call += 1) {
      const error = i < calleeErrors;
      addSpan(catalog.all, { durationMs: calleeMs, selfMs: calleeMs, error, origin: error });
      addToSketch(edge.duration, calleeMs + gapMs);
      addToSketch(edge.gap, gapMs);
      edge.calls += 1;
      if (error) edge.serverErrors += 1;
      if (error || i < clientOnlyErrors) edge.clientErrors += 1;
    }
    if (calls > 0) edge.callers += 1;
    for (const [callerAndPeer, ms] of Object.entries(shape.peers ?? {})) {
      const [caller = '', peer = ''] = callerAndPeer.split('>');
      const operation = caller === 'gateway' ? 'GET /' : 'GET /catalog';
      const peerEdge = edgeRow(result, key(caller), operation, peer, 'SELECT');
      addSpan(operationRow(result, key(caller), 'SELECT', client, false).all, {
        durationMs: ms,
        selfMs: ms,
        error: false,
        origin: false,
      });
      addToSketch(peerEdge.duration, ms);
      peerEdge.calls += 1;
      peerEdge.callers += 1;
    }
  }
  return result;
}

function first(now: Shape, before: Shape = { requests: 500 }): string | undefined {
  return rank({ now: table(now), before: table(before), firstSeenMs: new Map() })[0]?.service;
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

  test('blames the callee when calls are repeated because they fail there', () => {
    expect(first({ requests: 100, calls: 3, calleeErrors: 100 })).toBe(key('catalog'));
  });

  test('blames the caller that leaves out a call', () => {
    expect(first({ requests: 100, calls: 0 })).toBe(key('gateway'));
  });

  test('leans to the callee for time lost between the two, and for calls that fail on the way', () => {
    expect(first({ requests: 100, gapMs: 60 })).toBe(key('catalog'));
    expect(first({ requests: 100, gapMs: 60, clientOnlyErrors: 80 })).toBe(key('catalog'));
  });

  test('blames the one service that sees its database slow', () => {
    const before = { requests: 500, peers: { 'gateway>peer:redis/a': 1, 'catalog>peer:redis/a': 1 } };
    const now = { requests: 100, peers: { 'gateway>peer:redis/a': 1, 'catalog>peer:redis/a': 30 } };
    expect(first(now, before)).toBe(key('catalog'));
  });

  test('blames a peer that all of its callers see slow', () => {
    const before = { requests: 500, peers: { 'gateway>peer:redis/a': 1, 'catalog>peer:redis/a': 1 } };
    const now = { requests: 100, peers: { 'gateway>peer:redis/a': 30, 'catalog>peer:redis/a': 30 } };
    expect(first(now, before)).toBe('peer:redis/a');
  });

  test('is sure of nobody when nothing differs', () => {
    const candidates = rank({
      now: table({ requests: 100 }),
      before: table({ requests: 500 }),
      firstSeenMs: new Map(),
    });
    expect(Math.max(0, ...candidates.map(({ confidence }) => confidence))).toBeLessThan(0.5);
  });

  test('shares belief among candidates and "unknown"', () => {
    const candidates = rank({
      now: table({ requests: 100, calleeMs: 50, callerMs: 40 }),
      before: table({ requests: 500 }),
      firstSeenMs: new Map(),
    });
    const sum = candidates.reduce((total, { confidence }) => total + confidence, 0);
    expect(sum).toBeGreaterThan(0.5);
    expect(sum).toBeLessThan(1);
  });

  test('does not depend on load', () => {
    expect(first({ requests: 1500 }, { requests: 500 })).toBe(first({ requests: 500 }, { requests: 500 }));
  });
});
