import { emptyTable, entryRow, type Verdict, type WindowStats } from '@plumbline/wire';
import { Collector } from './collect';
import { key } from './testing/detector';

const patienceMs = 30_000;

function stats(
  partition: number,
  offset: number,
  watermarkMs: number,
  verdicts: number,
  ...starts: number[]
): WindowStats {
  const windows = starts.map((startMs) => {
    const table = emptyTable();
    entryRow(table, key('gateway'), 'GET /').traces += 1;
    return { startMs, durationMs: 10_000, stats: table };
  });
  return {
    tenant: 'default',
    source: { partition, firstOffset: offset, lastOffset: offset },
    watermarkMs,
    verdicts,
    windows,
  };
}

function verdict(partition: number, offset: number, startMs: number, index: number, revision = 1): Verdict {
  return {
    schema: 1,
    tenant: 'default',
    source: { partition, offset },
    traceId: String(index).padStart(32, '0'),
    revision,
    eventTimeMs: startMs,
    entryService: key('gateway'),
    entryOperation: 'GET /',
    durationMs: 5,
    spanCount: 1,
    failed: false,
    score: 2,
    threshold: 1,
    bundle: 'learnt',
    services: [key('gateway')],
    findings: [],
  };
}

describe('a window', () => {
  test('is ready when it is closed and the verdicts that were announced are there', () => {
    const collector = new Collector(1, patienceMs);
    collector.addStats(stats(0, 1, 5_000, 2, 0), 1);
    collector.addStats(stats(0, 2, 10_000, 0), 2);
    expect(collector.takeReady()).toEqual([]);
    collector.addVerdict(verdict(0, 1, 100, 1), 1);
    expect(collector.takeReady()).toEqual([]);
    collector.addVerdict(verdict(0, 1, 200, 2), 1);
    expect(collector.takeReady().map(({ startMs, verdicts }) => [startMs, verdicts.length])).toEqual([[0, 2]]);
  });

  test('waits for the verdicts on all records of a range, whichever topic is read first', () => {
    const range = { ...stats(0, 4, 10_000, 3, 0), source: { partition: 0, firstOffset: 1, lastOffset: 4 } };
    const verdicts = [verdict(0, 1, 100, 1), verdict(0, 4, 200, 2), verdict(0, 4, 300, 3)];
    for (const early of [0, 1, 3]) {
      const collector = new Collector(1, patienceMs);
      for (const each of verdicts.slice(0, early)) collector.addVerdict(each, 1);
      collector.addStats(range, 1);
      // One of another record, and one of another partition.
      collector.addVerdict(verdict(0, 5, 400, 4), 1);
      collector.addVerdict(verdict(1, 2, 400, 5), 1);
      for (const each of verdicts.slice(early)) {
        expect(collector.takeReady()).toEqual([]);
        collector.addVerdict(each, 1);
      }
      expect(collector.takeReady().map(({ verdicts: taken }) => taken.length)).toEqual([3]);
    }
  });

  test('keeps nothing of verdicts that come again after their window was taken', () => {
    const collector = new Collector(1, patienceMs);
    collector.addVerdict(verdict(0, 1, 100, 1), 1);
    collector.addStats(stats(0, 1, 10_000, 1, 0), 1);
    expect(collector.takeReady()).toHaveLength(1);
    collector.addVerdict(verdict(0, 1, 100, 1), 1);
    collector.addStats(stats(0, 1, 10_000, 1, 0), 1);
    collector.addVerdict(verdict(0, 2, 10_000, 2), 1);
    collector.addStats(stats(0, 2, 20_000, 1, 10_000), 1);
    expect(collector.takeReady().map(({ startMs, verdicts }) => [startMs, verdicts.length])).toEqual([[10_000, 1]]);
  });

  test('does not take a repeated verdict for the one it waits for', () => {
    const collector = new Collector(1, patienceMs);
    collector.addStats(stats(0, 1, 10_000, 2, 0), 1);
    collector.addVerdict(verdict(0, 1, 100, 1), 1);
    collector.addVerdict(verdict(0, 1, 100, 1), 1);
    expect(collector.takeReady()).toEqual([]);
  });

  test('holds back the ones after it', () => {
    const collector = new Collector(1, patienceMs);
    collector.addStats(stats(0, 1, 10_000, 1, 0), 1);
    collector.addStats(stats(0, 2, 20_000, 0, 10_000), 2);
    expect(collector.takeReady()).toEqual([]);
    collector.addVerdict(verdict(0, 1, 100, 1), 1);
    expect(collector.takeReady().map(({ startMs }) => startMs)).toEqual([0, 10_000]);
  });

  test('closes only when every partition has passed it', () => {
    const collector = new Collector(2, patienceMs);
    collector.addStats(stats(0, 1, 99_000, 0, 0), 1);
    expect(collector.takeReady()).toEqual([]);
    collector.addStats(stats(1, 1, 10_000, 0, 0), 1);
    expect(collector.takeReady()[0]?.stats.entries.size).toBe(1);
  });

  test('has the newest verdict on each trace', () => {
    const collector = new Collector(1, patienceMs);
    collector.addVerdict(verdict(0, 1, 100, 1), 1);
    collector.addVerdict(verdict(0, 2, 100, 1, 2), 2);
    collector.addStats(stats(0, 1, 1_000, 1, 0), 1);
    collector.addStats(stats(0, 2, 10_000, 1, 0), 2);
    expect(collector.takeReady()[0]?.verdicts.map(({ revision }) => revision)).toEqual([2]);
  });

  test('is not waited for when much later verdicts were read, and that is counted', () => {
    const collector = new Collector(1, patienceMs);
    collector.addStats(stats(0, 1, 10_000, 1, 0), 1_000);
    collector.addVerdict(verdict(0, 99, 60_000, 1), 1_000 + patienceMs);
    expect(collector.takeReady()).toEqual([]);
    collector.addVerdict(verdict(0, 100, 60_000, 2), 1_001 + patienceMs);
    expect(collector.takeReady()).toHaveLength(1);
    expect(collector.incomplete).toBe(1);
  });

  test('is not waited for longer than patience by the wall clock', () => {
    const collector = new Collector(1, patienceMs);
    collector.addStats(stats(0, 1, 10_000, 1, 0), 1_000);
    collector.tick(500_000);
    expect(collector.takeReady()).toEqual([]);
    collector.tick(500_001 + patienceMs);
    expect(collector.takeReady()).toHaveLength(1);
  });
});

test('verdicts of a topic that was made anew are those of its own offsets', () => {
  const collector = new Collector(1, patienceMs);
  const at = (message: WindowStats, recordTimeMs: number): WindowStats => ({
    ...message,
    source: { ...message.source, recordTimeMs },
  });
  collector.addStats(at(stats(0, 900, 5_000, 0, 0), 1_000), 1);
  collector.addStats(at(stats(0, 0, 6_000, 0, 0), 2_000), 2);
  collector.addVerdict(verdict(0, 1, 100, 1), 3);
  collector.addStats(at(stats(0, 1, 10_000, 1, 0), 3_000), 3);
  expect(collector.takeReady().map(({ startMs, verdicts }) => [startMs, verdicts.length])).toEqual([[0, 1]]);
});
