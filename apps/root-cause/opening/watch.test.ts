import type { StatsTable } from '@plumbline/wire';
import { key } from '../testing/detector';
import { random } from '../testing/simulation';
import { learntFrom, timesOf } from '../testing/streams';
import { Baselines } from './baseline';
import { Watch, type Alarm } from './watch';

/** A window of so many traces of which a share is slow, and a share fails. */
function window(next: () => number, traces: number, slowShare: number, failShare = 0, slowMs = 200): StatsTable {
  const own = Array.from({ length: traces }, () => (next() < slowShare ? slowMs : 15 + 10 * next()));
  return timesOf(own, own.filter(() => next() < failShare).length);
}

const normally = { slow: 0.05, fail: 0.01 };
const baselines = new Baselines(
  learntFrom(
    (() => {
      const next = random(1);
      return Array.from({ length: 60 }, () => window(next, 120, normally.slow, normally.fail));
    })(),
  ),
  25,
);

/** First windows that alarm, counted from where the quiet ones end. */
function alarmsOf(
  then: readonly ((next: () => number) => StatsTable)[],
  { seed = 2, quiet = 40 }: { readonly seed?: number; readonly quiet?: number } = {},
): { readonly at: number; readonly alarms: readonly Alarm[] }[] {
  const [watch, next] = [new Watch(), random(seed)];
  const tables = [
    ...Array.from({ length: quiet }, () => window(next, 20, normally.slow, normally.fail)),
    ...then.map((make) => make(next)),
  ];
  return tables
    .map((table, i) => ({ at: i - quiet, alarms: watch.add(1000 + i, table, baselines) }))
    .filter(({ alarms }) => alarms.length > 0);
}

const times = <T>(n: number, value: T): T[] => Array.from({ length: n }, () => value);

describe('a stream alarms', () => {
  test('in the second or third window in which most traces are slow, and says since when', () => {
    const [first] = alarmsOf(times(6, (next) => window(next, 20, 0.9)));
    expect(first?.at).toBeGreaterThanOrEqual(1);
    expect(first?.at).toBeLessThanOrEqual(2);
    expect(first?.alarms[0]).toMatchObject({ kind: 'self', service: key('payment'), onset: 1040 });
  });

  test('later where only a third is slow', () => {
    const [first] = alarmsOf(times(12, (next) => window(next, 20, 0.35)));
    expect(first?.at).toBeGreaterThanOrEqual(1);
    expect(first?.at).toBeLessThanOrEqual(9);
  });

  test('on few traces in many windows', () => {
    const [first] = alarmsOf(times(12, (next) => window(next, 2, 1)));
    expect(first?.at).toBeGreaterThanOrEqual(1);
    expect(first?.at).toBeLessThanOrEqual(8);
  });

  test('over a window of silence in between', () => {
    const slow = (next: () => number): StatsTable => window(next, 10, 0.9);
    const silent = (): StatsTable => timesOf([]);
    const found = alarmsOf([slow, silent, slow, silent, slow]);
    expect(found.map(({ at }) => at)).toContain(2);
    expect(found.map(({ at }) => at)).not.toContain(1);
  });

  test('for failures only when they have lasted five windows', () => {
    const [first] = alarmsOf(times(10, (next) => window(next, 20, normally.slow, 0.8)));
    expect(first?.at).toBe(4);
    expect(first?.alarms[0]).toMatchObject({ kind: 'error', service: key('payment') });
  });

  test('for as long as it goes on, and no longer', () => {
    const calm = (next: () => number): StatsTable => window(next, 20, normally.slow);
    const slow = (next: () => number): StatsTable => window(next, 20, 0.9);
    const found = alarmsOf([...times(40, calm), ...times(300, slow), ...times(60, calm)]).map(({ at }) => at);
    expect(found[0]).toBeLessThan(45);
    expect(found.filter((at) => at >= 45 && at < 340)).toHaveLength(295);
    expect(found.at(-1)).toBeLessThan(350);
  });

  test('with the level that says most', () => {
    const found = alarmsOf(times(4, (next) => window(next, 20, 0.9)));
    for (const { alarms } of found) expect(new Set(alarms.map(({ key: stream }) => stream)).size).toBe(alarms.length);
  });
});

describe('a stream does not alarm', () => {
  test.each([11, 12, 13])('on noise with the learnt rates, for an hour (seed %d)', (seed) => {
    const noise = times(360, (next: () => number) => window(next, 20, normally.slow, normally.fail));
    expect(alarmsOf(noise, { seed })).toEqual([]);
  });

  test('for one bad window, however bad', () => {
    const calm = times(10, (next: () => number) => window(next, 20, normally.slow));
    expect(alarmsOf([(next) => window(next, 500, 1, 1, 60_000), ...calm])).toEqual([]);
  });

  test('for four windows of failures', () => {
    const calm = times(10, (next: () => number) => window(next, 20, normally.slow));
    expect(alarmsOf([...times(4, (next: () => number) => window(next, 20, normally.slow, 1)), ...calm])).toEqual([]);
  });

  test('for a rise that is nothing to users', () => {
    // Half of 20 ms more is not half of (20 + 10) ms more.
    expect(alarmsOf(times(20, (next) => window(next, 20, 0.9, 0, 32)))).toEqual([]);
  });

  test('for what has gone on for minutes, though it was otherwise when it was learnt', () => {
    const [watch, next] = [new Watch(), random(3)];
    const found: number[] = [];
    for (let i = 0; i < 120; i += 1) {
      if (watch.add(i, window(next, 20, 0.5), baselines).length > 0) found.push(i);
    }
    // Only while it is not known yet what the last minutes were like.
    expect(found.length).toBeGreaterThan(0);
    expect(Math.max(...found)).toBeLessThan(40);
  });

  test('for three slow traces where there are hardly any', () => {
    expect(alarmsOf([...times(3, () => timesOf([500])), ...times(10, () => timesOf([]))])).toEqual([]);
  });

  test('in silence', () => {
    expect(alarmsOf(times(60, () => timesOf([])))).toEqual([]);
  });

  test('by what was before a long silence', () => {
    const slow = (next: () => number): StatsTable => window(next, 20, 0.9);
    const found = alarmsOf([slow, ...times(50, () => timesOf([])), slow]);
    expect(found).toEqual([]);
  });
});
