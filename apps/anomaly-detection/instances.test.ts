import { labelsOf, type LabelKind, type LabelStats } from '@plumbline/wire';
import type { PlainTrace } from '@plumbline/wire/testing';
import { ProfileScorer } from './profile-scorer';
import { bundleOf, shopTraces, statsOf, type Fault } from './testing';

const bundle = bundleOf(shopTraces(1, 1000, 0, 20));
const activation = { effectiveFromMs: 0, bundle, scorer: new ProfileScorer(bundle) };

/** The traces of payment on two pods in turn. */
function onPods(traces: readonly PlainTrace[], first = 0): PlainTrace[] {
  return traces.map((trace, i) => ({
    ...trace,
    spans: trace.spans.map((span) =>
      span.service === 'payment'
        ? { ...span, resource: { 'k8s.pod.name': `payment-${(i + first) % 2}`, 'service.version': '1.4.2' } }
        : span,
    ),
  }));
}

const checkouts = (seed: number, fault?: Fault) =>
  shopTraces(seed, 400, 0, 20, fault).filter(({ spans }) => spans[0]?.operation === 'POST /checkout');

function countsOf(traces: readonly PlainTrace[], kind: LabelKind, judged = true): Record<string, LabelStats> {
  const table = statsOf(traces, judged ? activation : undefined);
  return Object.fromEntries(labelsOf(table.services.get('default///payment')?.labels, kind) ?? []);
}

/** One pod as it is, the other with a fault. */
function oneBad(fault: Fault): PlainTrace[] {
  const [good, bad] = [onPods(checkouts(7)), onPods(checkouts(7, fault))];
  return good.map((trace, i) => (i % 2 === 0 ? trace : (bad[i] ?? trace)));
}

describe('pods and versions of a service', () => {
  const { length } = checkouts(7);

  test('are counted once a trace', () => {
    const pods = countsOf(onPods(checkouts(7)), 'pod');
    expect([pods['payment-0']?.traces, pods['payment-1']?.traces]).toEqual([
      Math.ceil(length / 2),
      Math.floor(length / 2),
    ]);
    expect(countsOf(onPods(checkouts(7)), 'version')['1.4.2']?.traces).toBe(length);
  });

  test('are counted for each pod that a trace came through', () => {
    const twice = onPods(checkouts(7, { retries: 2 })).map((trace) => {
      const last = trace.spans.findLastIndex(({ service }) => service === 'payment');
      const resource = { 'k8s.pod.name': 'payment-2' };
      return { ...trace, spans: trace.spans.map((span, i) => (i === last ? { ...span, resource } : span)) };
    });
    const pods = countsOf(twice, 'pod');
    expect(pods['payment-2']?.traces).toBe(twice.length);
    expect((pods['payment-0']?.traces ?? 0) + (pods['payment-1']?.traces ?? 0)).toBe(twice.length);
  });

  test('are slow where they are slow', () => {
    const pods = countsOf(oneBad({ slow: { service: 'payment', factor: 5 } }), 'pod');
    expect(pods['payment-1']?.slow).toBeGreaterThan(0.95 * (pods['payment-1']?.traces ?? 0));
    expect(pods['payment-0']?.slow).toBeLessThan(0.05 * (pods['payment-0']?.traces ?? 0));
  });

  test('fail where they fail', () => {
    const pods = countsOf(oneBad({ fail: 'payment' }), 'pod');
    expect(pods['payment-1']?.failing).toBe(pods['payment-1']?.traces);
    expect(pods['payment-0']?.failing).toBeLessThan(3);
  });

  test('are known, and not slow, where nothing was learnt yet', () => {
    const pods = countsOf(oneBad({ slow: { service: 'payment', factor: 5 } }), 'pod', false);
    expect(pods['payment-1']).toEqual({ traces: Math.floor(length / 2), failing: 0, slow: 0 });
  });

  test('come to nothing where a retraction takes back what was said', () => {
    const traces = oneBad({ slow: { service: 'payment', factor: 5 }, fail: 'payment' });
    expect(countsOf([...traces, ...traces.map((trace) => ({ ...trace, retraction: true }))], 'pod')).toEqual({});
  });

  test('belong to their service alone, though others name the same', () => {
    const resource = { 'service.version': '1.4.2' };
    const traces = checkouts(7).map(({ spans, ...trace }) => ({
      ...trace,
      spans: spans.map((span) =>
        span.service === 'payment' || span.service === 'cart' ? { ...span, resource } : span,
      ),
    }));
    const { services } = statsOf(traces, activation);
    const named = [...services].filter(([, { labels }]) => (labelsOf(labels, 'version')?.size ?? 0) > 0);
    expect(named.map(([service]) => service).sort()).toEqual(['default///cart', 'default///payment']);
  });
});

describe('weights of sampling', () => {
  const weighed = (weights: readonly number[]) => {
    const traces = checkouts(7).slice(0, weights.length);
    const all = traces.map(({ spans, ...trace }, i) => ({
      ...trace,
      spans: spans.map((span) => ({ ...span, weight: weights[i] ?? 1 })),
    }));
    const { weight, squaredWeight } = statsOf(all, activation).blindness;
    return [weight, squaredWeight];
  };

  test('are summed over requests, not over spans, and their squares with them', () => {
    expect(weighed([1, 1, 1, 1])).toEqual([4, 4]);
    expect(weighed([1, 10, 100])).toEqual([111, 10_101]);
  });

  test('are sums that do not depend on the order, though a third is no binary fraction', () => {
    const weights = Array.from({ length: 30 }, (_, i) => 1 + i / 3);
    expect(weighed(weights)).toEqual(weighed([...weights].reverse()));
  });
});
