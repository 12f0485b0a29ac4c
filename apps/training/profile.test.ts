import {
  addLabel,
  addToSketch,
  emptyTable,
  entryKey,
  entryRow,
  operationRow,
  serviceRow,
  type StatsTable,
} from '@plumbline/wire';
import { calibrate } from './calibrate';
import { condense } from './profile';
import { shopStats } from './testing';

const limits = { maxOperations: 1000, maxEdges: 1000 };

describe('condensing', () => {
  test('keeps what is normal and drops what was said of anomalous traces', () => {
    const table = shopStats(1);
    const profile = condense(table, 1, limits);
    expect(profile.operations.size).toBe(table.operations.size);
    for (const [key, row] of profile.operations) {
      expect(row.all).toEqual(table.operations.get(key)?.all);
      expect(row.anomalous.count).toBe(0);
    }
    expect([...profile.edges.keys()]).toEqual([...table.edges.keys()]);
  });

  test('forgets what has become rare beyond notice', () => {
    expect(condense(shopStats(1), 1e-6, limits).operations.size).toBe(0);
  });

  test('beyond the limits leaves out the rarest', () => {
    const table = shopStats(1);
    const profile = condense(table, 1, { maxOperations: 3, maxEdges: 2 });
    const counts = [...table.operations.values()].map(({ all }) => all.count).sort((a, b) => b - a);
    expect([...profile.operations.values()].map(({ all }) => all.count)).toEqual(counts.slice(0, 3));
    expect(profile.edges.size).toBe(2);
  });

  test('keeps the versions of a service, the commonest sixteen, and neither pods nor nodes', () => {
    const table = emptyTable();
    const { labels } = Object.assign(serviceRow(table, 'default///payment'), { traces: 100 });
    for (let i = 1; i <= 40; i += 1) addLabel(labels, 'version', `1.${i}`, { traces: i, failing: 1, slow: 1 });
    addLabel(labels, 'pod', 'payment-7f', { traces: 100, failing: 0, slow: 0 });
    const kept = condense(table, 0.5, limits).services.get('default///payment')?.labels;
    expect(kept?.get('pod')).toBeUndefined();
    expect(kept?.get('version')?.size).toBe(16);
    expect(kept?.get('version')?.get('1.40')).toEqual({ traces: 20, failing: 0, slow: 0 });
    expect(kept?.has('version') && kept.get('version')?.has('1.24')).toBe(false);
  });

  test('knows versions again after there were too many to tell apart', () => {
    const table = emptyTable();
    const { labels } = Object.assign(serviceRow(table, 'default///payment'), { traces: 100 });
    for (let i = 1; i <= 400; i += 1) addLabel(labels, 'version', `1.${i}`, { traces: 1, failing: 0, slow: 0 });
    const profile = condense(table, 1, limits);
    addLabel(serviceRow(profile, 'default///payment').labels, 'version', '2', { traces: 1, failing: 0, slow: 0 });
    expect([...(profile.services.get('default///payment')?.labels.get('version')?.keys() ?? [])]).toEqual(['2']);
  });

  test('leaves the table it was given as it was', () => {
    const table = emptyTable();
    operationRow(table, 'a', 'b', 2, true).all.count = 8;
    condense(table, 0.5, limits);
    expect([...table.operations.values()][0]?.all.count).toBe(8);
  });
});

describe('the threshold of an entry operation', () => {
  const options = { alpha: 0.01, minSupport: 20, alarmRate: 0.001 };
  const key = entryKey('default///gateway', 'GET /');

  function scores(count: number, ofEach: (i: number) => number): StatsTable {
    const table = emptyTable();
    const row = entryRow(table, 'default///gateway', 'GET /');
    for (let i = 0; i < count; i += 1) addToSketch(row.score, ofEach(i));
    row.traces = count;
    return table;
  }

  test('is three times as long as usual where few were judged', () => {
    const thresholds = calibrate(
      scores(499, () => 2),
      options,
    );
    expect(thresholds.traceScore).toEqual({ default: Math.log(3) });
  });

  test('is the score that only the chosen share of normal traces reach', () => {
    const table = scores(10_000, (i) => (i < 50 ? 1.8 : 0));
    expect(calibrate(table, options).traceScore[key]).toBeCloseTo(1.8, 1);
    expect(calibrate(table, { ...options, alarmRate: 0.01 }).traceScore[key]).toBeCloseTo(Math.log(1.5), 5);
  });

  test('never rises so far that nothing could reach it', () => {
    const thresholds = calibrate(
      scores(1000, () => 2.9),
      options,
    );
    expect(thresholds.traceScore[key]).toBeCloseTo(Math.log(10), 5);
  });
});
