import { traceFlags, type Bundle } from '@plumbline/wire';
import { traceBatchFrom, type PlainSpan, type PlainTrace } from '@plumbline/wire/testing';
import { indexBatch, type BatchIndex } from './batch-index';
import { isWhole, operationMarks, TraceMeasurer, type ServiceTime } from './measure';
import { compileNormal, mostLogRatio, type Normal } from './normal';
import { statsOf } from './testing';

interface Told {
  readonly shopMs?: number;
  readonly wayMs?: number;
  readonly cartMs?: number;
  readonly redisMs?: number;
  /** Cart fails, or shop does. */
  readonly fails?: 'cart' | 'shop';
  /** Leaves out the call of cart. */
  readonly skip?: boolean;
}

/** shop (its own time) → way → cart (its own time) → redis. */
function spansOf(told: Told = {}): PlainSpan[] {
  const { shopMs = 10, wayMs = 2, cartMs = 20, redisMs = 5, fails, skip = false } = told;
  const callMs = skip ? 0 : wayMs + cartMs + redisMs;
  const error = fails === undefined ? {} : { error: true };
  const cartError = fails === 'cart' ? { error: true } : {};
  const shop: PlainSpan = { id: 's', service: 'shop', operation: 'GET /', durationMs: shopMs + callMs, ...error };
  if (skip) return [shop];
  return [
    shop,
    { id: 'c', parent: 's', service: 'shop', operation: 'GET', kind: 'client', durationMs: callMs, ...cartError },
    { id: 'k', parent: 'c', service: 'cart', operation: 'GET /cart', durationMs: cartMs + redisMs, ...cartError },
    {
      id: 'r',
      parent: 'k',
      service: 'cart',
      operation: 'HGET',
      kind: 'client',
      peer: 'peer:redis',
      durationMs: redisMs,
    },
  ];
}

function normalOf(traces: readonly PlainTrace[]): Normal {
  const bundle: Pick<Bundle, 'profile'> = { profile: statsOf(traces) };
  return compileNormal(bundle);
}

const usual = normalOf(Array.from({ length: 60 }, () => ({ spans: spansOf() })));

/** A measurer of the given traces, by what is usual or by nothing. */
function measurerOf(traces: readonly PlainTrace[], normal: Normal | undefined = usual) {
  const batch = traceBatchFrom(traces);
  const index = indexBatch(batch);
  return { measurer: new TraceMeasurer(batch, index, normal), batch, index };
}

/** What the last trace of them measures. */
function measured(told: Told, trace: Partial<PlainTrace> = {}) {
  const all = measurerOf([{ spans: spansOf(told), ...trace }]);
  all.measurer.measure(0);
  return all;
}

function operationAt({ operations }: BatchIndex, service: string, operation: string): number {
  return operations.findIndex((o) => o.service === `default///${service}` && o.operation === operation);
}

function marked(told: Told, service: string, operation: string, mark: number): boolean {
  const { measurer, index } = measured(told);
  return ((measurer.marks[operationAt(index, service, operation)] ?? 0) & mark) !== 0;
}

/** Actual and usual time of a service, to whole milliseconds. */
function timeOf(times: ReadonlyMap<number, ServiceTime>, services: readonly string[], service: string) {
  const time = times.get(services.indexOf(`default///${service}`));
  return time === undefined ? undefined : [Math.round(time.actualMs), Math.round(time.usualMs)];
}

describe('times of a trace', () => {
  test('go to who spends them: own time, and the time between the two to both ends', () => {
    const { measurer, batch } = measured({ shopMs: 30, wayMs: 8, cartMs: 50, redisMs: 9 });
    const { services } = batch;
    expect(timeOf(measurer.ownTime, services, 'shop')).toEqual([30, 10]);
    // Who calls somebody without spans waits for all of it.
    expect(timeOf(measurer.ownTime, services, 'cart')).toEqual([59, 25]);
    expect(timeOf(measurer.outTime, services, 'shop')).toEqual([8, 2]);
    expect(timeOf(measurer.inTime, services, 'cart')).toEqual([8, 2]);
    expect(timeOf(measurer.inTime, services, 'shop')).toBeUndefined();
    expect(timeOf(measurer.outTime, services, 'cart')).toBeUndefined();
  });

  test('make up the whole, as long as it was and as long as it usually is', () => {
    const { measurer } = measured({ shopMs: 30, wayMs: 8, cartMs: 50, redisMs: 9 });
    expect(measurer.whole.actualMs).toBeCloseTo(97, 3);
    expect(Math.abs(measurer.whole.usualMs - 37)).toBeLessThan(1);
  });

  test('are summed over the spans of an operation, and over the calls of an edge', () => {
    const calls = spansOf().slice(1);
    const again = calls.map((span, i) => ({
      ...span,
      id: `${span.id}2`,
      parent: i === 0 ? 's' : `${span.parent ?? ''}2`,
    }));
    const twice = [...spansOf(), ...again];
    const { measurer, index } = measurerOf([{ spans: twice }]);
    measurer.measure(0);
    const cart = operationAt(index, 'cart', 'GET /cart');
    expect([measurer.own.count[cart], measurer.own.sumMs[cart]]).toEqual([2, 40]);
    const edge = index.edges.findIndex(({ callee }) => callee === 'default///cart');
    expect([measurer.calls.count[edge], measurer.calls.sumMs[edge]]).toEqual([2, 4]);
  });

  test('say nothing of spans that failed: they took another way', () => {
    const { measurer, index } = measured({ fails: 'cart', cartMs: 1 });
    expect(measurer.own.touched).not.toContain(operationAt(index, 'cart', 'GET /cart'));
  });

  test('are known of services only where it is known what is usual', () => {
    const { measurer } = measurerOf([{ spans: spansOf() }], normalOf([{ spans: spansOf() }]));
    measurer.measure(0);
    expect([measurer.ownTime.size, measurer.outTime.size, measurer.whole.usualMs]).toEqual([0, 0, 0]);
  });

  test('count of a trace whose end came late only for the spans that were not counted', () => {
    const spans = spansOf({ cartMs: 50 }).map((span) => (span.service === 'shop' ? { ...span, counted: true } : span));
    const { measurer, batch, index } = measurerOf([{ spans }]);
    measurer.measure(0, true);
    expect([...measurer.ownTime.keys()].map((i) => batch.services[i])).toEqual(['default///cart']);
    expect(measurer.own.touched).toEqual([operationAt(index, 'cart', 'GET /cart')]);
    measurer.measure(0);
    expect(measurer.ownTime.size).toBe(2);
  });

  test('are those of one trace alone: the next one begins anew', () => {
    const traces = [{ spans: spansOf({ cartMs: 500, fails: 'cart' }) }, { spans: spansOf() }];
    const { measurer } = measurerOf(traces);
    const { measurer: alone } = measurerOf(traces);
    measurer.measure(0);
    measurer.measure(1);
    alone.measure(1);
    const said = (m: TraceMeasurer) => [
      [m.own, m.calls, m.marks, m.markedOperations, m.services, m.shapes, m.regularCalls],
      [m.ownTime, m.outTime, m.inTime, m.whole],
    ];
    expect(said(measurer)).toEqual(said(alone));
    expect([...measurer.failingServices]).toEqual([]);
    expect(measurer.own.touched.map((i) => measurer.own.sumMs[i])).toEqual([10, 20]);
  });
});

