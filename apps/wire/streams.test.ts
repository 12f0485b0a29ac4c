import fc from 'fast-check';
import { addToSketch, bucketOf, mergeSketch, sketchCount, zeroBucket, type Sketch } from './sketch';
import { edgeRow, emptyTable, entryRow, operationRow, serviceRow, type StatsTable } from './stats';
import { addBlock, happened, streamKey, streamsOf, sumFrom, type StreamKind, type StreamSpread } from './streams';

function streams(table: StatsTable): Map<string, Sketch> {
  return new Map([...streamsOf(table)].map(({ key, values }) => [key, new Map(values)]));
}

/** How many of a stream's outcomes happened, and how many did not. */
function outcomes(table: StatsTable, kind: StreamKind, row: string): [number, number] {
  const values = streams(table).get(streamKey(kind, row));
  return [values?.get(happened) ?? 0, values?.get(zeroBucket) ?? 0];
}

describe('streams of a table', () => {
  test('are none of an empty one, nor of rows without traffic', () => {
    const table = emptyTable();
    expect([...streamsOf(table)]).toEqual([]);
    operationRow(table, 'default///a', 'GET /', 2, true);
    edgeRow(table, 'default///a', 'GET /', 'default///b', 'GET /b');
    entryRow(table, 'default///a', 'GET /');
    serviceRow(table, 'default///a');
    expect([...streamsOf(table)]).toEqual([]);
  });

  test('count what happened and what did not, so that both come to all traces', () => {
    const table = emptyTable();
    const operation = operationRow(table, 'default///a', 'GET /', 2, true);
    Object.assign(operation, { traces: 40, failing: 3, watched: 30, lacking: 30 });
    const edge = edgeRow(table, 'default///a', 'GET /', 'default///b', 'GET /b');
    Object.assign(edge, { watched: 20, lacking: 5 });
    Object.assign(serviceRow(table, 'default///a'), { traces: 40, failing: 0 });
    const row = 'default///a\nGET /\n2\n1';
    expect(outcomes(table, 'error', row)).toEqual([3, 37]);
    expect(outcomes(table, 'lacks', row)).toEqual([30, 0]);
    expect(outcomes(table, 'lack', 'default///a\nGET /\ndefault///b\nGET /b')).toEqual([5, 15]);
    expect(outcomes(table, 'errors', 'default///a')).toEqual([0, 40]);
  });

  test('tell the time between two services from the time at one that sends no spans', () => {
    const table = emptyTable();
    for (const callee of ['default///b', 'peer:redis']) {
      addToSketch(edgeRow(table, 'default///a', 'GET /', callee, 'GET').perTrace, 5);
    }
    expect([...streamsOf(table)].map(({ kind, callee }) => [kind, callee])).toEqual([
      ['gap', 'default///b'],
      ['peer', 'peer:redis'],
    ]);
  });

  test('watch the requests of an entry among those of all', () => {
    const table = emptyTable();
    entryRow(table, 'default///a', 'GET /').traces = 30;
    entryRow(table, 'default///b', 'GET /').traces = 10;
    expect(outcomes(table, 'volume', 'default///a\nGET /')).toEqual([30, 10]);
    expect(outcomes(table, 'volume', 'default///b\nGET /')).toEqual([10, 30]);
  });

  test('have a key each, whatever rows have the same names', () => {
    const table = emptyTable();
    const operation = operationRow(table, 'default///a', 'GET /', 2, true);
    Object.assign(operation, { traces: 2, failing: 1, watched: 2, lacking: 1 });
    addToSketch(operation.perTrace, 3);
    const service = serviceRow(table, 'default///a');
    for (const sketch of [service.own, service.out, service.in]) addToSketch(sketch, 1);
    service.traces = 2;
    const entry = entryRow(table, 'default///a', 'GET /');
    entry.traces = 2;
    addToSketch(entry.ratio, 1);
    const keys = [...streamsOf(table)].map(({ key }) => key);
    expect(keys).toHaveLength(10);
    expect(new Set(keys).size).toBe(10);
  });

  test('never take more to have happened than there were traces, though a revision takes back more than there is', () => {
    const table = emptyTable();
    Object.assign(operationRow(table, 'default///a', 'GET /', 2, true), { traces: -1, failing: -1 });
    expect([...streamsOf(table)]).toEqual([]);
  });
});

