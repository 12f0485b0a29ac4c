import fc from 'fast-check';
import {
  addSpan,
  edgeKey,
  edgeRow,
  emptyTable,
  emptyTally,
  entryKey,
  entryRow,
  mergeTable,
  mergeTally,
  operationKey,
  operationRow,
  type StatsTable,
} from './stats';
import { statsTableFromJson, statsTableSchema, statsTableToJson } from './stats-json';
import { addToSketch, quantile } from './sketch';

/** A table with a few rows of each kind, from random spans. */
const table = fc
  .array(
    fc.record({
      service: fc.constantFrom('a', 'b'),
      operation: fc.constantFrom('GET /', 'POST /', 'x\ny'),
      entry: fc.boolean(),
      durationMs: fc.double({ min: 0, max: 1e5, noNaN: true }),
      error: fc.boolean(),
      exceeds: fc.boolean(),
    }),
    { maxLength: 30 },
  )
  .map((spans) => {
    const result = emptyTable();
    for (const { service, operation, entry, durationMs, error, exceeds } of spans) {
      const row = operationRow(result, service, operation, 2, entry);
      addSpan(row.all, { durationMs, selfMs: durationMs / 2, error, origin: error });
      if (exceeds) row.exceeding += 1;
      const edge = edgeRow(result, service, operation, 'peer:db/x', 'SELECT');
      edge.calls += 1;
      if (error) edge.clientErrors += 1;
      addToSketch(edge.duration, durationMs);
      addToSketch(edge.fanout, 1);
      const entered = entryRow(result, service, operation);
      entered.traces += 1;
      addToSketch(entered.score, durationMs);
      result.blindness.spans += 1;
    }
    return result;
  });

const merged = (...tables: readonly StatsTable[]): StatsTable => {
  const sum = emptyTable();
  for (const each of tables) mergeTable(sum, each);
  return sum;
};

describe('tables', () => {
  test('merge to the same in any order', () => {
    fc.assert(
      fc.property(table, table, table, (a, b, c) => {
        expect(statsTableToJson(merged(a, b, c))).toEqual(statsTableToJson(merged(c, a, b)));
      }),
    );
  });

  test('merge without touching what is merged', () => {
    fc.assert(
      fc.property(table, table, (a, b) => {
        const before = statsTableToJson(b);
        mergeTable(merged(a), b);
        mergeTable(emptyTable(), b);
        const into = emptyTable();
        mergeTable(into, b);
        for (const row of into.operations.values())
          addSpan(row.all, { durationMs: 1, selfMs: 1, error: true, origin: true });
        expect(statsTableToJson(b)).toEqual(before);
      }),
    );
  });

  test('take back with weight −1 what was added', () => {
    fc.assert(
      fc.property(table, table, (a, b) => {
        const sum = merged(a, b);
        mergeTable(sum, b, -1);
        for (const row of statsTableToJson(sum).operations) {
          const original = a.operations.get(operationKey(row.service, row.operation, row.kind, row.entry));
          expect(row.all.count).toBe(original?.all.count ?? 0);
          expect(row.exceeding).toBe(original?.exceeding ?? 0);
        }
        expect(sum.blindness).toEqual(a.blindness);
      }),
    );
  });

  test('forget with a weight below one', () => {
    const half = emptyTable();
    const row = operationRow(half, 'a', 'GET /', 2, true);
    addSpan(row.all, { durationMs: 10, selfMs: 5, error: true, origin: false });
    const sum = emptyTable();
    mergeTable(sum, half, 0.5);
    expect(sum.operations.get(operationKey('a', 'GET /', 2, true))?.all).toMatchObject({ count: 0.5, errors: 0.5 });
  });

  test('count every number of every kind of row', () => {
    const one = emptyTable();
    const edge = edgeRow(one, 'a', 'GET /', 'b', 'GET /b');
    Object.assign(edge, {
      calls: 1,
      clientErrors: 2,
      serverErrors: 3,
      callers: 4,
      gapExceeding: 5,
      fanoutExceeding: 6,
      anomalousCallers: 7,
      anomalousCalls: 8,
      anomalousClientErrors: 9,
    });
    Object.assign(entryRow(one, 'a', 'GET /'), { traces: 1, anomalous: 2, abstained: 3, failed: 4 });
    Object.assign(operationRow(one, 'a', 'GET /', 2, true), { exceeding: 1, suspects: 2 });
    Object.assign(one.blindness, { spans: 1, orphans: 2, rootless: 3, skewed: 4, truncated: 5 });
    expect(statsTableToJson(merged(one))).toEqual(statsTableToJson(one));
  });
});

