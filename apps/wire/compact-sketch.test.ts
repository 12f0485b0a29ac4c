import fc from 'fast-check';
import { CompactSketch } from './compact-sketch';
import { addToSketch, bucketOf, encodeSketch, mergeSketch, quantile, sketchCount, type Sketch } from './sketch';
import { compactTable, emptyTable, mergeTable, operationRow } from './stats';
import { statsTableToJson } from './stats-json';
import { sumFrom } from './streams';
import { decodeWindowStats, encodeWindowStats, type WindowStats } from './window-stats';

/** Fractions that add up without rounding. */
const count = fc.oneof(
  fc.integer({ min: -3, max: 1000 }),
  fc.integer({ min: 1, max: 2 ** 40 }).map((n) => n / 8),
);
const sketch = fc
  .array(fc.tuple(fc.double({ min: 0, max: 1e16, noNaN: true }), count), { maxLength: 20 })
  .map((values) => {
    const map: Sketch = new Map();
    for (const [value, n] of values) addToSketch(map, value, n);
    return map;
  });

describe('a compact sketch', () => {
  test('says what a map says that took the same turns', () => {
    fc.assert(
      fc.property(sketch, sketch, sketch, fc.constantFrom(1, -1, 0.5, 2), (a, b, c, weight) => {
        const map = new Map(a);
        const compact = CompactSketch.of(a);
        for (const [other, times] of [
          [b, 1],
          [c, weight],
        ] as const) {
          mergeSketch(map, other, times);
          mergeSketch(compact, times === 1 ? CompactSketch.of(other) : other, times);
        }
        expect(encodeSketch(compact)).toEqual(encodeSketch(map));
        expect([...compact.keys()]).toEqual([...map.keys()].sort((x, y) => x - y));
        expect([compact.size, sketchCount(compact), sumFrom(compact, 3)]).toEqual([
          map.size,
          sketchCount(map),
          sumFrom(map, 3),
        ]);
        expect(quantile(compact, 0.5)).toEqual(quantile(map, 0.5));
        expect([compact.get(bucketOf(7)), compact.has(bucketOf(7))]).toEqual([
          map.get(bucketOf(7)),
          map.has(bucketOf(7)),
        ]);
      }),
    );
  });

  test('does not change with what it was merged from or into', () => {
    const a = CompactSketch.of(new Map([[1, 2]]));
    const b = CompactSketch.empty();
    mergeSketch(b, a);
    addToSketch(b, 5);
    b.delete(1);
    expect([[...a], [...b]]).toEqual([[[1, 2]], [[bucketOf(5), 1]]]);
    b.clear();
    expect(b.size).toBe(0);
  });
});

describe('a compact table', () => {
  const table = (seed: number) => {
    const stats = emptyTable();
    for (let i = 0; i < 40; i += 1) {
      const row = operationRow(stats, `s${(seed * i) % 7}`, `GET /${i % 5}`, 2, true);
      row.traces += 1;
      addToSketch(row.all.duration, (seed * i) % 97);
      addToSketch(row.perTrace, i, i % 3 === 0 ? -1 : 1);
    }
    return stats;
  };
  const message = (seed: number): WindowStats => ({
    tenant: 'default',
    source: { partition: 0, firstOffset: 0, lastOffset: 0 },
    watermarkMs: 0,
    verdicts: 0,
    windows: [{ startMs: 0, durationMs: 10, stats: table(seed) }],
  });

  test('adds up what came over the wire to the same, and is the same bytes there', () => {
    const [compact, plain] = [compactTable(), emptyTable()];
    for (const seed of [3, 5, 8]) {
      const bytes = encodeWindowStats(message(seed));
      const read = decodeWindowStats(bytes, { compact: true });
      expect(encodeWindowStats(read)).toEqual(bytes);
      const [window] = read.windows;
      if (window === undefined) throw new RangeError('one window');
      mergeTable(compact, window.stats);
      mergeTable(plain, table(seed));
    }
    expect(statsTableToJson(compact)).toEqual(statsTableToJson(plain));
    const [row] = compact.operations.values();
    expect(row?.perTrace).toBeInstanceOf(CompactSketch);
  });

  test('reads a sketch that is odd, its buckets not rising, as a map reads it', () => {
    const bytes = Buffer.from(encodeWindowStats(message(3)));
    const spots = Array.from({ length: 400 }, (_, i) => (i * 31) % bytes.length);
    for (const spot of spots) {
      const odd = Uint8Array.from(bytes);
      odd[spot] = (odd[spot] ?? 0) ^ 3;
      const read = (compact: boolean): unknown => {
        try {
          return statsTableToJson(decodeWindowStats(odd, { compact }).windows[0]?.stats ?? emptyTable());
        } catch {
          return 'refused';
        }
      };
      expect(read(true)).toEqual(read(false));
    }
  });
});
