import { emptyTable, mergeTable, sketchCount, statsTableToJson, type StatsTable } from '@plumbline/wire';
import { traceBatchFrom, type PlainTrace } from '@plumbline/wire/testing';
import { indexBatch } from './batch-index';
import { judge } from './judge';
import { ProfileScorer } from './profile-scorer';
import { windowDeltas } from './stats';
import { bundleOf, shopTraces } from './testing';

const bundle = bundleOf(shopTraces(1, 1000, 0, 20));
const activation = { effectiveFromMs: 0, bundle, scorer: new ProfileScorer(bundle) };

/** Statistics of all windows by start, from batches of the given sizes. */
function windowsOf(traces: readonly PlainTrace[], batchSize: number): Map<number, StatsTable> {
  const windows = new Map<number, StatsTable>();
  for (let i = 0; i < traces.length; i += batchSize) {
    const part = traces.slice(i, i + batchSize);
    const batch = traceBatchFrom(part);
    const index = indexBatch(batch);
    const all = part.map((_, trace) => ({ trace, activation }));
    for (const deltas of windowDeltas(batch, index, judge(batch, index, all, undefined), 10_000).values()) {
      for (const { startMs, stats } of deltas) {
        const table = windows.get(startMs) ?? emptyTable();
        mergeTable(table, stats);
        windows.set(startMs, table);
      }
    }
  }
  return windows;
}

function asJson(windows: ReadonlyMap<number, StatsTable>): unknown {
  return [...windows].sort(([a], [b]) => a - b).map(([startMs, table]) => ({ startMs, ...statsTableToJson(table) }));
}

const faulty = shopTraces(9, 600, 20_000, 20, { slow: { service: 'payment', factor: 8 }, retries: 4 });

