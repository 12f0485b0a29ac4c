import type { Incident } from '@plumbline/wire';
import { key } from './testing/detector';
import { analyse, config, faultMs, profileOf, startMs, tracesOf } from './testing/scenario';
import { runShop, type Fault } from './testing/shop';

type FaultCase = Omit<Fault, 'fromMs' | 'toMs'>;

const cases: readonly (readonly [FaultCase, string, string])[] = [
  [{ kind: 'slow', service: 'checkout' }, 'checkout', 'its own time rose'],
  [{ kind: 'slow', service: 'payment' }, 'payment', 'its own time rose'],
  [{ kind: 'errors', service: 'inventory' }, 'inventory', 'it fails'],
  [{ kind: 'errors', service: 'catalog' }, 'catalog', 'it fails'],
  [{ kind: 'pool', service: 'inventory' }, 'inventory', 'it waits for a connection of its pool'],
  [{ kind: 'query', service: 'payment' }, 'payment', 'it waits for its database'],
  [
    { kind: 'retry-storm', service: 'checkout', callee: 'inventory' },
    'checkout',
    'it calls inventory 6 times as often',
  ],
  [{ kind: 'retry-storm', service: 'gateway', callee: 'catalog' }, 'gateway', 'it calls catalog 6 times as often'],
  [{ kind: 'cpu', service: 'payment' }, 'payment', 'everything it does takes longer'],
  [{ kind: 'cpu', service: 'gateway' }, 'gateway', 'everything it does takes longer'],
];

function last(incidents: readonly Incident[]): Incident {
  const incident = incidents.at(-1);
  if (incident === undefined) throw new Error('no incident was published');
  return incident;
}

describe('a fault in the shop', () => {
  test.each(cases)('%j is blamed on %s: %s', (fault, service, change) => {
    const [incident] = analyse(tracesOf(fault));

    expect(incident?.causes[0]?.service).toBe(key(service));
    expect(incident?.causes[0]?.change).toBe(change);
    expect(incident?.causes[0]?.evidence.length).toBeGreaterThan(0);
    expect(incident?.path[0]).toBe(key('gateway'));
    expect(incident?.path.at(-1)).toBe(key(service));
  });

  test('that leaves out a call is blamed on the caller', () => {
    const [incident] = analyse(tracesOf({ kind: 'missing-call', service: 'gateway', callee: 'catalog' }));

    expect(incident?.causes[0]?.service).toBe(key('gateway'));
    expect(incident?.causes[0]?.change).toMatch(/^it no longer calls /);
  });

  test('is found on a machine that is twice as slow for everybody', () => {
    const slowdowns = [{ factor: 2, fromMs: faultMs, toMs: Infinity }];
    const [incident] = analyse(tracesOf({ kind: 'slow', service: 'inventory' }, { slowdowns }));

    expect(incident?.causes[0]?.service).toBe(key('inventory'));
  });

  test('opens one incident in the second window, which says when it began', () => {
    const incidents = analyse(tracesOf({ kind: 'slow', service: 'payment' }));
    const [first] = incidents;

    expect(new Set(incidents.map(({ id }) => id)).size).toBe(1);
    expect(first?.startedAtMs).toBe(faultMs);
    expect(first?.openedAtMs).toBe(faultMs + 10_000);
    expect(first?.revision).toBe(1);
  });

  test('is told with numbers of before and now, in the words of the console', () => {
    const incident = last(analyse(tracesOf({ kind: 'slow', service: 'payment' })));
    const [cause, ...others] = incident.causes;

    expect(incident.title).toBe('High latency in gateway');
    expect(cause?.evidence[0]?.sentence).toMatch(
      /^POST \/charge self time p95: [\d.]+ to \d+ ms \(×\d+, \d+ spans, 14:01 UTC\); normal [\d.]+–[\d.]+ ms\.$/,
    );
    expect(cause?.evidence[0]?.now).toBeGreaterThan(80);
    expect(others.map(({ service, change }) => [service, change])).toContainEqual([
      key('checkout'),
      'it waits for payment',
    ]);
    expect(incident.path).toEqual([key('gateway'), key('checkout'), key('payment')]);
    expect(incident.affected).toEqual(expect.arrayContaining([key('payment'), key('checkout'), key('gateway')]));
  });

  test('shows the worst traces first', () => {
    const { traces } = last(analyse(tracesOf({ kind: 'slow', service: 'payment' })));

    expect(traces).toHaveLength(20);
    expect(traces.map(({ score }) => score)).toEqual(traces.map(({ score }) => score).sort((a, b) => b - a));
  });

  test('that fails requests is called errors, and critical', () => {
    const incident = last(analyse(tracesOf({ kind: 'errors', service: 'inventory' })));

    expect(incident.title).toBe('Errors in gateway');
    expect(incident.severity).toBe('critical');
    expect(incident.failedTraces).toBeGreaterThan(10);
  });

  test('is resolved after half a minute of quiet traffic, as one incident with few revisions', () => {
    const incidents = analyse(tracesOf({ kind: 'errors', service: 'payment' }, { afterMs: 60_000 }));
    const resolved = last(incidents);

    expect(resolved.state).toBe('resolved');
    expect(resolved.resolvedAtMs).toBeGreaterThanOrEqual(faultMs + 30_000 + config.resolveAfterMs);
    expect(resolved.resolvedAtMs).toBeLessThanOrEqual(faultMs + 30_000 + config.resolveAfterMs + 15_000);
    expect(new Set(incidents.map(({ id }) => id)).size).toBe(1);
    expect(incidents.map(({ revision }) => revision)).toEqual(incidents.map((_, index) => index + 1));
    expect(incidents.length).toBeLessThanOrEqual(4);
  });
});

