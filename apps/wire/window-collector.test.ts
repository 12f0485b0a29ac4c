import fc from 'fast-check';
import { emptyTable, entryRow } from './stats';
import { statsTableToJson } from './stats-json';
import { ByteBudget, WindowCollector, type ClosedWindow } from './window-collector';
import type { WindowStats } from './window-stats';

const durationMs = 10_000;

function message(
  partition: number,
  offset: number | readonly [first: number, last: number],
  watermarkMs: number,
  ...starts: readonly number[]
): WindowStats {
  const [firstOffset, lastOffset] = typeof offset === 'number' ? [offset, offset] : offset;
  const windows = starts.map((startMs) => {
    const stats = emptyTable();
    entryRow(stats, `service-${partition}`, 'GET /').traces += 1;
    return { startMs, durationMs, stats };
  });
  return { tenant: 'default', source: { partition, firstOffset, lastOffset }, watermarkMs, verdicts: 0, windows };
}

const traces = ({ stats }: ClosedWindow): number =>
  [...stats.entries.values()].reduce((sum, row) => sum + row.traces, 0);

describe('windows', () => {
  test('close in order when the watermark has passed their end, and not before', () => {
    const collector = new WindowCollector(1);
    collector.add(message(0, 0, 9_999, 10_000, 0));
    expect(collector.takeClosed()).toEqual([]);
    collector.add(message(0, 1, 10_000));
    expect(collector.takeClosed().map(({ startMs }) => startMs)).toEqual([0]);
    collector.add(message(0, 2, 20_000));
    expect(collector.takeClosed().map(({ startMs }) => startMs)).toEqual([10_000]);
  });

  test('wait for the slowest partition, and for those not heard of yet', () => {
    const collector = new WindowCollector(3);
    collector.add(message(0, 0, 50_000, 0));
    collector.add(message(1, 0, 50_000, 0));
    expect(collector.watermarkMs).toBe(-Infinity);
    expect(collector.takeClosed()).toEqual([]);
    collector.add(message(2, 0, 9_000));
    expect(collector.watermarkMs).toBe(9_000);
    collector.add(message(2, 1, 10_000));
    expect(collector.takeClosed().map(traces)).toEqual([2]);
  });

  test('hold what all partitions said of them', () => {
    const collector = new WindowCollector(2);
    collector.add(message(0, 0, 1_000, 0));
    collector.add(message(1, 0, 10_000, 0, 0));
    collector.add(message(0, 1, 10_000, 0));
    expect(collector.takeClosed().map(traces)).toEqual([4]);
  });

  test('that are closed take nothing more, which is counted', () => {
    const collector = new WindowCollector(1);
    collector.add(message(0, 0, 10_000, 0));
    collector.takeClosed();
    expect(collector.add(message(0, 1, 10_000, 0, 10_000))).toBe(true);
    expect(collector.late).toBe(1);
    expect(collector.oldestOpenMs).toBe(10_000);
  });
});

describe('a record that comes again', () => {
  test('counts once', () => {
    const collector = new WindowCollector(1);
    expect(collector.add(message(0, 7, 1_000, 0))).toBe(true);
    expect(collector.add(message(0, 7, 1_000, 0))).toBe(false);
    expect(collector.add(message(0, 6, 1_000, 0))).toBe(false);
    collector.add(message(0, 8, 10_000));
    expect(collector.takeClosed().map(traces)).toEqual([1]);
    expect(collector.repeated).toBe(2);
  });

  test('in a range of which all was seen counts once, whatever range it was seen in', () => {
    const collector = new WindowCollector(1);
    expect(collector.add(message(0, [4, 9], 1_000, 0))).toBe(true);
    expect(collector.add(message(0, [4, 9], 1_000, 0))).toBe(false);
    expect(collector.add(message(0, [2, 7], 1_000, 0))).toBe(false);
    expect(collector.add(message(0, [10, 12], 10_000, 0))).toBe(true);
    expect(collector.takeClosed().map(traces)).toEqual([2]);
    expect(collector.repeated).toBe(2);
  });

  test('in part moves time on, and adds nothing, since it cannot be told what was counted', () => {
    const collector = new WindowCollector(1);
    collector.add(message(0, [4, 9], 1_000, 0));
    expect(collector.add(message(0, [8, 12], 5_000, 0))).toBe(false);
    expect([collector.overlapping, collector.watermarkMs]).toEqual([1, 5_000]);
    expect(collector.add(message(0, [13, 13], 10_000, 0))).toBe(true);
    expect(collector.takeClosed().map(traces)).toEqual([2]);
  });

  test('is not expected of what lies in a gap', () => {
    const collector = new WindowCollector(1);
    collector.add(message(0, [4, 9], 1_000, 0));
    expect(collector.add(message(0, [20, 22], 10_000, 0))).toBe(true);
    expect(collector.takeClosed().map(traces)).toEqual([2]);
  });

  test('does not turn time back', () => {
    const collector = new WindowCollector(1);
    collector.add(message(0, 1, 20_000));
    collector.add(message(0, 2, 5_000));
    expect(collector.watermarkMs).toBe(20_000);
  });
});

