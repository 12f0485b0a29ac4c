import { key, learn } from './testing/detector';
import { analyse, faultMs, startMs, tracesOf } from './testing/scenario';
import { runShop, type SimulatedSpan, type SimulatedTrace } from './testing/shop';

const reference = learn(runShop({ seed: 1001, fromMs: startMs - 86_400_000, toMs: startMs - 86_280_000 }));
const quiet = tracesOf(undefined, { toMs: startMs + 240_000 });

/** From a time on, a release does things otherwise. */
function released(traces: readonly SimulatedTrace[], change: (span: SimulatedSpan) => Partial<SimulatedSpan>) {
  return traces.map((trace) =>
    trace.startMs < faultMs ? trace : { ...trace, spans: trace.spans.map((span) => ({ ...span, ...change(span) })) },
  );
}

const renamed =
  (from: string, to: string) =>
  ({ operation }: SimulatedSpan): Partial<SimulatedSpan> =>
    operation === from ? { operation: to } : {};

const releases: readonly (readonly [string, (span: SimulatedSpan) => Partial<SimulatedSpan>])[] = [
  ['an operation of a callee', renamed('POST /charge', 'POST /v2/charge')],
  ['an operation by which requests enter', renamed('POST /orders', 'POST /v2/orders')],
  [
    'all spans of calls',
    ({ kind, peer, operation }) => (kind === 3 && peer === '' ? { operation: `HTTP ${operation}` } : {}),
  ],
  ['the spans of a database', renamed('pg.query:INSERT payments', 'INSERT shop.payments')],
  ['a service', ({ service }) => (service === 'payment' ? { service: 'payments' } : {})],
];

describe('a release that renames', () => {
  test.each(releases)('%s opens no incident: nothing was left out', (_what, change) => {
    expect(analyse(released(quiet, change), { reference })).toEqual([]);
  });
});

test('a release that leaves out a call, and does nothing instead, is found all the same', () => {
  const traces = tracesOf({ kind: 'missing-call', service: 'gateway', callee: 'catalog' });
  const change = renamed('POST /charge', 'POST /v2/charge');
  const [incident] = analyse(released(traces, change), { reference });
  expect(incident?.causes[0]?.service).toBe(key('gateway'));
  expect(incident?.causes[0]?.change).toMatch(/^it no longer calls /);
});
