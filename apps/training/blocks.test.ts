import {
  emptyTable,
  happened,
  operationRow,
  streamKey,
  sumFrom,
  type StatsTable,
  type StreamSpread,
} from '@plumbline/wire';
import { Blocks } from './blocks';

const service = 'default///payment';
const failing = streamKey('error', 'default///payment\nPOST /charge\n2\n1');
const minute = 60_000;

/** A window in which so many of so many requests failed. */
function windowOf(failed: number, traces: number): StatsTable {
  const table = emptyTable();
  Object.assign(operationRow(table, service, 'POST /charge', 2, true), { traces, failing: failed });
  return table;
}

/** Blocks, and Σ k²/n of failures. */
function known(spread: ReadonlyMap<string, StreamSpread>): [number, number] {
  const { blocks = 0, squares = new Map<number, number>() } = spread.get(failing) ?? {};
  return [blocks, sumFrom(squares, happened)];
}

describe('blocks', () => {
  test('gather the windows of a stretch before they are squared', () => {
    const blocks = new Blocks(minute);
    // 2 of 10 and 4 of 10 in one minute, nothing of 10 in the next.
    blocks.add('default', 0, windowOf(2, 10));
    blocks.add('default', 10_000, windowOf(4, 10));
    blocks.add('default', minute, windowOf(0, 10));
    expect(known(blocks.finish())).toEqual([2, 36 / 20]);
  });

  test('begin at multiples of their length, not at the first window', () => {
    const blocks = new Blocks(minute);
    blocks.add('default', 50_000, windowOf(1, 10));
    blocks.add('default', 60_000, windowOf(1, 10));
    expect(known(blocks.finish())).toEqual([2, 0.2]);
  });

  test('do not mix tenants, whose windows come in between each other', () => {
    const blocks = new Blocks(minute);
    for (const startMs of [0, 10_000]) {
      blocks.add('a', startMs, windowOf(1, 10));
      blocks.add('b', startMs, windowOf(3, 10));
    }
    expect(known(blocks.finish())).toEqual([2, 4 / 20 + 36 / 20]);
  });

  test('skip minutes without traffic, which say nothing about shares', () => {
    const blocks = new Blocks(minute);
    blocks.add('default', 0, windowOf(1, 10));
    blocks.add('default', minute, emptyTable());
    blocks.add('default', 5 * minute, windowOf(1, 10));
    expect(known(blocks.finish())).toEqual([2, 0.2]);
  });

  test('go on from what is known, and leave that as it was', () => {
    const before = new Blocks(minute);
    before.add('default', 0, windowOf(5, 10));
    const learnt = before.finish();
    const after = new Blocks(minute, learnt);
    after.add('default', minute, windowOf(1, 10));
    expect(known(after.finish())).toEqual([2, 2.6]);
    expect(known(learnt)).toEqual([1, 2.5]);
  });

  test('have nothing open when they are finished: what comes later in the same minute is a block of its own', () => {
    const blocks = new Blocks(minute);
    blocks.add('default', 0, windowOf(1, 10));
    expect(known(blocks.finish())).toEqual([1, 0.1]);
    blocks.add('default', 10_000, windowOf(1, 10));
    expect(known(blocks.finish())).toEqual([2, 0.2]);
  });

  test('forget what they knew when told other numbers', () => {
    const blocks = new Blocks(minute);
    blocks.add('default', 0, windowOf(1, 10));
    blocks.finish();
    blocks.replace(new Map([[failing, { blocks: 0.5, squares: new Map([[happened, 0.25]]) }]]));
    expect(known(blocks.finish())).toEqual([0.5, 0.25]);
  });
});
