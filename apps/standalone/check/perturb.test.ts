import { seededRandom } from '@plumbline/worker/random';
import fc from 'fast-check';
import { perturb, type Fault } from './perturb';
import { retime } from './retime';
import { spanKinds, SpanTree, type TimedSpan } from './span-tree';

const ms = 1e6;
const { client, server, internal } = spanKinds;

function span(parent: number, service: string, kind: number, startMs: number, endMs: number): TimedSpan {
  return { parent, service, operation: 'op', kind, startNs: startMs * ms, endNs: endMs * ms, failed: false };
}

/** Gateway calls cart, and when it has answered, at once catalog and payment, which calls a database. */
const shop: TimedSpan[] = [
  span(-1, 'gateway', server, 0, 100),
  span(0, 'gateway', client, 5, 25),
  span(1, 'cart', server, 7, 23),
  span(0, 'gateway', client, 30, 60),
  span(3, 'catalog', server, 32, 58),
  span(0, 'gateway', client, 30, 90),
  span(5, 'payment', server, 32, 88),
  { ...span(6, 'payment', client, 40, 60), peer: 'postgresql/payment' },
];

const always = () => 0;

function millis(spans: readonly TimedSpan[], fault: Fault) {
  return perturb(spans, fault, always)?.timings.map((timing) => timing && [timing.startNs / ms, timing.endNs / ms]);
}

describe('a perturbed trace', () => {
  it('has the slow service longer, what waited for it later, and those above longer', () => {
    expect(millis(shop, { kind: 'own-time', service: 'cart', slowdown: { addedMs: 10 } })).toEqual([
      [0, 110],
      [5, 35],
      [7, 33],
      [40, 70],
      [42, 68],
      [40, 100],
      [42, 98],
      [50, 70],
    ]);
  });

  it('ends later only by what outlasts what ran in parallel', () => {
    const within = millis(shop, { kind: 'own-time', service: 'catalog', slowdown: { addedMs: 20 } });
    expect([within?.[0], within?.[3], within?.[4], within?.[5]]).toEqual([
      [0, 100],
      [30, 80],
      [32, 78],
      [30, 90],
    ]);
    const beyond = millis(shop, { kind: 'own-time', service: 'catalog', slowdown: { addedMs: 50 } });
    expect([beyond?.[0], beyond?.[3], beyond?.[5]]).toEqual([
      [0, 120],
      [30, 110],
      [30, 90],
    ]);
  });

  it('is slower by a multiple of the time that is the service’s own', () => {
    const slow = millis(shop, { kind: 'own-time', service: 'payment', slowdown: { times: 2 } });
    expect(slow?.[6]).toEqual([32, 88 + 36]);
    expect(slow?.[7]).toEqual([40, 60]);
  });

  it('counts what spans of the service itself take as its own time, and what it waits for not', () => {
    const inner = [
      span(-1, 'a', server, 0, 100),
      span(0, 'a', internal, 10, 90),
      span(1, 'a', client, 20, 50),
      span(1, 'a', client, 40, 60),
    ];
    expect(new SpanTree(inner).ownTimeNs(0)).toBe(60 * ms);
    expect(millis(inner, { kind: 'own-time', service: 'a', slowdown: { times: 2 } })?.[0]).toEqual([0, 160]);
  });

  it('has the calls to a slow network longer, and the callee only later', () => {
    const slow = millis(shop, { kind: 'edges', service: 'cart', slowdown: { addedMs: 10 } });
    expect([slow?.[0], slow?.[1], slow?.[2]]).toEqual([
      [0, 110],
      [5, 35],
      [12, 28],
    ]);
    const both = millis(shop, { kind: 'edges', service: 'payment', slowdown: { addedMs: 10 } });
    expect([both?.[5], both?.[6], both?.[7]]).toEqual([
      [30, 110],
      [37, 103],
      [45, 75],
    ]);
  });

  it('has the calls to a slow peer longer, with their service and all above', () => {
    const slow = millis(shop, { kind: 'peer', peer: 'postgresql/payment', slowdown: { addedMs: 100 } });
    expect([slow?.[7], slow?.[6], slow?.[5], slow?.[0]]).toEqual([
      [40, 160],
      [32, 188],
      [30, 190],
      [0, 200],
    ]);
  });

  it('ends earlier without a call, as far as nothing else was waited for', () => {
    const without = millis(shop, { kind: 'left-out', service: 'gateway', callee: 'payment' });
    expect(without).toEqual([[0, 70], [5, 25], [7, 23], [30, 60], [32, 58], undefined, undefined, undefined]);
  });

  it('fails from an operation up to where callers swallow it', () => {
    const fault: Fault = { kind: 'errors', service: 'payment', operation: 'op' };
    expect(perturb(shop, fault, always)?.failed).toEqual([true, false, false, false, false, true, true, false]);
    const swallowed = perturb(
      shop,
      fault,
      () => 0.5,
      (caller) => (caller.kind === server ? 0.1 : 0.9),
    );
    expect(swallowed?.failed).toEqual([false, false, false, false, false, true, true, false]);
  });

  it('has a caller wait for its callee even if the clock of the callee is ahead', () => {
    const skewed = [span(-1, 'a', client, 0, 10), span(0, 'b', server, 6, 14)];
    expect(millis(skewed, { kind: 'own-time', service: 'b', slowdown: { addedMs: 5 } })).toEqual([
      [0, 15],
      [6, 19],
    ]);
  });

  it('is not there when the fault does not touch the trace', () => {
    expect(millis(shop, { kind: 'own-time', service: 'stranger', slowdown: { addedMs: 1 } })).toBeUndefined();
    expect(millis(shop, { kind: 'left-out', service: 'cart', callee: 'gateway' })).toBeUndefined();
    expect(millis(shop, { kind: 'errors', service: 'cart', operation: 'other' })).toBeUndefined();
  });
});

