import { addLabel, emptyTable, serviceRow, type StatsTable } from '@plumbline/wire';
import { togetherOf } from './together';

const key = (name: string): string => `default/production/shop/${name}`;
const slow = (...names: string[]) => names.map((name, i) => ({ service: key(name), self: 20 - i }));

/** Slow requests by service and node. */
function tableOf(nodes: Readonly<Record<string, Readonly<Record<string, number>>>>): StatsTable {
  const table = emptyTable();
  for (const [name, counts] of Object.entries(nodes)) {
    const { labels } = serviceRow(table, key(name));
    for (const [node, n] of Object.entries(counts)) addLabel(labels, 'node', node, { traces: 30, failing: 0, slow: n });
  }
  return table;
}

const sentencesOf = (names: readonly string[], table = emptyTable(), about = names[0] ?? ''): string[] =>
  togetherOf(key(about), slow(...names), table).map(({ sentence }) => sentence);

describe('services that become slow together', () => {
  test('are told of with each of them, as what no fault of one explains', () => {
    expect(sentencesOf(['cart', 'catalog', 'payment'])).toEqual([
      'shop/catalog and shop/payment became slow in their own work at the same time: ' +
        'what they share, a machine or a network, may be the cause.',
    ]);
    expect(sentencesOf(['cart', 'catalog', 'payment'], emptyTable(), 'payment')[0]).toContain(
      'shop/cart and shop/catalog',
    );
  });

  test('are counted where there are many', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    expect(sentencesOf(names)[0]).toMatch(/^shop\/b, shop\/c, shop\/d and 2 more became slow/);
  });

  test('are told to share a node where most of what is slow of each is on it', () => {
    const table = tableOf({ cart: { n1: 29, n2: 1 }, catalog: { n1: 12 }, payment: { n1: 8, n3: 2 } });
    expect(sentencesOf(['cart', 'catalog', 'payment'], table)[0]).toMatch(
      /most of what is slow of all 3 is on node n1\.$/,
    );
  });

  test('are not told to share a node that one of them is not slow on', () => {
    const table = tableOf({ cart: { n1: 29 }, catalog: { n2: 12 }, payment: { n1: 8 } });
    expect(sentencesOf(['cart', 'catalog', 'payment'], table)[0]).toContain('a machine or a network');
  });

  test('are nothing to tell of while they are two, peers, or slow by chance', () => {
    expect(sentencesOf(['cart', 'catalog'])).toEqual([]);
    const [cart, catalog] = slow('cart', 'catalog');
    if (cart === undefined || catalog === undefined) throw new Error('two are slow');
    const third = (service: string, self: number) =>
      togetherOf(cart.service, [cart, catalog, { service, self }], emptyTable());
    expect(third('peer:postgresql/shop', 20)).toEqual([]);
    expect(third(key('payment'), 6)).toEqual([]);
    expect(third(key('payment'), 7)).toHaveLength(1);
  });

  test('say nothing of a service that is not slow itself', () => {
    expect(sentencesOf(['cart', 'catalog', 'payment'], emptyTable(), 'gateway')).toEqual([]);
  });
});
