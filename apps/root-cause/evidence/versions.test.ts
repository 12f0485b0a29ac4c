import { addLabel, emptyTable, serviceRow, type ClosedWindow, type StatsTable } from '@plumbline/wire';
import { VersionChanges } from './versions';

const payment = 'default///payment';
const startMs = Date.parse('2026-03-02T14:00:00Z');
const windowMs = 10_000;

/** Requests of payment by version. */
function tableOf(versions: Readonly<Record<string, number>>, service = payment): StatsTable {
  const table = emptyTable();
  const row = serviceRow(table, service);
  for (const [version, traces] of Object.entries(versions)) {
    row.traces += traces;
    addLabel(row.labels, 'version', version, { traces, failing: 0, slow: 0 });
  }
  return table;
}

function windowOf(index: number, stats: StatsTable): ClosedWindow {
  return { startMs: startMs + index * windowMs, durationMs: windowMs, stats };
}

const fifteenMinutes = 90;

/** What is said of an incident that began with a window, after windows with such versions. */
function told(
  windows: readonly Readonly<Record<string, number>>[],
  { onset = windows.length - 1, profile }: { readonly onset?: number; readonly profile?: StatsTable } = {},
) {
  const changes = new VersionChanges();
  for (const [i, versions] of windows.entries()) changes.observe(windowOf(i, tableOf(versions)), profile);
  const onsetMs = startMs + onset * windowMs;
  const throughMs = startMs + windows.length * windowMs;
  return changes.evidenceOf(payment, { fromMs: onsetMs - fifteenMinutes * windowMs, onsetMs, throughMs });
}

const times = <T>(n: number, value: T): T[] => Array.from({ length: n }, () => value);

describe('a new version', () => {
  test('is told with the time it appeared, how long before, and the share of requests on it', () => {
    const windows = [...times(12, { '1.4.1': 10 }), ...times(4, { '1.4.1': 5, '1.4.2': 5 }), { '1.4.2': 10 }];
    const [evidence, ...others] = told(windows);
    expect(others).toEqual([]);
    expect(evidence?.sentence).toBe(
      'A new version 1.4.2 of payment appeared at 14:02 UTC, 40 s before the incident began; 60 % of its requests since then are on it.',
    );
    expect(evidence).toMatchObject({
      kind: 'new-version',
      source: 'changes',
      service: payment,
      unit: 'share',
      before: 0,
      now: 0.6,
      spans: 30,
      weight: 0,
    });
  });

  test('that came with the incident is told, one that came after it began is not', () => {
    const windows = [{ a: 10 }, { a: 10 }, { b: 10 }, { b: 10 }];
    expect(told(windows, { onset: 2 })[0]?.sentence).toContain('appeared at 14:00 UTC, as the incident began;');
    expect(told(windows, { onset: 1 })).toEqual([]);
  });

  test('is told for a quarter of an hour, and not when the fault came later', () => {
    const since = (windows: number) => told([{ a: 10 }, ...times(windows + 1, { b: 10 })]);
    expect(since(fifteenMinutes)[0]?.sentence).toContain('15 min before the incident began');
    expect(since(fifteenMinutes + 1)).toEqual([]);
  });

  test('is none where the profile knows it', () => {
    const windows = [{ a: 10 }, { b: 10 }];
    expect(told(windows, { profile: tableOf({ a: 500, b: 3 }) })).toEqual([]);
    expect(told(windows, { profile: tableOf({ a: 500 }) })).toHaveLength(1);
  });

  test('is none where it is the first that a service ever named', () => {
    expect(told([{}, { a: 10 }])).toEqual([]);
    expect(told([{}, { a: 10 }, { b: 10 }]).map(({ sentence }) => sentence.slice(0, 15))).toEqual(['A new version b']);
  });

  test('is none that was there from the beginning, since nobody knows when it came', () => {
    expect(told([{ b: 10 }, { b: 10 }], { profile: tableOf({ a: 500 }) })).toEqual([]);
    expect(told([{}, { b: 10 }], { profile: tableOf({ a: 500 }) })).toHaveLength(1);
  });

  test('is none that was there within the last day', () => {
    expect(told([{ a: 10 }, { b: 10 }, ...times(200, { b: 10 }), { a: 10 }])).toEqual([]);
  });

  test('of another service is not told of this one', () => {
    const changes = new VersionChanges();
    changes.observe(windowOf(0, tableOf({ a: 10 })));
    changes.observe(windowOf(1, tableOf({ b: 10 }, 'default///cart')));
    const stretch = { fromMs: startMs, onsetMs: startMs + windowMs, throughMs: startMs + 2 * windowMs };
    expect(changes.evidenceOf(payment, stretch)).toEqual([]);
  });

  test('is not told where every request names another: the newest two at most', () => {
    const builds = (window: number, n: number) =>
      Object.fromEntries(Array.from({ length: n }, (_, i) => [`build-${window}-${i}`, 1]));
    const few = told([{ a: 10 }, ...[1, 2, 3].map((window) => builds(window, 30))]);
    expect(few).toHaveLength(2);
    const many = told([{ a: 10 }, ...[1, 2, 3].map((window) => builds(window, 3000))]);
    expect(many).toEqual([]);
  });
});

describe('the source', () => {
  test('knows what windows told it, and nothing later', () => {
    const changes = new VersionChanges();
    expect(changes.watermarkMs).toBe(-Infinity);
    changes.observe(windowOf(3, tableOf({ a: 1 })));
    expect(changes.watermarkMs).toBe(startMs + 4 * windowMs);
    const stretch = { fromMs: startMs, onsetMs: startMs, throughMs: startMs + 5 * windowMs };
    expect(() => changes.evidenceOf(payment, stretch)).toThrow(RangeError);
    expect(changes.evidenceOf(payment, { ...stretch, throughMs: startMs + 4 * windowMs })).toEqual([]);
  });
});
