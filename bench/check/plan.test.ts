import type { Size, Target, TargetReport } from '@plumbline/standalone';
import { seededRandom } from '../quality/random';
import { deal, kindsOfShops, planOf } from './plan';

function report(target: Omit<Target, 'traces'>, named?: Size): TargetReport {
  return { target: { ...target, traces: 0.5 }, probes: [], ...(named === undefined ? {} : { named }) };
}

const reports: TargetReport[] = [
  report({ kind: 'own-time', culprits: ['shop/cart'] }, { addedMs: 20 }),
  report({ kind: 'errors', culprits: ['shop/payment'], of: 'POST /charges' }, { share: 0.5 }),
  report({ kind: 'left-out', culprits: ['shop/cart'], of: 'shop/catalog' }, { share: 0.2 }),
  report({ kind: 'peer', culprits: ['shop/inventory'], of: 'postgresql/inventory' }, { addedMs: 10 }),
];

describe('the plan of a run', () => {
  it('breaks the shop by what comes closest to what the check tried, at the size that it named', () => {
    const { faults, leftAside } = planOf(reports);
    expect(faults.map(({ fault, service, parameters }) => [fault, service, parameters])).toEqual([
      ['slow-dependency', 'cart', { delayMs: 20 }],
      ['errors', 'payment', { share: 0.5 }],
      ['missing-call', 'cart', { share: 0.2 }],
      ['slow-query', 'inventory', { queryMs: 10 }],
    ]);
    expect(leftAside).toEqual([]);
  });

  it.each([
    ['no size was named for', report({ kind: 'own-time', culprits: ['shop/cart'] }), 'the check named no size'],
    [
      'the shop has no fault like',
      report({ kind: 'edges', culprits: ['shop/cart'] }, { addedMs: 20 }),
      'the shop has no such fault',
    ],
    [
      'is a call that the shop does not leave out',
      report({ kind: 'left-out', culprits: ['shop/gateway'], of: 'shop/catalog' }, { share: 1 }),
      "the shop's gateway can leave out only cart",
    ],
    [
      'is of a database that two services use',
      report({ kind: 'peer', culprits: ['shop/cart', 'shop/catalog'], of: 'postgresql/one' }, { addedMs: 10 }),
      'no database of one service',
    ],
    [
      'is of another system',
      report({ kind: 'own-time', culprits: ['cart'] }, { addedMs: 1 }),
      'no service of the shop',
    ],
  ])('leaves aside what %s, and says so', (_what, left, reason) => {
    expect(planOf([left])).toEqual({ faults: [], leftAside: [{ target: left.target, reason }] });
  });

  it('has every kind that the shop can be broken by in one shop', () => {
    expect(kindsOfShops.flat().sort()).toEqual(reports.map(({ target }) => target.kind).sort());
  });
});

describe('dealing faults to shops', () => {
  const { faults } = planOf(reports);
  const plans = [faults.slice(0, 3), faults.slice(3), []];

  it('gives each shop all of its own once', () => {
    const dealt = deal(plans, 1, seededRandom(1));
    expect(dealt.map((list) => list.length)).toEqual([3, 1, 0]);
    expect(new Set(dealt.flat())).toEqual(new Set(faults));
  });

  it('goes around again where there are too few, in the shops that have least to do', () => {
    const dealt = deal(plans, 7, seededRandom(1));
    expect(dealt.map((list) => list.length)).toEqual([4, 3, 0]);
    expect(new Set(dealt[0])).toEqual(new Set(plans[0]));
    expect(new Set(dealt[1])).toEqual(new Set(plans[1]));
  });

  it('has the same order for the same seed, and another for others', () => {
    const orderOf = (seed: number) => JSON.stringify(deal(plans, 4, seededRandom(seed)));
    expect(orderOf(5)).toBe(orderOf(5));
    expect(new Set([1, 2, 3, 4, 5, 6].map(orderOf)).size).toBeGreaterThan(1);
  });

  it('gives nothing where there is nothing', () => {
    expect(deal([[], []], 20, seededRandom(1))).toEqual([[], []]);
  });
});
