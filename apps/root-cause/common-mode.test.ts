import { addToSketch, edgeRow, emptyTable, operationRow, type StatsTable } from '@plumbline/wire';
import { commonMode } from './common-mode';

/** Services by the own time of their one operation, milliseconds, each with a database that takes as long. */
function table(times: Readonly<Record<string, number>>): StatsTable {
  const result = emptyTable();
  for (const [service, ms] of Object.entries(times)) {
    const row = operationRow(result, service, 'GET /', 2, true);
    row.all.count = 50;
    addToSketch(row.all.self, ms, 50);
    const edge = edgeRow(result, service, 'GET /', `peer:postgresql/${service}`, 'SELECT');
    edge.calls = 50;
    addToSketch(edge.duration, ms, 50);
  }
  return result;
}

const before = table({ a: 10, b: 20, c: 5, d: 8 });

describe('what slows everybody', () => {
  test('is the median of the others, so one that is worse stands out', () => {
    const common = commonMode(table({ a: 200, b: 40, c: 10, d: 16 }), before);
    expect(common('a').own).toBeCloseTo(2, 0);
    expect(common('a').peer).toBeCloseTo(2, 0);
    expect(common('b').own).toBeCloseTo(2, 0);
  });

  test('is nothing when one is slow alone, or all are faster', () => {
    expect(commonMode(table({ a: 200, b: 20, c: 5, d: 8 }), before)('a').own).toBe(1);
    expect(commonMode(table({ a: 5, b: 10, c: 2, d: 4 }), before)('a').own).toBe(1);
  });

  test('is not believed of a single other', () => {
    expect(commonMode(table({ a: 10, b: 80 }), before)('a').own).toBe(1);
  });

  test('excuses only so much', () => {
    expect(commonMode(table({ a: 1000, b: 2000, c: 500, d: 800 }), before)('a').own).toBe(4);
  });
});
