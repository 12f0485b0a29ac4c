import {
  addBlock,
  addShape,
  edgeKey,
  edgeRow,
  emptyTable,
  operationKey,
  operationRow,
  shapeKey,
  streamKey,
} from '@plumbline/wire';
import type { StatsTable, StreamSpread } from '@plumbline/wire';
import { key } from '../testing/detector';
import { Baselines } from './baseline';
import { presumedLacking } from './presumed';
import { Watch } from './watch';

const [caller, callee] = [key('checkout'), key('payment')];
const row = operationKey(caller, 'POST /orders', 2, true);
const edge = edgeKey(caller, 'POST /orders', callee, 'POST /charges');

/** What was learnt before anybody counted what is missing: of so many requests so many had the call. */
function learnt(requests: number, withCall: number): StatsTable {
  const table = emptyTable();
  const operation = operationRow(table, caller, 'POST /orders', 2, true);
  operation.all.count = requests;
  operation.traces = requests;
  addShape(operation.shapes, shapeKey(['payment POST /charges']), withCall, 0);
  addShape(operation.shapes, shapeKey([]), requests - withCall, 0);
  const call = edgeRow(table, caller, 'POST /orders', callee, 'POST /charges');
  call.calls = withCall;
  call.callers = withCall;
  call.fanout.set(0, withCall);
  return table;
}

/** A window of which it was counted what is missing. */
function watched(traces: number, lacking: number): StatsTable {
  const table = emptyTable();
  const operation = operationRow(table, caller, 'POST /orders', 2, true);
  const call = edgeRow(table, caller, 'POST /orders', callee, 'POST /charges');
  for (const counted of [operation, call]) Object.assign(counted, { watched: traces, lacking });
  return table;
}

function baselinesOf(profile: StatsTable, blocks: number): Baselines {
  const spread = new Map<string, StreamSpread>();
  for (const like of [streamKey('error', row), streamKey('fanout', edge)]) {
    const known: StreamSpread = { blocks: 0, squares: new Map() };
    for (let block = 0; block < blocks; block += 1) addBlock(known, new Map([[0, 30]]));
    spread.set(like, known);
  }
  return new Baselines({ version: '1', alpha: 0.01, minSupport: 20, profile, spread });
}

describe('what is presumed to be missing before anybody counted it', () => {
  test('follows from the sets of children and from who made the call', () => {
    const presumed = [...presumedLacking(learnt(200, 190))];
    expect(presumed.map(({ key: stream }) => stream)).toEqual([streamKey('lacks', row), streamKey('lack', edge)]);
    for (const { lacking, traces } of presumed) expect([lacking, traces]).toEqual([10, 200]);
  });

  test('is nothing where a call is not regular', () => {
    expect([...presumedLacking(learnt(200, 150))]).toEqual([]);
    expect([...presumedLacking(learnt(19, 19))]).toEqual([]);
  });

  test('makes a call that stays away stand out under the very first profile, and one that does not, not', () => {
    const alarmed = (lacking: number) => {
      const [watch, baselines] = [new Watch(), baselinesOf(learnt(200, 200), 3)];
      const alarms = Array.from({ length: 8 }, (_, i) => watch.add(1000 + i, watched(30, lacking), baselines));
      return new Set(alarms.flat().map(({ key: stream }) => stream));
    };
    expect(alarmed(28)).toEqual(new Set([streamKey('lacks', row), streamKey('lack', edge)]));
    expect(alarmed(1)).toEqual(new Set());
  });

  test('waits for traffic in three stretches of time, as everything does', () => {
    expect(baselinesOf(learnt(200, 190), 2).of(streamKey('lack', edge))).toEqual([]);
  });

  test('gives way to what was counted', () => {
    const profile = learnt(200, 190);
    const counted = profile.edges.get(edge);
    if (counted !== undefined) Object.assign(counted, { watched: 1000, lacking: 1 });
    const baselines = baselinesOf(profile, 5);
    expect(baselines.of(streamKey('lack', edge))[0]?.share).toBeCloseTo(10.5 / 201, 6);
    const spread = new Map([
      [streamKey('fanout', edge), { blocks: 5, squares: new Map<number, number>() }],
      [streamKey('lack', edge), { blocks: 5, squares: new Map<number, number>() }],
    ]);
    const both = new Baselines({ version: '2', alpha: 0.01, minSupport: 20, profile, spread });
    expect(both.of(streamKey('lack', edge))[0]?.share).toBeCloseTo(1.5 / 1001, 6);
  });
});