describe('rows', () => {
  test('are made once and found again', () => {
    const result = emptyTable();
    expect(operationRow(result, 'a', 'GET /', 2, true)).toBe(operationRow(result, 'a', 'GET /', 2, true));
    expect(edgeRow(result, 'a', 'GET /', 'b', 'c')).toBe(edgeRow(result, 'a', 'GET /', 'b', 'c'));
    expect(entryRow(result, 'a', 'GET /')).toBe(entryRow(result, 'a', 'GET /'));
    expect([...result.operations.keys()]).toEqual([operationKey('a', 'GET /', 2, true)]);
    expect([...result.edges.keys()]).toEqual([edgeKey('a', 'GET /', 'b', 'c')]);
    expect([...result.entries.keys()]).toEqual([entryKey('a', 'GET /')]);
  });

  test('of different kind, or entered from outside, are different', () => {
    const result = emptyTable();
    operationRow(result, 'a', 'GET /', 2, true);
    operationRow(result, 'a', 'GET /', 2, false);
    operationRow(result, 'a', 'GET /', 3, false);
    expect(result.operations.size).toBe(3);
  });
});

test('a tally that is merged twice counts twice', () => {
  const one = emptyTally();
  addSpan(one, { durationMs: 10, selfMs: 4, error: true, origin: true });
  const sum = emptyTally();
  mergeTally(sum, one);
  mergeTally(sum, one);
  expect(sum).toMatchObject({ count: 2, errors: 2, origins: 2 });
  expect(quantile(sum.self, 0.5)).toBeCloseTo(4, 0);
});

test('a span that is taken back leaves an empty tally', () => {
  const tally = emptyTally();
  const span = { durationMs: 10, selfMs: 4, error: true, origin: true };
  addSpan(tally, span);
  addSpan(tally, span, -1);
  expect(tally).toEqual(emptyTally());
});

describe('tables as JSON', () => {
  test('come back as they were', () => {
    fc.assert(
      fc.property(table, (a) => {
        const json = statsTableToJson(a);
        const read = statsTableFromJson(statsTableSchema.parse(JSON.parse(JSON.stringify(json))));
        expect(statsTableToJson(read)).toEqual(json);
        expect([...read.operations.keys()].sort()).toEqual([...a.operations.keys()].sort());
      }),
    );
  });

  test('are the same text for equal tables', () => {
    fc.assert(
      fc.property(table, table, (a, b) => {
        expect(JSON.stringify(statsTableToJson(merged(a, b)))).toBe(JSON.stringify(statsTableToJson(merged(b, a))));
      }),
    );
  });

  test.each([
    ['a kind that OTLP does not have', { kind: 6 }],
    ['a name that is no text', { service: 7 }],
    ['an endless name', { operation: 'x'.repeat(5000) }],
    ['a sketch that is no list', { all: { count: 1, errors: 0, origins: 0, duration: 'x', self: [] } }],
  ])('are refused with %s', (_, wrong) => {
    const result = emptyTable();
    operationRow(result, 'a', 'GET /', 2, true);
    const json = statsTableToJson(result);
    const [row] = json.operations;
    expect(statsTableSchema.safeParse({ ...json, operations: [{ ...row, ...wrong }] }).success).toBe(false);
  });
});
