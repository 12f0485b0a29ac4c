import fc from 'fast-check';
import { addLabel, labelKinds } from './labels';
import { addToSketch } from './sketch';
import { addShape, addSpan, edgeRow, emptyTable, entryRow, operationRow, serviceRow, type StatsTable } from './stats';
import { statsTableToJson } from './stats-json';
import { decodeWindowStats, encodeWindowStats, type WindowStats } from './window-stats';
import { WireError } from './wire-error';

const stats = emptyTable();
addSpan(operationRow(stats, 'a', 'GET /', 2, true).all, { durationMs: 10, selfMs: 4, error: false, origin: false }, -1);
const message: WindowStats = {
  tenant: 'default',
  source: { partition: 3, firstOffset: 17, lastOffset: 2 ** 40 },
  watermarkMs: 1_700_000_000_000,
  verdicts: 2,
  windows: [{ startMs: 1_700_000_000_000, durationMs: 10_000, stats }],
};

/** Counts as windows, profiles and blends have them. */
const count = fc.oneof(
  fc.integer({ min: -5, max: 1e6 }),
  fc.integer({ min: 1, max: 1e6 }).map((n) => n / 1000),
  // Adding zero makes 0 of -0, which are the same on the wire.
  fc.double({ min: -1e12, max: 1e12, noNaN: true }).map((n) => n + 0),
);
const name = fc.oneof(fc.constantFrom('a', 'GET /', ''), fc.string({ unit: 'grapheme', maxLength: 12 }));
const sketch = fc.array(fc.tuple(fc.double({ min: 0, max: 1e9, noNaN: true }), count), { maxLength: 12 });

type Row = Record<string, unknown>;

/** Sets every number and every sketch of a row, whatever they are called, so that none is forgotten on the wire. */
function fillRow(row: Row, numbers: readonly number[], values: readonly (readonly [number, number])[]): void {
  for (const [i, [key, value]] of Object.entries(row).entries()) {
    if (key === 'kind') continue;
    if (typeof value === 'number') row[key] = numbers[i % numbers.length];
    else if (key === 'shapes') addShape(value as never, `b GET\u001fc ${i}`, numbers[0] ?? 1, numbers[1] ?? 1);
    else if (key === 'labels') {
      const [traces = 1, failing = 1, slow = 1] = numbers.map((n) => n || 1);
      for (const kind of labelKinds) addLabel(value as never, kind, `${kind} ${i}`, { traces, failing, slow });
    } else if (value instanceof Map) for (const [ms, n] of values) addToSketch(value as Map<number, number>, ms, n);
    else if (typeof value === 'object' && value !== null) fillRow(value as Row, numbers, values);
  }
}

const table = fc
  .array(
    fc.tuple(name, name, fc.integer({ min: 0, max: 5 }), fc.array(count, { minLength: 3, maxLength: 20 }), sketch),
    {
      maxLength: 6,
    },
  )
  .map((rows) => {
    const result = emptyTable();
    for (const [a, b, kind, numbers, values] of rows) {
      const all = [
        operationRow(result, a, b, kind, kind > 2),
        edgeRow(result, a, b, `peer:${b}`, a),
        entryRow(result, a, b),
        serviceRow(result, a),
        result.blindness,
      ];
      for (const row of all) fillRow(row as unknown as Row, numbers, values);
    }
    return result;
  });

const encode = (of: StatsTable): Uint8Array =>
  encodeWindowStats({ ...message, windows: [{ startMs: 0, durationMs: 10, stats: of }] });

