import { materialMs, type Incident } from '@plumbline/wire';
import { rank } from './rank';
import type { ReferenceProfile } from './reference';
import { activationOf, learn, tableOf } from './testing/detector';
import { accompanied, mirrored, renamed, scaled, shuffled } from './testing/equivalent';
import { analyse, faultMs, startMs, tracesOf } from './testing/scenario';
import { runShop, type Fault, type SimulatedTrace } from './testing/shop';

const windowMs = 5000;
const toMs = faultMs + 30_000;
const fault = (kind: Fault['kind'], service: string, callee?: string): Fault => ({
  kind,
  service,
  ...(callee === undefined ? {} : { callee }),
  fromMs: faultMs,
  toMs,
});
const cases: readonly (readonly [string, readonly Fault[]])[] = [
  ['a slow service', [fault('slow', 'payment')]],
  ['a storm of calls', [fault('retry-storm', 'checkout', 'inventory')]],
  ['a slow service and one that fails', [fault('slow', 'payment'), fault('errors', 'catalog')]],
];

const otherDay = (seed: number) =>
  runShop({ seed, fromMs: startMs - 86_400_000, toMs: startMs - 86_400_000 + 120_000 });
const others = [1, 2];

/** A way to tell the same of a system that is the same but for what does not matter. */
interface Telling {
  readonly name: string;
  readonly of: (traces: readonly SimulatedTrace[], when: 'before' | 'now') => SimulatedTrace[];
  /** What a service is called then. */
  readonly call?: (service: string) => string;
  /** Difference of scores and of confidences that sketches of times, known to a twentieth, may make. */
  readonly score: number;
  readonly confidence: number;
}

const tellings: readonly Telling[] = [
  { name: 'under other names', of: renamed, call: mirrored, score: 0, confidence: 0 },
  { name: 'ten times as fast', of: (traces) => scaled(traces, 0.1), score: 0.5, confidence: 0.05 },
  { name: 'ten times as slow', of: (traces) => scaled(traces, 10), score: 0.5, confidence: 0.05 },
  {
    name: 'in another order',
    of: (traces, when) => shuffled(traces, windowMs, when === 'now' ? 1 : 2),
    score: 0,
    confidence: 0,
  },
  {
    name: 'beside two systems that have nothing to do with it',
    of: (traces, when) =>
      accompanied(
        traces,
        others.map((seed) => (when === 'now' ? tracesOf(undefined, { seed: 70 + seed }) : otherDay(70 + seed))),
      ),
    score: 0.5,
    confidence: 0.05,
  },
];

const asItIs: Telling = { name: 'as it is', of: (traces) => [...traces], score: 0, confidence: 0 };
const learnt = new Map<Telling, ReferenceProfile>();

function referenceOf(telling: Telling): ReferenceProfile {
  let reference = learnt.get(telling);
  if (reference === undefined) learnt.set(telling, (reference = learn(telling.of(otherDay(1001), 'before'), windowMs)));
  return reference;
}

const analysed = new Map<readonly Fault[], Incident[]>();

function incidentsOf(faults: readonly Fault[], telling: Telling): Incident[] {
  const known = telling === asItIs ? analysed.get(faults) : undefined;
  if (known !== undefined) return known;
  const traces = telling.of(tracesOf(undefined, { faults }), 'now');
  const incidents = analyse(traces, { reference: referenceOf(telling) });
  if (telling === asItIs) analysed.set(faults, incidents);
  return incidents;
}

/** Who is claimed to be the cause; who only waits for it is named beside them, in no order. */
function claimed(incident: Incident | undefined): string[] {
  return (incident?.causes ?? []).filter(({ confidence }) => confidence > 0.01).map(({ service }) => service);
}

/** Score of everybody who could be the cause, by name. */
function scoresOf(faults: readonly Fault[], telling: Telling): Map<string, number> {
  const reference = referenceOf(telling);
  const traces = telling.of(tracesOf(undefined, { faults }), 'now').filter((trace) => trace.startMs >= faultMs);
  const now = tableOf(traces, activationOf(reference));
  const { profile } = reference;
  const ranking = rank({ now, before: profile, materialMs: materialMs(profile), stopped: [] });
  return new Map(ranking.candidates.map(({ service, score }) => [service, score]));
}

describe.each(tellings)('a system told $name', (telling) => {
  const named = (service: string): string => {
    const [tenant = '', environment = '', namespace = '', name = ''] = service.split('/');
    return [tenant, environment, namespace, telling.call?.(name) ?? name].join('/');
  };

  test.each(cases)('has the same incidents with the same ranking: %s', (_name, faults) => {
    const before = incidentsOf(faults, asItIs);
    const after = incidentsOf(faults, telling);
    expect(before.length).toBeGreaterThan(0);
    expect(new Set(after.map(({ id }) => id)).size).toBe(new Set(before.map(({ id }) => id)).size);
    const [was, is] = [before.at(-1), after.at(-1)];
    expect([is?.startedAtMs, is?.openedAtMs]).toEqual([was?.startedAtMs, was?.openedAtMs]);
    expect(claimed(was).length).toBeGreaterThan(0);
    expect(claimed(is)).toEqual(claimed(was).map(named));
    expect(is?.ranking.map(({ service }) => service)).toEqual(was?.ranking.map(({ service }) => named(service)));
    for (const [i, { score, confidence }] of (was?.ranking ?? []).entries()) {
      expect(Math.abs((is?.ranking[i]?.score ?? 0) - score)).toBeLessThanOrEqual(telling.score);
      expect(Math.abs((is?.ranking[i]?.confidence ?? 0) - confidence)).toBeLessThanOrEqual(telling.confidence);
    }
  });

  test.each(cases)('gives every service the same score: %s', (_name, faults) => {
    const was = scoresOf(faults, asItIs);
    const is = scoresOf(faults, telling);
    expect(was.size).toBe(6);
    for (const [service, score] of was) {
      expect(Math.abs((is.get(named(service)) ?? NaN) - score)).toBeLessThanOrEqual(telling.score);
    }
  });
});

test('other names come in another order', () => {
  const names = ['catalog', 'checkout', 'gateway', 'inventory', 'payment', 'shipping'];
  expect(names.map(mirrored).sort()).toEqual(names.map(mirrored).reverse());
  expect(renamed(otherDay(1001))[0]?.spans[0]?.service).toBe(mirrored('gateway'));
});