describe('a topic that was made anew', () => {
  const at = (stats: WindowStats, recordTimeMs: number): WindowStats => ({
    ...stats,
    source: { ...stats.source, recordTimeMs },
  });

  test('begins again with its offsets, and counts', () => {
    const collector = new WindowCollector(1);
    collector.add(at(message(0, [0, 900], 5_000, 0), 9_000));
    expect(collector.add(at(message(0, [0, 3], 6_000, 0), 9_001))).toBe(true);
    expect(collector.add(at(message(0, [4, 9], 10_000, 0), 13_000))).toBe(true);
    expect(collector.add(at(message(0, [4, 9], 10_000, 0), 13_000))).toBe(false);
    expect([collector.remade, collector.repeated]).toEqual([1, 1]);
    expect(collector.takeClosed().map(traces)).toEqual([3]);
  });

  test('is none that is read again', () => {
    const collector = new WindowCollector(1);
    collector.add(at(message(0, [0, 3], 1_000, 0), 1_000));
    collector.add(at(message(0, [4, 9], 5_000, 0), 5_000));
    expect(collector.add(at(message(0, [0, 3], 1_000, 0), 1_000))).toBe(false);
    expect(collector.add(at(message(0, [4, 9], 5_000, 0), 5_000))).toBe(false);
    expect([collector.remade, collector.repeated]).toEqual([0, 2]);
  });

  test('is not told from one that is read again by messages without record times', () => {
    const collector = new WindowCollector(1);
    collector.add(message(0, [0, 9], 1_000, 0));
    expect(collector.add(at(message(0, [0, 3], 9_000, 0), 99_000))).toBe(false);
    expect(collector.remade).toBe(0);
  });

  test('with fewer partitions waits for none that is gone', () => {
    const collector = new WindowCollector(2);
    collector.add(message(0, 0, 9_000, 0));
    collector.add(message(1, 0, 9_000, 0));
    collector.add(message(0, 1, 20_000, 0));
    expect(collector.takeClosed()).toEqual([]);
    collector.partitions = 1;
    expect(collector.takeClosed().map(traces)).toEqual([3]);
  });

  test('with more partitions waits for those too', () => {
    const collector = new WindowCollector(1);
    collector.add(message(0, 0, 9_000, 0));
    collector.partitions = 2;
    collector.add(message(0, 1, 20_000, 0));
    expect(collector.takeClosed()).toEqual([]);
    collector.add(message(1, 0, 20_000, 0));
    expect(collector.takeClosed().map(traces)).toEqual([3]);
  });
});

test('windows are the same in whatever order partitions are read', () => {
  const partitions = [0, 1, 2].map((partition) =>
    [0, 1, 2, 3, 4, 5].map((i) => message(partition, i, i * 9_000, i * durationMs, (i + 1) * durationMs)),
  );
  const closedBy = (order: readonly number[]): unknown => {
    const collector = new WindowCollector(3);
    const next = [0, 0, 0];
    const closed: ClosedWindow[] = [];
    for (const partition of [...order, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2]) {
      const index = next[partition] ?? 0;
      next[partition] = index + 1;
      const record = partitions[partition]?.[index];
      if (record === undefined) continue;
      collector.add(record);
      closed.push(...collector.takeClosed());
    }
    return closed.map(({ startMs, stats }) => [startMs, statsTableToJson(stats)]);
  };
  const expected = closedBy([]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 18 }), (order) => {
      expect(closedBy(order)).toEqual(expected);
    }),
  );
});

test('after a restart it goes on behind what was contained already', () => {
  const collector = new WindowCollector(1);
  collector.restore(new Map([[0, 5]]), 20_000);
  expect(collector.add(message(0, 5, 20_000, 10_000))).toBe(false);
  expect(collector.add(message(0, 6, 30_000, 10_000, 20_000))).toBe(true);
  expect(collector.late).toBe(1);
  expect(collector.takeClosed().map(({ startMs }) => startMs)).toEqual([20_000]);
  expect([...collector.positions()]).toEqual([[0, 6]]);
});

test('no window closes after a restart before each partition was heard of again', () => {
  const collector = new WindowCollector(2);
  collector.restore(
    new Map([
      [0, 5],
      [1, 5],
    ]),
    0,
  );
  collector.add(message(0, 6, 90_000, 0));
  expect(collector.takeClosed()).toEqual([]);
  collector.add(message(1, 6, 90_000));
  expect(collector.takeClosed()).toHaveLength(1);
});

test('a partition that stalls costs bounded memory: the oldest windows are closed early', () => {
  const collector = new WindowCollector(2);
  collector.add(message(1, 0, 0));
  for (let i = 0; i < 10_050; i += 1) collector.add(message(0, i, i * durationMs, i * durationMs));
  const closed = collector.takeClosed();
  expect(closed).toHaveLength(50);
  expect(closed[0]?.startMs).toBe(0);
});

test('a partition that stalls costs bounded bytes, however much each window has and however many tenants there are', () => {
  const budget = new ByteBudget(100_000);
  const collectors = [new WindowCollector(2, budget), new WindowCollector(2, budget)];
  for (const collector of collectors) collector.add(message(1, 0, 0));
  let closed = 0;
  for (let i = 0; i < 200; i += 1) {
    for (const collector of collectors) {
      const large = message(0, i, i * durationMs, i * durationMs);
      for (const { stats } of large.windows)
        for (let row = 0; row < 300; row += 1) entryRow(stats, `service-${row}`, `GET /${i}/${row * row}`).traces += 1;
      collector.add(large);
      closed += collector.takeClosed().length;
      expect(budget.isExceeded).toBe(false);
    }
  }
  expect(closed).toBe(collectors.reduce((sum, { closedEarly }) => sum + closedEarly, 0));
  expect(closed).toBeGreaterThan(100);
  expect(closed).toBeLessThan(390);
});

test('a window that was packed, and what came to it after, are one', () => {
  const collector = new WindowCollector(1);
  for (let i = 0; i < 60; i += 1) collector.add(message(0, i, 0, 0, Math.floor(i / 10) * durationMs));
  collector.add(message(0, 60, 60_000, 0));
  const closed = collector.takeClosed();
  expect(closed.map(traces)).toEqual([71, 10, 10, 10, 10, 10]);
});