describe('window statistics on the wire', () => {
  test('come back as they were, counts below zero included', () => {
    expect(decodeWindowStats(encodeWindowStats(message))).toEqual(message);
  });

  test('come back with the record time of their range, where it is told', () => {
    const told = { ...message, source: { ...message.source, recordTimeMs: 1_700_000_000_123 } };
    expect(decodeWindowStats(encodeWindowStats(told))).toEqual(told);
  });

  test('come back with every number and every sketch of every row', () => {
    fc.assert(
      fc.property(table, (a) => {
        const [window] = decodeWindowStats(encode(a)).windows;
        expect(window?.stats).toEqual(a);
        expect([...(window?.stats.operations.keys() ?? [])]).toEqual([...a.operations.keys()].sort());
      }),
    );
  });

  test('are the same bytes for the same message', () => {
    fc.assert(
      fc.property(table, (a) => {
        const bytes = encode(a);
        expect(encodeWindowStats(decodeWindowStats(bytes))).toEqual(bytes);
      }),
    );
  });

  test('come back without the sketches that a reader has no use for', () => {
    const bytes = encodeWindowStats(message);
    const [window] = decodeWindowStats(bytes, { unread: new Set(['all.self']) }).windows;
    const [row] = window?.stats.operations.values() ?? [];
    expect([row?.all.self.size, row?.all.duration.size]).toEqual([0, 1]);
  });

  test('of the first version are read, as a range of one record', () => {
    const json = { ...message, schema: 1, source: { partition: 3, offset: 17 } };
    const windows = message.windows.map((window) => ({ ...window, stats: statsTableToJson(window.stats) }));
    const bytes = Buffer.from(JSON.stringify({ ...json, windows }));
    expect(decodeWindowStats(bytes)).toEqual({
      ...message,
      source: { partition: 3, firstOffset: 17, lastOffset: 17 },
    });
  });
});

describe('what is no window statistics', () => {
  const wrong = (change: Partial<WindowStats>): Uint8Array => encodeWindowStats({ ...message, ...change });

  test.each([
    ['half an offset', wrong({ source: { partition: 0, firstOffset: 0.5, lastOffset: 1 } }), 'firstOffset has to be'],
    ['an offset below zero', wrong({ source: { partition: 0, firstOffset: -1, lastOffset: 1 } }), 'firstOffset has'],
    [
      'a range that ends before it begins',
      wrong({ source: { partition: 0, firstOffset: 9, lastOffset: 8 } }),
      'after 9',
    ],
    [
      'a record time that is no number',
      wrong({ source: { partition: 0, firstOffset: 0, lastOffset: 1, recordTimeMs: NaN } }),
      'record time has to be finite',
    ],
    ['a watermark that is no number', wrong({ watermarkMs: NaN }), 'watermark has to be finite'],
    ['an endless tenant', wrong({ tenant: 'x'.repeat(300) }), 'at most 256 characters'],
    ['a window without length', wrong({ windows: [{ startMs: 0, durationMs: 0, stats }] }), 'longer than 0 ms'],
    ['a window that begins at no time', wrong({ windows: [{ startMs: Infinity, durationMs: 1, stats }] }), 'start has'],
    ['JSON of another schema', Buffer.from('{"schema":2}'), 'no window statistics'],
    ['nothing', Buffer.alloc(0), 'a tenant'],
  ])('is refused: %s', (_, bytes, reason) => {
    expect(() => decodeWindowStats(bytes)).toThrow(WireError);
    expect(() => decodeWindowStats(bytes)).toThrow(reason);
  });

  test('is refused: a kind that OTLP does not have, and a count that is no number', () => {
    const odd = emptyTable();
    operationRow(odd, 'a', 'GET /', 6, true);
    expect(() => decodeWindowStats(encode(odd))).toThrow('a span kind is 0 to 5, got 6');
    const endless = emptyTable();
    operationRow(endless, 'a', 'GET /', 2, true).all.count = Infinity;
    expect(() => decodeWindowStats(encode(endless))).toThrow('a count has to be finite');
  });

  test('is refused wherever it is cut off, or something else', () => {
    const bytes = encodeWindowStats(message);
    const refused = (of: Uint8Array): boolean => {
      try {
        decodeWindowStats(of);
        return false;
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        return true;
      }
    };
    const cut = Array.from({ length: bytes.length - 1 }, (_, length) => refused(bytes.subarray(0, length)));
    // The windows come last: what ends before them is a message without windows.
    expect(cut.filter((is) => !is).length).toBeLessThanOrEqual(3);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (random) => void refused(random)));
    const places = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 5 });
    fc.assert(
      fc.property(places, (changes) => {
        const changed = Uint8Array.from(bytes);
        for (const [at, byte] of changes) changed[at] = byte;
        refused(changed);
      }),
      { numRuns: 2000 },
    );
  });
});
