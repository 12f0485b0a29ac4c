import { traceBatchFrom, type PlainTrace } from '@plumbline/wire/testing';
import { indexBatch } from './batch-index';
import { judge, type Activation, type Judgement } from './judge';
import { TraceMeasurer } from './measure';
import { ProfileScorer } from './profile-scorer';
import type { SpanFinding, TraceScore } from './score';
import { bundleOf, shopTraces, type Fault } from './testing';

const bundle = bundleOf(shopTraces(1, 1000, 0, 20));
const activation: Activation = { effectiveFromMs: 0, bundle, scorer: new ProfileScorer(bundle) };

function judged(traces: readonly PlainTrace[], by: Activation = activation): Judgement[] {
  const batch = traceBatchFrom(traces);
  const all = traces.map((_, trace) => ({ trace, activation: by }));
  return judge(batch, indexBatch(batch), all, undefined);
}

/** Judgements on two hundred checkouts with a fault. */
function checkouts(fault: Fault): { readonly traces: PlainTrace[]; readonly judgements: Judgement[] } {
  const traces = shopTraces(7, 400, 0, 20, fault).filter(({ spans }) => spans[0]?.operation === 'POST /checkout');
  return { traces, judgements: judged(traces) };
}

/** Share of traces that are anomalous and have such a finding. */
function shareWith(fault: Fault, expected: (finding: SpanFinding, service: string) => boolean): number {
  const { traces, judgements } = checkouts(fault);
  const found = judgements.filter(({ trace, anomalous, findings }) => {
    const spans = traces.slice(0, trace).reduce((sum, each) => sum + each.spans.length, 0);
    const service = (row: number) => traces[trace]?.spans[row - spans]?.service ?? '';
    return anomalous && findings.some((finding) => expected(finding, service(finding.row)));
  });
  return found.length / judgements.length;
}

describe('normal traffic', () => {
  const judgements = judged(shopTraces(2, 10_000, 0, 20));
  const errors = judgements.filter(({ findings }) => findings.some(({ kind }) => kind === 'error'));

  test('is anomalous for its times and calls in less than one trace of a thousand', () => {
    const alarms = judgements.filter((each) => each.anomalous && !errors.includes(each));
    expect(alarms.length).toBeLessThan(10);
  });

  test('has errors as findings no more often than requests fail', () => {
    expect(errors.length).toBeLessThan(10_000 * 0.006);
  });

  test('is judged, not passed over', () => {
    expect(judgements.filter(({ abstained }) => abstained)).toEqual([]);
  });
});

describe('a fault is found where it is', () => {
  test('a service ten times slower', () => {
    const share = shareWith(
      { slow: { service: 'payment', factor: 10 } },
      ({ kind, value, expected, upper, p }, service) =>
        kind === 'self-time' && service === 'payment' && value > 2 * upper && upper > expected && p < 1e-3,
    );
    expect(share).toBeGreaterThan(0.95);
  });

  test('a service twice as slow exceeds in many spans, though few traces are anomalous by themselves', () => {
    const { judgements } = checkouts({ slow: { service: 'payment', factor: 2 } });
    const exceeding = judgements.filter(({ findings }) => findings.some(({ kind }) => kind === 'self-time'));
    expect(exceeding.length / judgements.length).toBeGreaterThan(0.3);
  });

  test('a service that fails, and not its callers', () => {
    const share = shareWith(
      { fail: 'payment' },
      ({ kind, value, expected }, service) =>
        kind === 'error' && service === 'payment' && value === 1 && expected < 0.01,
    );
    expect(share).toBeGreaterThan(0.95);
    const { traces, judgements } = checkouts({ fail: 'payment' });
    const services = judgements.flatMap(({ findings }) => findings.filter(({ kind }) => kind === 'error'));
    expect(services.length).toBeLessThan(1.05 * traces.length);
  });

  test('a slow network to a service, at the caller’s client span', () => {
    const share = shareWith(
      { gap: { callee: 'payment', addMs: 30 } },
      ({ kind, callee, value, expected }, service) =>
        kind === 'gap' && service === 'checkout' && callee === 'default///payment' && value > 30 && expected < 1,
    );
    expect(share).toBeGreaterThan(0.95);
  });

  test('a call that is no longer made', () => {
    const share = shareWith(
      { skip: 'payment' },
      ({ kind, callee, value, expected }, service) =>
        kind === 'missing-call' &&
        service === 'checkout' &&
        callee === 'default///payment' &&
        value === 0 &&
        expected > 0.9,
    );
    expect(share).toBeGreaterThan(0.95);
  });

  test('a call repeated again and again', () => {
    const share = shareWith(
      { retries: 5 },
      ({ kind, callee, value, expected }, service) =>
        kind === 'extra-calls' &&
        service === 'checkout' &&
        callee === 'default///payment' &&
        value === 5 &&
        Math.round(expected) === 1,
    );
    expect(share).toBeGreaterThan(0.95);
  });

  test('a call to where none ever went', () => {
    const share = shareWith(
      { detour: 'fraud' },
      ({ kind, callee, expected }, service) =>
        kind === 'new-call' && service === 'checkout' && callee === 'default///fraud' && expected === 0,
    );
    expect(share).toBeGreaterThan(0.95);
  });
});

