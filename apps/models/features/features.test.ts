import { indexBatch } from '@plumbline/anomaly-detection';
import { traceBatchFrom, type PlainTrace } from '@plumbline/wire/testing';
import fc from 'fast-check';
import { areaUnderCurve, learnShop, rowsOf, shopRows } from '../testing';
import { columnOf, serviceFeatures, traceFeatures } from './columns';
import { FeatureCounter } from './feature-counter';
import { FeatureReader } from './feature-reader';
import type { FeatureRows } from './feature-rows';
import { decodeFeatureSchema, encodeFeatureSchema, featureSchemaOf } from './schema';

const shop = learnShop();
const { schema, scorer, paths } = shop;

function values(rows: FeatureRows, name: string): number[] {
  const column = schema.names.indexOf(name);
  if (column < 0) throw new RangeError(`no feature ${name}`);
  return Array.from({ length: rows.rows }, (_, row) => rows.values[row * rows.width + column] ?? NaN);
}
const present = (all: readonly number[]): number[] => all.filter((value) => !Number.isNaN(value));
const median = (all: readonly number[]): number => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? NaN;
const normal = shopRows(shop, 31, 600);

describe('the schema', () => {
  test('names the services that most traces touch, ties by name', () => {
    expect(schema.services[0]).toBe('default///gateway');
    expect(new Set(schema.services)).toEqual(
      new Set(['cart', 'catalogue', 'checkout', 'gateway', 'payment'].map((name) => `default///${name}`)),
    );
    expect(schema.services.slice(1, 4)).toEqual(['default///cart', 'default///checkout', 'default///payment']);
  });

  test('has at most thirty columns for the forest, and they come first', () => {
    expect(schema.dense).toEqual(traceFeatures.map((_, i) => i));
    expect(schema.dense.length).toBeLessThanOrEqual(30);
    expect(schema.names.length).toBe(traceFeatures.length + 5 * serviceFeatures.length);
  });

  test('has a hash that follows from the features alone', () => {
    expect(featureSchemaOf(schema.services).hash).toBe(schema.hash);
    expect(featureSchemaOf([...schema.services].reverse()).hash).not.toBe(schema.hash);
    expect(schema.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  test('is the same after it was written and read', () => {
    expect(decodeFeatureSchema(encodeFeatureSchema(schema))).toEqual(schema);
  });

  test('is refused when it means other features, or names a service twice', () => {
    const json = Buffer.from(encodeFeatureSchema(schema)).toString();
    expect(() => decodeFeatureSchema(Buffer.from(json.replace('trace-features/1', 'trace-features/0')))).toThrow(
      'features mean "trace-features/0", here "trace-features/1"',
    );
    expect(() => decodeFeatureSchema(Buffer.from(json.replace('///cart', '///gateway')))).toThrow(/twice/);
    expect(() => decodeFeatureSchema(Buffer.from(JSON.stringify({ schema: 1 })))).toThrow();
  });

  test('holds no more services than it may', () => {
    expect(() => new FeatureCounter().define(33)).toThrow(RangeError);
    expect(new FeatureCounter().define(0).services).toEqual([]);
  });
});

describe('normal requests', () => {
  test('have ratios around 1 and nothing that stands out', () => {
    for (const name of ['own default///payment', 'calls default///checkout', 'spans']) {
      expect(Math.abs(median(present(values(normal, name))))).toBeLessThan(0.35);
    }
    expect(median(values(normal, 'path'))).toBeLessThan(1.5);
    expect(Math.max(...values(normal, 'unknown'))).toBe(0);
    expect(median(values(normal, 'own-excess-1'))).toBeLessThan(0.3);
  });

  test('have no value for services that they do not touch', () => {
    const touched = values(normal, 'failing default///payment').map((value) => !Number.isNaN(value));
    expect(touched.filter(Boolean).length / touched.length).toBeCloseTo(0.6, 1);
    expect(values(normal, 'failing default///catalogue').map(Number.isNaN)).toEqual(touched);
    expect(values(normal, 'own default///payment').map((value) => !Number.isNaN(value))).toEqual(touched);
  });

  test('have their greatest excesses in falling order', () => {
    for (const way of ['own', 'out', 'in']) {
      const [first, second] = [values(normal, `${way}-excess-1`), values(normal, `${way}-excess-2`)];
      for (const [i, value] of second.entries())
        if (!Number.isNaN(value)) expect(first[i]).toBeGreaterThanOrEqual(value);
    }
  });
});

describe('a fault moves the features that are about it', () => {
  test.each([
    ['own default///payment', { slow: { service: 'payment', factor: 8 } }],
    ['own-excess-1', { slow: { service: 'payment', factor: 8 } }],
    ['in default///payment', { gap: { callee: 'payment', addMs: 60 } }],
    ['out default///checkout', { gap: { callee: 'payment', addMs: 60 } }],
    ['failing default///payment', { fail: 'payment' }],
    ['failures', { fail: 'payment' }],
    ['calls default///checkout', { retries: 5 }],
    ['extra-calls', { retries: 5 }],
    ['spans', { retries: 5 }],
    ['missing-calls', { skip: 'payment' }],
    ['path', { skip: 'payment' }],
    ['new-calls', { detour: 'fraud' }],
    ['path', { detour: 'fraud' }],
    ['unknown', { detour: 'fraud' }],
  ])('%s', (name, fault) => {
    const checkouts = (rows: FeatureRows) =>
      values(rows, name).filter((value, i) => rows.entries[i]?.endsWith('POST /checkout') && !Number.isNaN(value));
    expect(areaUnderCurve(checkouts(normal), checkouts(shopRows(shop, 32, 300, fault)))).toBeGreaterThan(0.95);
  });

  test('calls fall where one is left out', () => {
    const fewer = shopRows(shop, 33, 300, { skip: 'payment' });
    expect(
      areaUnderCurve(
        present(values(fewer, 'calls default///checkout')),
        present(values(normal, 'calls default///checkout')),
      ),
    ).toBeGreaterThan(0.95);
    expect(
      areaUnderCurve(present(values(fewer, 'least-calls')), present(values(normal, 'least-calls'))),
    ).toBeGreaterThan(0.7);
  });

  test('in a service without columns shows in those of the trace', () => {
    const few = { ...shop, schema: new FeatureCounter().define(0) };
    const slow = shopRows(few, 34, 200, { slow: { service: 'payment', factor: 10 } });
    expect(slow.width).toBe(traceFeatures.length);
    const excess = Array.from(
      { length: slow.rows },
      (_, i) => slow.values[i * slow.width + columnOf['own-excess-1']] ?? 0,
    );
    expect(excess.filter((value) => value > 1).length / excess.length).toBeGreaterThan(0.5);
  });
});

test('rows tell which trace they are of, where it entered, and what the profile says', () => {
  const slow = shopRows(shop, 35, 250, { slow: { service: 'gateway', factor: 12 } });
  // Two batches, of 200 and of 50.
  expect([...slow.traces.slice(198, 202)]).toEqual([198, 199, 0, 1]);
  expect(new Set(slow.entries)).toEqual(
    new Set(['default///gateway\nGET /products', 'default///gateway\nPOST /checkout']),
  );
  expect(median([...slow.profile])).toBeGreaterThan(1);
  expect(median([...normal.profile])).toBeLessThan(0.5);
});

test('a reader begins anew when its rows were taken, and makes the same ones again', () => {
  const batch = traceBatchFrom([]);
  const reader = new FeatureReader(schema, paths);
  scorer.score(batch, indexBatch(batch), [], reader);
  expect(reader.take()).toMatchObject({ rows: 0, width: schema.names.length });
  expect(shopRows(shop, 31, 600)).toEqual(normal);
});

describe('of a trace that is not whole', () => {
  const span = { service: 'gateway', operation: 'GET /products', durationMs: 5 } as const;
  const rows = rowsOf(shop, [
    { spans: [{ ...span, id: '1', parent: 'lost' }] },
    { spans: [{ ...span, id: '1' }], truncated: true },
    { spans: [{ ...span, id: '1' }], late: true },
    { spans: [{ ...span, id: '1' }] },
  ]);

  test('nothing is said that depends on spans which did not come', () => {
    for (const name of ['depth', 'spans', 'path', 'calls default///gateway', 'most-calls', 'least-calls']) {
      expect(values(rows, name).map(Number.isNaN)).toEqual([true, true, true, false]);
    }
  });

  test('times and failures are', () => {
    for (const name of ['own default///gateway', 'failures', 'own-excess-1']) {
      expect(values(rows, name).every(Number.isFinite)).toBe(true);
    }
  });
});

test('no trace makes it throw, grow, or give a number out of bounds', () => {
  const name = fc.constantFrom('gateway', 'payment', 'cart', 'x', '');
  const operation = fc.constantFrom('GET /products', 'POST /charge', 'GET', 'POST', '\u001f', 'other');
  const span = fc.record({
    service: name,
    operation,
    durationMs: fc.oneof(fc.double({ min: 0, max: 1e12, noNaN: true }), fc.constantFrom(0, -5, Infinity, NaN, 1e-300)),
    selfMs: fc.constantFrom(0, 1, -1, NaN, Infinity, 1e300),
    kind: fc.constantFrom(
      'unspecified' as const,
      'internal' as const,
      'server' as const,
      'client' as const,
      'producer' as const,
      'consumer' as const,
    ),
    error: fc.boolean(),
    asynchronous: fc.boolean(),
    above: fc.nat(200),
    peer: fc.constantFrom('', 'peer:redis'),
  });
  const trace = fc.array(span, { minLength: 1, maxLength: 60 }).map((spans): PlainTrace => ({
    spans: spans.map(({ above, peer, durationMs, ...rest }, i) => ({
      ...rest,
      id: String(i),
      // Nanoseconds are whole numbers.
      durationMs: Number.isFinite(durationMs) ? durationMs : 0,
      ...(i > 0 ? { parent: above % 10 === 0 ? 'lost' : String(above % i) } : {}),
      ...(peer === '' ? {} : { peer }),
    })),
  }));
  fc.assert(
    fc.property(fc.array(trace, { minLength: 1, maxLength: 4 }), (traces) => {
      const rows = rowsOf(shop, traces);
      expect(rows.rows).toBe(traces.length);
      expect(rows.values.length).toBe(traces.length * schema.names.length);
      for (const value of rows.values) if (!Number.isNaN(value)) expect(Math.abs(value)).toBeLessThanOrEqual(20);
      expect([...rows.profile].every(Number.isFinite)).toBe(true);
    }),
    { numRuns: 200 },
  );
});
