import { entryKey, operationRow, streamKey, type StatsTable } from '@plumbline/wire';
import { key } from '../testing/detector';
import { random } from '../testing/simulation';
import { learntFrom, requestsOf } from '../testing/streams';
import { Baselines } from './baseline';
import { VolumeWatch } from './volume';
import type { Alarm } from './watch';

/** Requests of a window at two entries, about so many of each. */
function window(next: () => number, orders: number, products: number): StatsTable {
  const about = (n: number): number => Math.round(n * (0.7 + 0.6 * next()));
  return requestsOf({ orders: about(orders), products: about(products) });
}

const baselines = new Baselines(
  learntFrom(
    (() => {
      const next = random(1);
      return Array.from({ length: 60 }, () => window(next, 60, 120));
    })(),
  ),
  25,
);

/** Alarms of windows of 10 s: five quiet minutes, then what comes. */
function alarmsOf(
  count: number,
  then: (i: number, next: () => number) => StatsTable,
): { readonly at: number; readonly alarms: readonly Alarm[] }[] {
  const [watch, next] = [new VolumeWatch(), random(2)];
  const found: { at: number; alarms: readonly Alarm[] }[] = [];
  for (let i = -30; i < count; i += 1) {
    const alarms = watch.add(500 + i, i < 0 ? window(next, 10, 20) : then(i, next), baselines);
    if (alarms.length > 0) found.push({ at: i, alarms });
  }
  return found;
}

describe('an entry', () => {
  test('that stops while the rest goes on alarms within three minutes', () => {
    const [first] = alarmsOf(18, (_, next) => window(next, 0, 20));
    expect(first?.at).toBeLessThan(18);
    expect(first?.alarms.map((alarm) => alarm.key)).toEqual([streamKey('volume', entryKey(key('gateway'), 'orders'))]);
    expect(first?.alarms[0]).toMatchObject({ kind: 'volume', service: key('gateway'), onset: 500 });
  });

  test('whose requests come to an operation of the same service that is new does not, as after a release', () => {
    const moved = (kind: number) => (_: number, next: () => number) => {
      const about = Math.round(10 * (0.7 + 0.6 * next()));
      const table = requestsOf({ products: 20, 'v2 orders': about });
      operationRow(table, key('gateway'), 'v2 orders', kind, true).all.count = about;
      return table;
    };
    expect(alarmsOf(60, moved(2))).toEqual([]);
    // Spans of a client whose request never ended are no requests.
    expect(alarmsOf(60, moved(3)).length).toBeGreaterThan(0);
  });

  test('that keeps three of ten requests alarms within three minutes', () => {
    const [first] = alarmsOf(18, (_, next) => window(next, 3, 20));
    expect(first?.alarms[0]?.key).toBe(streamKey('volume', entryKey(key('gateway'), 'orders')));
  });

  test('that loses most of its requests alarms, and one that loses a quarter does not', () => {
    expect(alarmsOf(60, (_, next) => window(next, 2, 20)).length).toBeGreaterThan(0);
    expect(alarmsOf(60, (_, next) => window(next, 7.5, 20))).toEqual([]);
  });

  test('does not when others get many more requests', () => {
    expect(alarmsOf(60, (_, next) => window(next, 10, 80))).toEqual([]);
  });

  test('that ebbs slowly while the rest goes on does not', () => {
    expect(alarmsOf(240, (i, next) => window(next, 10 * Math.max(0, 1 - i / 180), 20))).toEqual([]);
  });

  test('that was rare in the last minutes already does not', () => {
    const watch = new VolumeWatch();
    const found: Alarm[] = [];
    for (let i = 0; i < 90; i += 1) {
      found.push(...watch.add(i, requestsOf({ orders: i < 45 && i % 9 === 0 ? 1 : 0, products: 20 }), baselines));
    }
    expect(found).toEqual([]);
  });

  test('is not missed when everything stops', () => {
    expect(alarmsOf(60, () => requestsOf({}))).toEqual([]);
  });

  test('is not missed before others went on for four windows, however long nothing at all came', () => {
    const [busy, alone] = [requestsOf({ orders: 250 }), requestsOf({ products: 20 })];
    const only = new Baselines(learntFrom(Array.from({ length: 60 }, () => busy)), 25);
    for (const silence of [0, 5, 8, 20]) {
      const watch = new VolumeWatch();
      for (let i = 0; i < 30; i += 1) expect(watch.add(500 + i, busy, only)).toEqual([]);
      const found = Array.from({ length: 8 }, (_, i) => watch.add(530 + silence + i, alone, only));
      const first = found.findIndex((alarms) => alarms.length > 0);
      expect(first).toBeGreaterThanOrEqual(3);
    }
  });

  test('is not missed in three bursts of another', () => {
    const burst = (i: number): StatsTable => requestsOf(i % 5 === 0 ? { products: 40 } : {});
    expect(alarmsOf(15, burst)).toEqual([]);
  });

  test('is not missed when everything ebbs together, quickly or slowly', () => {
    const ebb = (minutes: number) => (i: number, next: () => number) => {
      const left = Math.max(0.02, 1 - i / (6 * minutes));
      return window(next, 10 * left, 20 * left);
    };
    expect(alarmsOf(120, ebb(1))).toEqual([]);
    expect(alarmsOf(240, ebb(20))).toEqual([]);
  });

  test('is not missed on its usual ups and downs', () => {
    expect(alarmsOf(720, (_, next) => window(next, 10, 20))).toEqual([]);
  });
});
