import {
  addBlock,
  addToSketch,
  emptyTable,
  entryRow,
  mergeTable,
  operationRow,
  streamsOf,
  type StatsTable,
  type StreamSpread,
} from '@plumbline/wire';
import { referenceOf, key } from './detector';
import type { ReferenceProfile } from '../reference';

/** One window of one operation of a service: own times of its traces, milliseconds, and how many failed there. */
export function timesOf(own: readonly number[], failing = 0): StatsTable {
  const table = emptyTable();
  const entry = entryRow(table, key('gateway'), 'GET /');
  const row = operationRow(table, key('payment'), 'POST /charge', 2, true);
  for (const ms of own) {
    addToSketch(row.perTrace, ms);
    addToSketch(entry.duration, 50);
    row.traces += 1;
    entry.traces += 1;
  }
  row.failing = failing;
  return table;
}

/** One window with so many requests at each operation of the gateway. */
export function requestsOf(counts: Readonly<Record<string, number>>): StatsTable {
  const table = emptyTable();
  for (const [operation, traces] of Object.entries(counts)) {
    const row = entryRow(table, key('gateway'), operation);
    row.traces = traces;
    if (traces > 0) addToSketch(row.duration, 50, traces);
  }
  return table;
}

/** What is learnt of blocks of traffic. */
export function learntFrom(blocks: readonly StatsTable[]): ReferenceProfile {
  const profile = emptyTable();
  const spread = new Map<string, StreamSpread>();
  for (const block of blocks) {
    mergeTable(profile, block);
    for (const { key: stream, values } of streamsOf(block)) {
      let known = spread.get(stream);
      if (known === undefined) spread.set(stream, (known = { blocks: 0, squares: new Map() }));
      addBlock(known, values);
    }
  }
  return { ...referenceOf(profile), spread };
}
