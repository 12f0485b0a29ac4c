import { edgeRow, emptyTable, operationRow, type StatsTable } from '@plumbline/wire';
import { key } from '../testing/detector';
import { wrongAnswers } from './answers';
import { failures } from './behaviour';
import { Names } from './names';

const [shop, rates, stock] = [key('shop'), key('rates'), key('stock')];
/** Who calls what: all of the shop but `GET /home` asks for rates. */
const calls = { 'GET /cart': rates, 'POST /pay': rates, 'GET /home': stock } as const;

/** A hundred requests an operation, so many of which fail in the shop. */
function tableOf(failed: Readonly<Record<string, number>> = {}): StatsTable {
  const table = emptyTable();
  for (const [operation, callee] of Object.entries(calls)) {
    const row = operationRow(table, shop, operation, 2, true);
    row.traces = 100;
    row.all.count = 100;
    row.deep = row.erring = failed[operation] ?? 0;
    const edge = edgeRow(table, shop, operation, callee, 'GET');
    edge.calls = edge.callers = 100;
  }
  for (const service of [rates, stock]) {
    const row = operationRow(table, service, 'GET', 2, true);
    row.traces = row.all.count = 100;
  }
  return table;
}

function suspected(failed: Readonly<Record<string, number>>): string[] {
  const scope = { now: tableOf(failed), before: tableOf(), materialMs: 10, stopped: [] };
  const names = new Names(scope);
  return wrongAnswers(scope, failures(scope, names), names).map(({ service }) => service);
}

describe('a callee is suspected of wrong answers', () => {
  test('when all that depends on it fails, and nothing else of its callers', () => {
    expect(suspected({ 'GET /cart': 60, 'POST /pay': 50 })).toEqual([rates]);
  });

  test('more than its caller is of failing by itself', () => {
    const scope = {
      now: tableOf({ 'GET /cart': 60, 'POST /pay': 50 }),
      before: tableOf(),
      materialMs: 10,
      stopped: [],
    };
    const names = new Names(scope);
    const failing = failures(scope, names);
    const [answers] = wrongAnswers(scope, failing, names);
    expect(answers?.evidence).toBeGreaterThan(0);
    expect(answers?.fact).toMatchObject({ kind: 'wrong-answers', callee: shop });
  });

  test('not when something that depends on it works', () => {
    expect(suspected({ 'GET /cart': 60 })).toEqual([]);
  });

  test('not when its callers fail elsewhere, too', () => {
    expect(suspected({ 'GET /cart': 60, 'POST /pay': 50, 'GET /home': 50 })).toEqual([]);
  });
});