describe('incidents', () => {
  const slow = (service: string, fromS: number, toS: number): Fault => {
    return { kind: 'slow', service, fromMs: startMs + fromS * 1000, toMs: startMs + toS * 1000 };
  };

  test('rest when nothing has stood out for a while, and a new fault then opens a new one', () => {
    const faults = [slow('payment', 60, 90), slow('catalog', 160, 190)];
    const incidents = analyse(runShop({ seed: 3, fromMs: startMs, toMs: startMs + 240_000, faults }));
    const [first, second, ...others] = [...new Set(incidents.map(({ id }) => id))].map((id) =>
      incidents.filter((incident) => incident.id === id),
    );

    expect(others).toEqual([]);
    expect(first?.map(({ state }) => state)).toEqual(['open', 'resolved']);
    expect(first?.at(-1)?.resolvedAtMs).toBe(startMs + 90_000 + config.resolveAfterMs);
    expect(second?.[0]?.startedAtMs).toBe(startMs + 160_000);
    expect([first, second].map((of) => of?.[0]?.causes[0]?.service)).toEqual([key('payment'), key('catalog')]);
  });

  test('have a ranking where there is no clear cause', () => {
    const slowdowns = [{ factor: 2, fromMs: faultMs, toMs: faultMs + 30_000 }];
    const incidents = analyse(runShop({ seed: 9, fromMs: startMs, toMs: startMs + 150_000, slowdowns }));

    expect(incidents[0]?.causes).toEqual([]);
    expect(incidents[0]?.ranking.map(({ service }) => service)).toContain(key('catalog'));
  });
});

describe('no fault', () => {
  test('opens nothing in five minutes', () => {
    expect(analyse(runShop({ seed: 51, fromMs: startMs, toMs: startMs + 300_000 }))).toEqual([]);
  });

  test.each([0.25, 3])('opens nothing when load changes by a factor of %d', (factor) => {
    const rate = (timeMs: number): number => (timeMs < faultMs ? 10 : 10 * factor);
    expect(analyse(runShop({ seed: 5, fromMs: startMs, toMs: startMs + 180_000, rate }))).toEqual([]);
  });

  test.each([500, 2000, 8000])('opens nothing when the whole machine stands still for %d ms', (pauseMs) => {
    const pauses = [{ fromMs: faultMs + 1234, toMs: faultMs + 1234 + pauseMs }];
    expect(analyse(runShop({ seed: 9, fromMs: startMs, toMs: startMs + 150_000, pauses }))).toEqual([]);
  });

  test('opens nothing for a disturbance of one window', () => {
    expect(analyse(tracesOf({ kind: 'slow', service: 'payment' }, { faultMsLong: 5000, afterMs: 60_000 }))).toEqual([]);
  });

  test('opens nothing before it is learnt how streams vary', () => {
    const reference = { ...profileOf(), spread: new Map() };
    expect(analyse(tracesOf({ kind: 'slow', service: 'payment' }), { reference })).toEqual([]);
  });
});

describe('the same traces', () => {
  const traces = tracesOf({ kind: 'slow', service: 'inventory' }, { afterMs: 60_000 });
  const expected = analyse(traces);

  test('give the same incidents on four partitions as on one', () => {
    expect(analyse(traces, { partitions: 4 })).toEqual(expected);
  });

  test('give the same incidents in any order of rows and buckets', () => {
    const { profile, ...rest } = profileOf();
    const reversed = { ...profile, operations: new Map([...profile.operations].reverse()) };
    expect(analyse(traces, { reference: { ...rest, profile: reversed } })).toEqual(expected);
  });
});
