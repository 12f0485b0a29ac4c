import fc from 'fast-check';
import { WorstTraces, type AnomalousTrace } from './anomalous-trace';
import { key } from './testing/detector';

function trace(index: number, score: number, operation = 'GET /', suspect = 'payment'): AnomalousTrace {
  return {
    traceId: index.toString(16).padStart(32, '0'),
    revision: 1,
    eventTimeMs: 0,
    entryService: key('gateway'),
    entryOperation: operation,
    durationMs: 5,
    score,
    failed: false,
    services: [key('gateway')],
    suspects: [key(suspect)],
  };
}

const listOf = (traces: readonly AnomalousTrace[]): readonly AnomalousTrace[] => {
  const worst = new WorstTraces();
  for (const each of traces) worst.add(each);
  return worst.list();
};

describe('the worst traces', () => {
  test('are some of each sort, however many there are of one', () => {
    const many = Array.from({ length: 5000 }, (_, i) => trace(i, i));
    const kept = listOf([trace(9000, 0.1, 'GET /rare'), trace(9001, 0.1, 'GET /', 'cart'), ...many]);
    expect(kept).toHaveLength(22);
    expect(kept.map(({ score }) => score)).toEqual(expect.arrayContaining([0.1, 0.1, 4999, 4980]) as number[]);
  });

  test('are bounded, however many sorts there are', () => {
    expect(listOf(Array.from({ length: 5000 }, (_, i) => trace(i, i, `GET /${i}`)))).toHaveLength(500);
  });

  test('are the same in any order, and from parts', () => {
    const traces = Array.from({ length: 1500 }, (_, i) => trace(i, (i * 37) % 101, `GET /${i % 40}`));
    const expected = listOf(traces);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1499 }), fc.integer({ min: 1, max: 7 }), (at, parts) => {
        const rotated = [...traces.slice(at), ...traces.slice(0, at)];
        const sum = new WorstTraces();
        for (let part = 0; part < parts; part += 1) {
          const own = new WorstTraces();
          for (const [i, each] of rotated.entries()) if (i % parts === part) own.add(each);
          sum.merge(own);
        }
        expect(sum.list()).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  test('are known by their newest revision', () => {
    const withdrawn = { ...trace(1, 0), revision: 2, withdrawn: true as const };
    expect(listOf([trace(1, 9), withdrawn])).toEqual([withdrawn]);
    expect(listOf([withdrawn, trace(1, 9)])).toEqual([withdrawn]);
  });
});
