import { edgeRow, emptyTable, operationRow, type StatsTable } from '@plumbline/wire';
import { key } from '../testing/detector';
import { Names } from './names';
import { Reach } from './reach';

/** A table in which services sent so many traces, and call each other. */
function tableOf(
  traces: Readonly<Record<string, number>>,
  calls: readonly (readonly [string, string])[] = [],
): StatsTable {
  const table = emptyTable();
  for (const [service, count] of Object.entries(traces)) {
    operationRow(table, service, 'GET /', 2, true).traces = count;
  }
  for (const [caller, callee] of calls) edgeRow(table, caller, 'GET /', callee, 'GET').calls = 10;
  return table;
}

const [gateway, payment, stock] = [key('gateway'), key('payment'), key('stock')];

describe('a callee that sent no span', () => {
  const before = tableOf({ [gateway]: 100, [payment]: 100, 'default/test/a/twin': 9, 'default/test/b/twin': 9 });
  const names = new Names({ now: tableOf({ [gateway]: 100, [payment]: 2 }), before });

  test.each([
    'peer:http/payment',
    'peer:http/payment:8080',
    'peer:http/payment.shop.svc.cluster.local',
    'peer:service/payment',
  ])('is the service that its address names: %s', (peer) => {
    expect(names.of(peer)).toBe(payment);
  });

  test.each(['peer:unknown', 'peer:other', 'peer:http/elsewhere', 'peer:http/twin', 'peer:postgresql/payment'])(
    'stays what it is where no service, more than one or a database is meant: %s',
    (peer) => {
      expect(names.of(peer)).toBe(peer);
    },
  );

  test('is a service itself where it is one', () => {
    expect(names.of(gateway)).toBe(gateway);
  });

  test('is alive where its spans come', () => {
    expect([gateway, payment, stock].map((service) => names.isAlive(service))).toEqual([true, false, false]);
  });
});

describe('calls', () => {
  const now = tableOf({ [gateway]: 10, [payment]: 10 }, [[gateway, 'peer:http/payment']]);
  const before = tableOf({ [gateway]: 10, [payment]: 10, [stock]: 10 }, [
    [gateway, payment],
    [payment, stock],
    [stock, payment],
  ]);
  const reach = new Reach({ now, before }, new Names({ now, before }));

  test('lead to whoever is called directly or not, now or before', () => {
    expect([payment, stock].map((service) => reach.leads(gateway, service))).toEqual([true, true]);
    expect(reach.leads(stock, gateway)).toBe(false);
  });

  test('that go in circles end', () => {
    expect([payment, stock].map((service) => reach.leads(service, stock))).toEqual([true, false]);
    expect(reach.leads(stock, payment)).toBe(true);
    expect(reach.leads(payment, payment)).toBe(false);
  });
});
