import { edgeRow, emptyTable, entryRow, type StatsTable } from '@plumbline/wire';
import type { Alarm } from './opening/watch';
import { scopes } from './scopes';

/** Calls, as `caller>callee`; who is called by nobody is where requests enter. */
function callsOf(...calls: readonly string[]): StatsTable {
  const table = emptyTable();
  const ends = calls.map((call) => call.split('>'));
  for (const [caller = '', callee = ''] of ends) {
    edgeRow(table, caller, 'GET /', callee, 'GET /').calls = 1;
    if (!ends.some(([, called]) => called === caller)) entryRow(table, caller, 'GET /').traces = 1;
  }
  return table;
}

function alarm(service: string, evidence = 20): Alarm {
  return {
    key: `self\n${service}`,
    kind: 'self',
    row: service,
    service,
    evidence,
    exceeding: 10,
    observed: 10,
    normally: 0.1,
    onset: 1,
  };
}

const shop = callsOf('gateway>checkout', 'checkout>payment', 'gateway>catalog', 'mail>queue');

function services(alarms: readonly Alarm[], now = shop, before = shop): string[][] {
  return scopes(alarms, now, before).map((scope) => [...scope.services].sort());
}

describe('alarms', () => {
  test('under one entry are one scope', () => {
    expect(services([alarm('payment'), alarm('catalog')])).toEqual([['catalog', 'payment']]);
    expect([...(scopes([alarm('payment')], shop, shop)[0]?.entryServices ?? [])]).toEqual(['gateway']);
  });

  test('of products that have nothing to do with each other are two', () => {
    expect(services([alarm('payment'), alarm('queue')])).toEqual([['payment'], ['queue']]);
  });

  test('of two products are one when both lead to a third that alarms', () => {
    const shared = callsOf('gateway>payment', 'mail>queue', 'gateway>store', 'mail>store');
    expect(services([alarm('payment'), alarm('queue')], shared)).toEqual([['payment'], ['queue']]);
    expect(services([alarm('payment'), alarm('queue'), alarm('store')], shared)).toEqual([
      ['payment', 'queue', 'store'],
    ]);
  });

  test('follow calls that are no longer made', () => {
    const now = callsOf('gateway>catalog');
    expect(services([alarm('payment'), alarm('catalog')], now)).toEqual([['catalog', 'payment']]);
  });

  test('are strongest first', () => {
    const [scope] = scopes([alarm('payment', 20), alarm('catalog', 40)], shop, shop);
    expect(scope?.alarms.map(({ service }) => service)).toEqual(['catalog', 'payment']);
  });

  test('are none where there are none, and services that call each other are no endless loop', () => {
    expect(scopes([], shop, shop)).toEqual([]);
    const loop = callsOf('gateway>a', 'a>b', 'b>a');
    expect(services([alarm('a'), alarm('b')], loop, loop)).toEqual([['a', 'b']]);
  });
});
