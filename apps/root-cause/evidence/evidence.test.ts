import type { Incident } from '@plumbline/wire';
import { Collector } from '../collect';
import { TenantAnalysis } from '../tenant';
import { key, learn } from '../testing/detector';
import { labelled } from '../testing/labelled';
import { detect } from '../testing/messages';
import { analyse, config, faultMs, startMs, tracesOf } from '../testing/scenario';
import { runShop, type SimulatedTrace } from '../testing/shop';

const slowPayment = { kind: 'slow', service: 'payment' } as const;

/** Payment runs 1.4.1, and from a time on 1.4.2. */
function released(traces: readonly SimulatedTrace[], atMs = Infinity): SimulatedTrace[] {
  return labelled(traces, (service, trace) =>
    service === 'payment' ? { resource: { 'service.version': trace.startMs < atMs ? '1.4.1' : '1.4.2' } } : {},
  );
}

const otherDay = runShop({ seed: 1001, fromMs: startMs - 86_400_000, toMs: startMs - 86_280_000 });
const reference = learn(released(otherDay));
const evidenceOf = (incidents: readonly Incident[]) => incidents.at(-1)?.causes[0]?.evidence ?? [];

describe('an incident after a release', () => {
  test('says so, after what it measured', () => {
    const incidents = analyse(released(tracesOf(slowPayment), faultMs - 20_000), { reference });
    expect(incidents.at(-1)?.causes[0]?.service).toBe(key('payment'));
    const [measured, change] = evidenceOf(incidents);
    expect([measured?.kind, measured?.source]).toEqual(['self-time', 'traces']);
    expect([change?.kind, change?.source]).toEqual(['new-version', 'changes']);
    expect(change?.sentence).toMatch(
      /^A new version 1\.4\.2 of payment appeared at 14:00 UTC, 20 s before the incident began; \d+ % of its requests since then are on it\.$/,
    );
  });

  test('is ranked as it would be without: a release is no proof', () => {
    const [without, after] = [
      analyse(released(tracesOf(slowPayment)), { reference }),
      analyse(released(tracesOf(slowPayment), faultMs - 20_000), { reference }),
    ];
    expect(after.at(-1)?.ranking).toEqual(without.at(-1)?.ranking);
    expect(evidenceOf(without).map(({ kind }) => kind)).not.toContain('new-version');
  });

  test('says nothing of a release of somebody who is not named', () => {
    const traces = labelled(tracesOf(slowPayment), (service, trace) =>
      service === 'catalog' ? { resource: { 'service.version': trace.startMs < faultMs ? '1' : '2' } } : {},
    );
    const causes = analyse(traces, { reference }).at(-1)?.causes ?? [];
    expect(causes.map(({ service }) => service)).toContain(key('payment'));
    expect(JSON.stringify(causes)).not.toContain('new-version');
  });

  test('still says so after a restart that reads only what came since it began', () => {
    const traces = released(tracesOf(slowPayment, { faultMsLong: 60_000 }), faultMs - 20_000);
    const collector = new Collector(1, config.verdictPatienceMs);
    for (const { stats, verdicts, recordTimeMs } of detect(traces, reference)) {
      for (const verdict of verdicts) collector.addVerdict(verdict, recordTimeMs);
      collector.addStats(stats, recordTimeMs);
    }
    const windows = collector.takeReady();
    const before = new TenantAnalysis('default', config);
    const [opened] = windows.flatMap((window) => before.apply(window, reference, 0));
    expect(opened?.causes[0]?.evidence.map(({ kind }) => kind)).toContain('new-version');
    if (opened === undefined) throw new Error('an incident was published');

    const after = new TenantAnalysis('default', config);
    after.restore(opened);
    for (const window of windows) if (window.startMs >= faultMs) after.apply(window, reference, 0);
    const [restored] = after.openIncidents;
    const evidence = restored?.incident(2, 0).causes[0]?.evidence ?? [];
    const told = opened.causes[0]?.evidence.filter(({ kind }) => kind === 'new-version');
    expect(evidence.filter(({ kind }) => kind === 'new-version')).toEqual(told);
    expect(evidence[0]?.spans).toBeGreaterThan(opened.causes[0]?.evidence[0]?.spans ?? Infinity);
  });

  test('is the same from one partition or four', () => {
    const traces = released(tracesOf(slowPayment), faultMs - 20_000);
    expect(analyse(traces, { reference, partitions: 4 })).toEqual(analyse(traces, { reference }));
  });
});

