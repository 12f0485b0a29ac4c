import { shopStats } from './testing';
import { touchedServices, withoutServices } from './withhold';

const table = shopStats(1);
const named = (...names: string[]) => new Set(names.map((name) => `default///${name}`));

describe('what an incident touched', () => {
  test('is whom it names, with their direct callers and callees, and nobody further away', () => {
    expect([...touchedServices(table, named('payment'))].sort()).toEqual([...named('checkout', 'payment')]);
    expect([...touchedServices(table, named('checkout'))].sort()).toEqual([
      ...named('checkout', 'gateway', 'payment'),
      'peer:postgresql/shop',
    ]);
  });

  test('is who calls it, when it is no service that sends spans', () => {
    expect([...touchedServices(table, new Set(['peer:redis']))].sort()).toEqual([...named('cart'), 'peer:redis']);
  });
});

describe('a table without services', () => {
  const rest = withoutServices(table, named('checkout', 'payment'));

  test('has none of their operations, calls and entries, and all of the others', () => {
    const services = (rows: Iterable<{ readonly service: string }>) =>
      [...new Set([...rows].map(({ service }) => service))].sort();
    expect(services(rest.operations.values())).toEqual([...named('cart', 'catalogue', 'gateway')]);
    expect(services(rest.entries.values())).toEqual([...named('gateway')]);
    expect(services(rest.services.values())).toEqual([...named('cart', 'catalogue', 'gateway')]);
    for (const [key, row] of rest.operations) expect(row).toBe(table.operations.get(key));
    expect(withoutServices(table, named('gateway')).entries.size).toBe(0);
  });

  test('keeps the calls of who is kept, whomever they go to, so that none seem to be missing', () => {
    const calls = [...rest.edges.values()].map(({ caller, callee }) => `${caller} ${callee}`);
    expect(calls).toContain('default///gateway default///checkout');
    expect(calls.filter((call) => call.startsWith('default///checkout'))).toEqual([]);
  });

  test('leaves the table as it was', () => {
    expect([...table.operations.values()].some(({ service }) => service === 'default///payment')).toBe(true);
  });
});