describe('what is not known', () => {
  test('is passed over: an operation seen fewer times than the support', () => {
    const few = bundleOf(shopTraces(1, 6, 0, 20));
    const by = { effectiveFromMs: 0, bundle: few, scorer: new ProfileScorer(few) };
    const judgements = judged(shopTraces(3, 50, 0, 20, { slow: { service: 'payment', factor: 100 } }), by);
    expect(judgements.every(({ abstained, anomalous }) => abstained && !anomalous)).toBe(true);
  });

  test('may be missing only for being late: calls of a trace that is not whole are not missed', () => {
    const traces = checkouts({ skip: 'payment' }).traces.map((trace) => ({ ...trace, truncated: true }));
    const findings = judged(traces).flatMap(({ findings }) => findings);
    expect(findings.filter(({ kind }) => kind === 'missing-call')).toEqual([]);
  });

  test('is explained by failure: a request that failed early is not blamed for the calls it did not make', () => {
    const { judgements } = checkouts({ fail: 'checkout', skip: 'payment' });
    const kinds = new Set(
      judgements.filter(({ anomalous }) => anomalous).flatMap(({ findings }) => findings[0]?.kind ?? []),
    );
    expect(kinds).toContain('error');
    expect(judgements.flatMap(({ findings }) => findings).some(({ kind }) => kind === 'missing-call')).toBe(false);
  });
});

describe('judging', () => {
  test('compares with the threshold of the entry operation where it has one', () => {
    const strict = {
      ...bundle,
      thresholds: { ...bundle.thresholds, traceScore: { 'default///gateway\nPOST /checkout': 1e6, default: 6.9 } },
    };
    const by = { ...activation, bundle: strict };
    const traces = checkouts({ slow: { service: 'payment', factor: 10 } }).traces;
    expect(
      judged(traces, by).filter(({ anomalous, findings }) => anomalous && findings[0]?.kind === 'self-time'),
    ).toEqual([]);
  });

  test('by an override of zero calls every trace anomalous, also one that nothing judged', () => {
    const batch = traceBatchFrom(shopTraces(1, 10, 0, 20));
    const all = Array.from({ length: 10 }, (_, trace) => ({ trace, activation: trace < 5 ? activation : undefined }));
    const judgements = judge(batch, indexBatch(batch), all, 0);
    expect(judgements.map(({ anomalous }) => anomalous)).toEqual(Array<boolean>(10).fill(true));
    expect(judgements.map(({ abstained }) => abstained)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => i >= 5));
  });

  test('scores each trace by its own bundle, as if it were alone', () => {
    const other = bundleOf(shopTraces(5, 500, 0, 20), '000002-other');
    const second = { effectiveFromMs: 10, bundle: other, scorer: new ProfileScorer(other) };
    const traces = checkouts({ slow: { service: 'cart', factor: 6 } }).traces.slice(0, 20);
    const batch = traceBatchFrom(traces);
    const mixed = traces.map((_, trace) => ({ trace, activation: trace % 2 === 0 ? activation : second }));
    const scores = judge(batch, indexBatch(batch), mixed, undefined).map(({ score }) => score);
    const [first, then] = [judged(traces, activation), judged(traces, second)];
    expect(scores).toEqual(traces.map((_, i) => (i % 2 === 0 ? first : then)[i]?.score));
  });
});

describe('a reader of what was measured', () => {
  const batch = traceBatchFrom(shopTraces(3, 20, 0, 20, { slow: { service: 'payment', factor: 8 } }));
  const index = indexBatch(batch);
  const scorer = new ProfileScorer(bundle);

  test('is given each trace once, measured as it is alone, with the score that is returned', () => {
    const wanted = [4, 0, 7];
    const seen: { trace: number; ownMs: number; score: TraceScore }[] = [];
    const scores = scorer.score(batch, index, wanted, {
      read: ({ trace, measurer, score }) => {
        const ownMs = [...measurer.ownTime.values()].reduce((sum, { actualMs }) => sum + actualMs, 0);
        seen.push({ trace, ownMs, score });
      },
    });
    expect(seen.map(({ trace }) => trace)).toEqual(wanted);
    expect(seen.map(({ score }) => score)).toEqual(scores);
    for (const { trace, ownMs } of seen) {
      const alone = new TraceMeasurer(batch, index, scorer.normal);
      alone.measure(trace);
      expect(ownMs).toBe([...alone.ownTime.values()].reduce((sum, { actualMs }) => sum + actualMs, 0));
      expect(ownMs).toBeGreaterThan(0);
    }
  });

  test('changes nothing of the scores', () => {
    const all = Array.from({ length: batch.traces.count }, (_, trace) => trace);
    expect(scorer.score(batch, index, all, { read: () => undefined })).toEqual(scorer.score(batch, index, all));
  });
});