const services = ['a', 'b', 'c'];

/** Traces in which children lie inside their parents, in whole nanoseconds. */
const traces = fc
  .array(
    fc.record({
      parent: fc.nat(),
      service: fc.constantFrom(...services),
      kind: fc.constantFrom(internal, server, client),
      from: fc.nat(1000),
      length: fc.nat(1000),
    }),
    { minLength: 1, maxLength: 30 },
  )
  .map((drawn) => {
    const spans: TimedSpan[] = [];
    for (const { parent, service, kind, from, length } of drawn) {
      const index = spans.length === 0 ? -1 : parent % spans.length;
      const { startNs, endNs } = spans[index] ?? { startNs: 0, endNs: 1_000_000 };
      const room = endNs - startNs;
      const start = startNs + Math.floor((room * from) / 1000);
      const end = start + Math.floor(((endNs - start) * length) / 1000);
      spans.push({
        parent: index,
        service,
        operation: 'op',
        kind,
        peer: 'db',
        startNs: start,
        endNs: end,
        failed: false,
      });
    }
    return spans;
  });

const slowdowns = fc.oneof(
  fc.record({ addedMs: fc.nat(1000) }),
  fc.record({ times: fc.double({ min: 1, max: 20, noNaN: true }) }),
);
const faults: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({ kind: fc.constant('own-time' as const), service: fc.constantFrom(...services), slowdown: slowdowns }),
  fc.record({ kind: fc.constant('edges' as const), service: fc.constantFrom(...services), slowdown: slowdowns }),
  fc.record({ kind: fc.constant('peer' as const), peer: fc.constant('db'), slowdown: slowdowns }),
  fc.record({ kind: fc.constant('left-out' as const), service: fc.constantFrom('a', 'b'), callee: fc.constant('c') }),
  fc.record({
    kind: fc.constant('errors' as const),
    service: fc.constantFrom(...services),
    operation: fc.constant('op'),
  }),
);

describe('any perturbation of any trace', () => {
  it('keeps children inside their parents, and nothing lasts less than no time', () => {
    fc.assert(
      fc.property(traces, faults, (spans, fault) => {
        const { timings } = perturb(spans, fault, always) ?? { timings: [] };
        timings.forEach((timing, index) => {
          if (timing === undefined) return;
          expect(timing.endNs).toBeGreaterThanOrEqual(timing.startNs);
          expect(timing.startNs).toBeGreaterThanOrEqual(0);
          const parent = timings[spans[index]?.parent ?? -1];
          if (parent === undefined) return;
          expect(timing.startNs).toBeGreaterThanOrEqual(parent.startNs);
          expect(timing.endNs).toBeLessThanOrEqual(parent.endNs + 1e-3);
        });
      }),
    );
  });

  it('lets go only what is below what is left out, and moves nothing that ended before the fault began', () => {
    fc.assert(
      fc.property(traces, faults, (spans, fault) => {
        const perturbed = perturb(spans, fault, always);
        if (perturbed === undefined) return;
        perturbed.timings.forEach((timing, index) => {
          if (timing === undefined) {
            expect(fault.kind).toBe('left-out');
            const parent = spans[index]?.parent ?? -1;
            for (const child of new SpanTree(spans).children[index] ?? [])
              expect(perturbed.timings[child]).toBeUndefined();
            expect(parent).toBeGreaterThanOrEqual(0);
          } else if (fault.kind === 'errors') {
            expect(timing).toEqual({ startNs: spans[index]?.startNs, endNs: spans[index]?.endNs });
          } else if (fault.kind !== 'left-out') {
            expect(timing.startNs).toBeGreaterThanOrEqual(spans[index]?.startNs ?? 0);
          }
        });
      }),
    );
  });

  it('lengthens no span that does not wait for what is slow', () => {
    fc.assert(
      fc.property(traces, fc.nat(), fc.integer({ min: 1, max: 1e9 }), (spans, drawn, addedNs) => {
        const slow = drawn % spans.length;
        const timings = retime(new SpanTree(spans), { own: new Map([[slow, addedNs]]) });
        const above = new Set<number>();
        for (let index = slow; index >= 0; index = spans[index]?.parent ?? -1) above.add(index);
        timings.forEach((timing, index) => {
          const before = spans[index];
          if (timing === undefined || before === undefined) throw new Error('nothing is left out');
          const growth = timing.endNs - timing.startNs - (before.endNs - before.startNs);
          if (index === slow) expect(growth).toBe(addedNs);
          else if (above.has(index)) expect(growth).toBeLessThanOrEqual(addedNs);
          else expect(growth).toBe(0);
          if (before.endNs < (spans[slow]?.endNs ?? 0)) expect(timing.startNs).toBe(before.startNs);
        });
      }),
    );
  });

  it('changes nothing when the fault has no size', () => {
    fc.assert(
      fc.property(traces, fc.constantFrom(...services), (spans, service) => {
        const timings = perturb(spans, { kind: 'own-time', service, slowdown: { times: 1 } }, always)?.timings;
        expect(timings ?? spans.map(({ startNs, endNs }) => ({ startNs, endNs }))).toEqual(
          spans.map(({ startNs, endNs }) => ({ startNs, endNs })),
        );
      }),
    );
  });

  it('is the same for the same seed', () => {
    fc.assert(
      fc.property(traces, faults, fc.nat(), (spans, fault, seed) => {
        const run = () => perturb(spans, fault, seededRandom(seed), () => 0.5);
        expect(run()).toEqual(run());
      }),
    );
  });
});
