import {
  addToSketch,
  edgeKey,
  edgeRow,
  emptyTable,
  entryKey,
  entryRow,
  operationKey,
  operationRow,
  serviceRow,
  shapeKey,
  type StatsTable,
} from '@plumbline/wire';
import { compileNormal } from './normal';

const shop = 'default///shop';
const key = operationKey(shop, 'GET /', 2, true);

interface Known {
  /** Requests, one span of the entry operation each, of 100 ms. */
  readonly requests?: number;
  /** Own times of traces, milliseconds. */
  readonly own?: readonly number[];
  /** Own time of every span, milliseconds. */
  readonly spanMs?: number;
  /** Requests that call the cart. */
  readonly calling?: number;
  /** Ratios of the service's own time. */
  readonly ratios?: readonly number[];
}

function profileOf({ requests = 50, own = [], spanMs = 20, calling = 0, ratios = [] }: Known): StatsTable {
  const profile = emptyTable();
  const operation = operationRow(profile, shop, 'GET /', 2, true);
  operation.all.count = requests;
  addToSketch(operation.all.self, spanMs, requests);
  for (const ms of own) addToSketch(operation.perTrace, ms);
  const entry = entryRow(profile, shop, 'GET /');
  entry.traces = requests;
  addToSketch(entry.duration, 100, requests);
  const edge = edgeRow(profile, shop, 'GET /', 'default///cart', 'GET /cart');
  edge.callers = calling;
  const service = serviceRow(profile, shop);
  for (const ratio of ratios) addToSketch(service.own, ratio);
  return profile;
}

const normalOf = (known: Known) => compileNormal({ profile: profileOf(known) });
const times = (n: number, value: number): number[] => Array.from({ length: n }, () => value);

describe('what is normal', () => {
  test('is measured in fifths of the median duration of requests', () => {
    expect(normalOf({}).materialMs).toBeCloseTo(20, 0);
    expect(compileNormal({ profile: emptyTable() }).materialMs).toBe(0);
  });

  test('has the median of an operation once twenty traces had it', () => {
    expect(normalOf({ own: times(19, 7) }).operations.get(key)?.medianMs).toBeNaN();
    expect(normalOf({ own: times(20, 7) }).operations.get(key)?.medianMs).toBeCloseTo(7, 0);
  });

  test('takes no span for slow beyond doubt that is within what matters, however steady its operation', () => {
    const slowMs = normalOf({ spanMs: 20 }).operations.get(key)?.slowMs ?? 0;
    // e times the usual at least.
    expect(slowMs).toBeGreaterThan(Math.E * 20);
    expect(slowMs).toBeLessThan(4 * 20);
  });

  test('takes no span of an operation without spans for slow', () => {
    const profile = emptyTable();
    operationRow(profile, shop, 'GET /', 2, true);
    expect(compileNormal({ profile }).operations.get(key)?.slowMs).toBe(Infinity);
  });

  test('misses a call that nine of ten requests make, and none that fewer do', () => {
    const edge = edgeKey(shop, 'GET /', 'default///cart', 'GET /cart');
    const from = entryKey(shop, 'GET /');
    const often = normalOf({ requests: 50, calling: 45 });
    expect(often.edges.get(edge)?.regular).toBe(true);
    expect(often.regularEdges.get(from)?.map(({ callee }) => callee)).toEqual(['default///cart']);
    const seldom = normalOf({ requests: 50, calling: 44 });
    expect(seldom.edges.get(edge)?.regular).toBe(false);
    expect(seldom.regularEdges.get(from)).toBeUndefined();
  });

  test('misses nothing that is known from fewer than twenty requests', () => {
    expect(normalOf({ requests: 19, calling: 19 }).regularEdges.size).toBe(0);
    expect(normalOf({ requests: 20, calling: 20 }).regularEdges.size).toBe(1);
  });

  test('lets the time of a service vary as it does, never less than not at all', () => {
    const usual = (ratios: readonly number[]) => normalOf({ ratios }).services.get(shop)?.own;
    expect(usual([...times(80, 1), ...times(20, 2)])).toBeCloseTo(Math.log(2), 1);
    expect(usual(times(100, 0.5))).toBe(0);
  });

  test('lets it vary by half until ratios are known', () => {
    expect(normalOf({ ratios: times(19, 4) }).services.get(shop)?.own).toBe(Math.log(1.5));
    expect(normalOf({ ratios: times(20, 4) }).services.get(shop)?.own).toBeCloseTo(Math.log(4), 1);
  });

  test('knows how many calls a request makes on average, of requests seen often enough', () => {
    const callsOf = (requests: number, calls: number) => {
      const profile = profileOf({ requests, calling: requests });
      edgeRow(profile, shop, 'GET /', 'default///cart', 'GET /cart').calls = calls;
      edgeRow(profile, shop, 'GET /', 'peer:redis', 'HGET').calls = requests;
      return compileNormal({ profile }).callsPerEntry.get(entryKey(shop, 'GET /'));
    };
    expect(callsOf(20, 30)).toBeCloseTo(2.5);
    expect(callsOf(19, 30)).toBeUndefined();
  });

  test('has the rules of children that were learnt', () => {
    const profile = profileOf({});
    const { shapes } = operationRow(profile, shop, 'GET /', 2, true);
    shapes.set(shapeKey(['GET /cart', 'GET /price']), { count: 40, deep: 0 });
    shapes.set(shapeKey(['GET /cart']), { count: 10, deep: 0 });
    const operation = compileNormal({ profile }).operations.get(key);
    expect(operation?.regular).toEqual(['GET /cart']);
    expect(operation?.rules).toContainEqual({ given: 'GET /price', expected: 'GET /cart' });
    expect(operation?.rules).not.toContainEqual({ given: 'GET /cart', expected: 'GET /price' });
  });
});