const block = fc
  .array(fc.tuple(fc.constantFrom(zeroBucket, -3, 0, 1, 2, 17, 40), fc.integer({ min: 0, max: 30 })), { maxLength: 6 })
  .map((pairs) => new Map(pairs));
const blocks = fc.array(block, { maxLength: 8 });
const threshold = fc.constantFrom(zeroBucket, -3, -1, 0, 1, 2, 5, 17, 40, 41);

function spreadOf(of: readonly Sketch[]): StreamSpread {
  const spread: StreamSpread = { blocks: 0, squares: new Map() };
  for (const values of of) addBlock(spread, values);
  return spread;
}

/** Σ k²/n as its definition has it. */
function squares(of: readonly Sketch[], from: number): number {
  return of.reduce((sum, values) => {
    const n = sketchCount(values);
    return n === 0 ? sum : sum + sumFrom(values, from) ** 2 / n;
  }, 0);
}

describe('how a share varies from block to block', () => {
  test('is Σ k²/n for every threshold that is asked later', () => {
    fc.assert(
      fc.property(blocks, threshold, (of, from) => {
        expect(sumFrom(spreadOf(of).squares, from)).toBeCloseTo(squares(of, from), 6);
      }),
    );
  });

  test('counts the blocks that had any value', () => {
    fc.assert(
      fc.property(blocks, (of) => {
        expect(spreadOf(of).blocks).toBe(of.filter((values) => sketchCount(values) > 0).length);
      }),
    );
  });

  test('adds up: learnt apart and joined is learnt at once', () => {
    fc.assert(
      fc.property(blocks, blocks, threshold, (a, b, from) => {
        const joined = spreadOf(a);
        const other = spreadOf(b);
        mergeSketch(joined.squares, other.squares);
        const once = spreadOf([...a, ...b]);
        expect(joined.blocks + other.blocks).toBe(once.blocks);
        expect(sumFrom(joined.squares, from)).toBeCloseTo(sumFrom(once.squares, from), 6);
      }),
    );
  });

  test('can be forgotten: half of the old and all of the new', () => {
    fc.assert(
      fc.property(blocks, blocks, threshold, (old, fresh, from) => {
        const halved: StreamSpread = { blocks: 0, squares: new Map() };
        mergeSketch(halved.squares, spreadOf(old).squares, 0.5);
        for (const values of fresh) addBlock(halved, values);
        expect(sumFrom(halved.squares, from)).toBeCloseTo(0.5 * squares(old, from) + squares(fresh, from), 6);
      }),
    );
  });

  test('is least for the same share in every block, and largest where all happen in one', () => {
    const fiveOfTwenty = new Map([
      [happened, 5],
      [zeroBucket, 15],
    ]);
    const even = spreadOf([1, 2, 3, 4].map(() => fiveOfTwenty));
    const uneven = spreadOf([new Map([[happened, 20]]), ...[1, 2, 3].map(() => new Map([[zeroBucket, 20]]))]);
    expect(sumFrom(even.squares, happened)).toBeCloseTo(4 * (25 / 20));
    expect(sumFrom(uneven.squares, happened)).toBeCloseTo(20);
  });

  test('does not count what a revision took back', () => {
    const values = new Map([
      [bucketOf(10), 4],
      [bucketOf(100), -2],
    ]);
    expect(sumFrom(spreadOf([values]).squares, zeroBucket)).toBeCloseTo(4);
    expect(sumFrom(values, bucketOf(10))).toBe(4);
  });
});