describe('a ratio', () => {
  const { measurer } = measured({});

  test('is ln (actual + c)/(usual + c), so that what does not matter is no ratio', () => {
    const c = usual.materialMs;
    expect(measurer.logRatio({ actualMs: 20, usualMs: 10 })).toBeCloseTo(Math.log((20 + c) / (10 + c)));
    expect(measurer.logRatio({ actualMs: 0.2, usualMs: 0.1 })).toBeLessThan(0.02);
  });

  test('lies within a factor of twenty, and is nothing where nothing is known', () => {
    expect(measurer.logRatio({ actualMs: 1e9, usualMs: 1 })).toBe(mostLogRatio);
    expect(measurer.logRatio({ actualMs: -5, usualMs: 1e9 })).toBe(-mostLogRatio);
    const blank = new TraceMeasurer(traceBatchFrom([]), indexBatch(traceBatchFrom([])), undefined);
    expect(blank.logRatio({ actualMs: 0, usualMs: 0 })).toBe(0);
  });
});

describe('marks', () => {
  const { present, erring, failing, deep, watched, lacking } = operationMarks;

  test('tell where a failure began from where it passed through', () => {
    const { measurer, batch } = measured({ fails: 'cart' });
    expect([...measurer.failingServices].map((i) => batch.services[i])).toEqual(['default///cart']);
    expect(marked({ fails: 'cart' }, 'cart', 'GET /cart', failing)).toBe(true);
    expect(marked({ fails: 'cart' }, 'shop', 'GET /', failing)).toBe(false);
    expect(marked({ fails: 'cart' }, 'shop', 'GET /', erring)).toBe(true);
  });

  test('call a failure deep where nothing below it was bad: neither failed nor slow beyond doubt', () => {
    expect(marked({ fails: 'cart' }, 'cart', 'GET /cart', deep)).toBe(true);
    expect(marked({ fails: 'cart' }, 'shop', 'GET /', deep)).toBe(false);
    expect(marked({ fails: 'shop' }, 'shop', 'GET /', deep)).toBe(true);
    expect(marked({ fails: 'shop', cartMs: 2000 }, 'shop', 'GET /', deep)).toBe(false);
  });

  test('miss a child that is regular, and not in a request that failed', () => {
    expect(marked({}, 'shop', 'GET /', watched)).toBe(true);
    expect(marked({}, 'shop', 'GET /', lacking)).toBe(false);
    expect(marked({ skip: true }, 'shop', 'GET /', lacking)).toBe(true);
    expect(marked({ skip: true, fails: 'shop' }, 'shop', 'GET /', watched)).toBe(false);
  });

  test('miss nothing in a trace that is not whole, and still see who is there', () => {
    for (const trace of [{ truncated: true }, { late: true }]) {
      const { measurer, index } = measured({ skip: true }, trace);
      expect(measurer.marks[operationAt(index, 'shop', 'GET /')]).toBe(present);
      expect(measurer.shapes).toEqual([]);
      expect(measurer.regularCalls.size).toBe(0);
    }
  });
});

describe('regular calls', () => {
  test('are watched in every whole request that did not fail, and lacked where they were not made', () => {
    const lacks = (told: Told) => Object.fromEntries(measured(told).measurer.regularCalls);
    const [made] = Object.entries(lacks({})).filter(([key]) => key.includes('default///cart\nGET /cart'));
    expect(made).toEqual(['default///shop\nGET /\ndefault///cart\nGET /cart', false]);
    expect(lacks({ skip: true })).toEqual({ 'default///shop\nGET /\ndefault///cart\nGET /cart': true });
    expect(lacks({ fails: 'shop', skip: true })).toEqual({});
  });
});

test('a trace is whole when all of it came, in time, and nothing was cut off', () => {
  const { complete, truncated, late } = traceFlags;
  expect(isWhole(complete)).toBe(true);
  expect([0, complete | truncated, complete | late, truncated].map(isWhole)).toEqual([false, false, false, false]);
});
