import { metric, ServingBench } from '../serving/testing';
import { shopTraces, type Fault } from '../../anomaly-detection/testing';
import { record, start } from '../../anomaly-detection/testing-stage';
import { shopModels } from '../testing-version';
import { DriftMonitor } from './drift-monitor';
import type { DriftReport } from './drift-report';
import { driftConfig } from './settings';

const shop = shopModels();
/** Thirty traces a second for twenty seconds: a stretch. */
const [traces, perSecond, stretchMs] = [600, 30, 20_000];

/** What detection writes of traffic stretch by stretch, judged beside a champion that is watched. */
async function served(fault: (stretch: number) => Fault | undefined, stretches = 5) {
  const serving = new ServingBench(shop);
  await serving.approve(await serving.add(1), start);
  const reports: DriftReport[] = [];
  const observer = new DriftMonitor({ stretchMs, graceMs: 1000, onReport: (report) => reports.push(report) });
  const worker = await serving.worker({ observer });
  const told: number[] = [];
  for (let stretch = 0; stretch < stretches; stretch += 1) {
    const fromMs = start + stretch * stretchMs;
    const drawn = shopTraces(60 + stretch, traces, fromMs, perSecond, fault(stretch));
    const { order } = await worker.bench.run(record(stretch + 1, drawn, fromMs));
    if (order.includes('model-events')) told.push(stretch);
  }
  return { told, reports, scored: await metric(worker, 'plumbline_learned_traces_total') };
}

test('traffic as a version was trained with does not drift, by features and by each score', async () => {
  const { told, reports, scored } = await served(() => undefined);
  expect(told).toEqual([]);
  expect(scored).toBe(5 * traces);
  expect(reports.map((report) => report.traces)).toEqual([traces, traces, traces, traces]);
  const watched = new Set(reports[0]?.drifts.flatMap(({ kind, name }) => (kind === 'score' ? [name] : [])));
  expect([...watched].sort()).toEqual(['autoencoder', 'isolation-forest', 'paths', 'profile']);
  expect(reports.flatMap(({ drifts }) => drifts.filter((each) => each.drifts))).toEqual([]);
});

test('a service that got slower for good does, and detection tells of it', async () => {
  const slow = { slow: { service: 'payment', factor: 2 } };
  const { told, reports } = await served((stretch) => (stretch < 1 ? undefined : slow));
  // Of the second and third stretch, when the fourth is read.
  expect(told).toEqual([3]);
  const drifting = reports[2]?.drifts.filter(({ drifts }) => drifts) ?? [];
  expect(drifting.map(({ name }) => name)).toEqual(expect.arrayContaining([expect.stringMatching(/^own .*payment$/)]));
});

test('its settings are read, and told by name when they cannot be', () => {
  expect(driftConfig({ DRIFT_STRETCH_SECONDS: '86400' })).toEqual({ stretchMs: 86_400_000, leastTraces: 500 });
  expect(() => driftConfig({ DRIFT_MIN_TRACES: '5' })).toThrow(/DRIFT_MIN_TRACES/);
});