describe('window statistics', () => {
  test('sum to the same in whatever records the traces came', () => {
    expect(asJson(windowsOf(faulty, 7))).toEqual(asJson(windowsOf(faulty, 600)));
  });

  test('put a trace into the window of its event time', () => {
    expect([...windowsOf(faulty, 50).keys()].sort()).toEqual([20_000, 30_000, 40_000]);
  });

  test('come to nothing where a retraction takes back what was said', () => {
    const windows = windowsOf([...faulty, ...faulty.map((trace) => ({ ...trace, retraction: true }))], 32);
    const numbers =
      JSON.stringify(asJson(windows)).match(/"(?:count|calls|traces|spans|exceeding|callers)":[^,}]+/g) ?? [];
    expect(new Set(numbers.map((text) => Math.abs(Number(text.split(':')[1]))))).toEqual(new Set([0]));
    for (const { operations, edges, entries } of windows.values()) {
      for (const { all, anomalous } of operations.values())
        expect([all.self.size, anomalous.duration.size]).toEqual([0, 0]);
      for (const { fanout, gap, duration } of edges.values())
        expect([fanout.size, gap.size, duration.size]).toEqual([0, 0, 0]);
      for (const { score } of entries.values()) expect(score.size).toBe(0);
    }
  });

  test('count what exceeds, who is suspect and what was anomalous', () => {
    const total = emptyTable();
    for (const table of windowsOf(faulty, 600).values()) mergeTable(total, table);
    const payment = [...total.operations.values()].find(({ service }) => service === 'default///payment');
    expect(payment?.exceeding).toBeGreaterThan(0.9 * (payment?.all.count ?? 0));
    expect(payment?.suspects).toBeGreaterThan(0.9 * (payment?.anomalous.count ?? 0));
    const edge = [...total.edges.values()].find(({ callee }) => callee === 'default///payment');
    expect(edge?.fanoutExceeding).toBe(edge?.callers);
    expect(edge?.calls).toBe(4 * (edge?.callers ?? 0));
    expect(edge?.anomalousCallers).toBe(edge?.callers);
    const entry = [...total.entries.values()].find(({ operation }) => operation === 'POST /checkout');
    expect(entry?.anomalous).toBe(entry?.traces);
  });

  test('have each span once where the end of a trace came when the window of its beginning was closed', () => {
    const whole = shopTraces(3, 1, 20_000, 1).flatMap(({ spans }) => spans);
    const [root, ...rest] = whole;
    if (root === undefined) throw new Error('a trace has a root');
    const early = { spans: rest };
    const late = { late: true, revision: 2, spans: [root, ...rest.map((span) => ({ ...span, counted: true }))] };
    const [once, twice] = [
      [{ spans: whole }],
      [
        { ...early, eventTimeMs: 20_000 },
        { ...late, eventTimeMs: 90_000 },
      ],
    ].map((traces) => {
      const table = emptyTable();
      for (const part of windowsOf(traces, 1).values()) mergeTable(table, part);
      return table;
    });
    const spans = ({ operations }: StatsTable) =>
      [...operations.values()]
        .map(({ service, operation, all }) => `${service} ${operation} ${all.count} ${sketchCount(all.duration)}`)
        .sort();
    const calls = ({ edges }: StatsTable) => {
      const sums = new Map<string, number>();
      for (const { caller, callee, calls: n } of edges.values()) {
        const key = `${caller} ${callee}`;
        sums.set(key, (sums.get(key) ?? 0) + n);
      }
      return sums;
    };
    expect(spans(twice ?? emptyTable())).toEqual(spans(once ?? emptyTable()));
    for (const [key, n] of calls(twice ?? emptyTable()))
      expect(n).toBeLessThanOrEqual(calls(once ?? emptyTable()).get(key) ?? 0);
    expect(twice?.blindness.spans).toBe(whole.length);
  });

  test('believe of a late trace that it failed, and not that it lacks a call', () => {
    const [trace] = shopTraces(3, 1, 20_000, 1);
    const [root] = trace?.spans ?? [];
    if (root === undefined) throw new Error('a trace has a root');
    const tables = [false, true].map((late) => {
      const table = emptyTable();
      for (const part of windowsOf(
        [
          { late, spans: [root] },
          { late, spans: [{ ...root, error: true }] },
        ],
        1,
      ).values())
        mergeTable(table, part);
      return table;
    });
    const sums = tables.map(({ operations, edges }) => ({
      lacking: [...operations.values(), ...edges.values()].reduce((sum, { lacking }) => sum + lacking, 0),
      failing: [...operations.values()].reduce((sum, { failing }) => sum + failing, 0),
    }));
    expect(sums[0]?.lacking).toBeGreaterThan(0);
    expect(sums[1]?.lacking).toBe(0);
    expect(sums.map(({ failing }) => failing)).toEqual([1, 1]);
  });

  test('keep tenants apart', () => {
    const span = { id: 'a', operation: 'GET /', durationMs: 1 };
    const batch = traceBatchFrom([
      { spans: [{ ...span, service: 'acme///api' }] },
      { spans: [{ ...span, service: 'umbrella///api' }] },
    ]);
    const index = indexBatch(batch);
    const all = [0, 1].map((trace) => ({ trace, activation: undefined }));
    const deltas = windowDeltas(batch, index, judge(batch, index, all, undefined), 10_000);
    expect([...deltas.keys()]).toEqual(['acme', 'umbrella']);
    expect([...(deltas.get('acme')?.[0]?.stats.entries.keys() ?? [])]).toEqual(['acme///api\nGET /']);
  });

  test('say what was not seen', () => {
    const [first] = windowsOf(
      [
        {
          spans: [
            {
              id: 'a',
              parent: 'lost',
              service: 'api',
              operation: 'GET /',
              durationMs: 1,
              skewed: true,
              truncated: true,
            },
          ],
        },
      ],
      1,
    ).values();
    expect(first?.blindness).toEqual({
      spans: 1,
      orphans: 1,
      rootless: 1,
      skewed: 1,
      truncated: 1,
      weight: 1,
      squaredWeight: 1,
    });
  });
});