test('a release after which nothing differs opens no incident, and is learnt', () => {
  const quiet = released(tracesOf(undefined, { toMs: startMs + 120_000 }), startMs + 60_000);
  expect(analyse(quiet, { reference })).toEqual([]);
  const { profile } = learn(released(otherDay, startMs - 86_340_000));
  expect([...(profile.services.get(key('payment'))?.labels.get('version')?.keys() ?? [])].sort()).toEqual([
    '1.4.1',
    '1.4.2',
  ]);
});

describe('an incident of one pod', () => {
  /** Payment on three pods; a fault that hits one of them, told from traces with it and without. */
  const pod = ({ index }: SimulatedTrace) => `payment-${index % 3}`;
  const onPods = (traces: readonly SimulatedTrace[]) =>
    labelled(traces, (service, trace) =>
      service === 'payment' ? { resource: { 'k8s.pod.name': pod(trace), 'k8s.node.name': 'n1' } } : {},
    );
  const options = { faultMsLong: 60_000, rate: () => 20 };
  const slow = onPods(tracesOf(slowPayment, options));

  test('says which, and of how many', () => {
    const fine = new Map(onPods(tracesOf(undefined, options)).map((trace) => [trace.index, trace]));
    const mixed = slow.map((trace) => (pod(trace) === 'payment-2' ? trace : (fine.get(trace.index) ?? trace)));
    const evidence = evidenceOf(analyse(mixed, { reference }));
    const [told] = evidence.filter(({ kind }) => kind === 'one-pod');
    expect(told?.sentence).toMatch(
      /^(All|\d\d %) of the slow requests of payment are on pod payment-2, 1 of 3, which has 3\d % of its requests \(\d+ slow\)\.$/,
    );
    expect(evidence[0]?.kind).toBe('self-time');
  });

  test('says nothing of pods when all are slow', () => {
    const kinds = evidenceOf(analyse(slow, { reference })).map(({ kind }) => kind);
    expect(kinds).toContain('self-time');
    expect(kinds.filter((kind) => kind.startsWith('one-'))).toEqual([]);
  });
});

describe('sampling', () => {
  const notSeen = (weight: (index: number) => number) => {
    const traces = labelled(tracesOf(slowPayment), (_service, { index }) => ({ weight: weight(index) }));
    return analyse(traces, { reference }).at(-1)?.notSeen ?? [];
  };

  test('that is uneven is told, with how many even requests it is as good as', () => {
    const told = notSeen((index) => (index % 10 === 0 ? 100 : 1)).find((sentence) => /sampled/.test(sentence));
    const [, seen = '', even = ''] =
      /^Requests are sampled unevenly: ([\d,]+) were seen, as good as ([\d,]+) even ones$/.exec(told ?? '') ?? [];
    // Kish: (9·1 + 100)²/(9·1 + 100²) of ten.
    expect(Number(even) / Number(seen)).toBeGreaterThan(0.08);
    expect(Number(even) / Number(seen)).toBeLessThan(0.17);
  });

  test('that is even is not, however few it leaves', () => {
    expect(notSeen(() => 1).filter((sentence) => /sampled/.test(sentence))).toEqual([]);
    expect(notSeen(() => 1000).filter((sentence) => /sampled/.test(sentence))).toEqual([]);
    expect(notSeen((index) => 1 + (index % 2) / 4).filter((sentence) => /sampled/.test(sentence))).toEqual([]);
  });
});
