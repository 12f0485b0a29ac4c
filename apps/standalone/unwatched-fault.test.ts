import { topics } from '@plumbline/contracts';
import {
  decodeBundle,
  decodeIncident,
  encodeTraceBatch,
  headers,
  operationKey,
  quantile,
  type Bundle,
} from '@plumbline/wire';
import { traceBatchFrom } from '@plumbline/wire/testing';
import { EmbeddedLog, ManualClock, runToIdle, stepStage, tickToIdle } from '@plumbline/worker';
import { pino } from 'pino';
import { shopTraces } from '../anomaly-detection/testing';
import { presets } from './preset';
import { createStages } from './stages';
import { openStores } from './stores';
import { embeddedTopics } from './topics';

const startMs = 1_700_000_000_000;
const minute = 60_000;
/** Payment is slow for ten minutes, after three good ones; four good ones follow. */
const faultMs = startMs + 3 * minute;
const goodAgainMs = faultMs + 10 * minute;
const endMs = goodAgainMs + 4 * minute;
const perSecond = 5;
const lagMs = 2000;

const traces = [
  ...shopTraces(1, 180 * perSecond, startMs, perSecond),
  ...shopTraces(2, 600 * perSecond, faultMs, perSecond, { slow: { service: 'payment', factor: 10 } }),
  ...shopTraces(3, 240 * perSecond, goodAgainMs, perSecond),
];

/** Runs all stages on it, a second of event time at a time, with root cause out of order for as long as payment is slow. */
async function run() {
  const clock = new ManualClock(startMs);
  const log = await EmbeddedLog.open({ clock, topics: embeddedTopics(1) });
  const stores = await openStores(undefined);
  const settings = { ...presets.laptop, LEARN_INTERVAL_SECONDS: '60', BUNDLE_POLL_SECONDS: '0.5' };
  const { stages } = createStages({ stream: log, stores, settings, clock, log: pino({ level: 'silent' }) });
  const stepped = stages
    .filter(({ name }) => name !== 'preprocessing')
    .map((stage) => stepStage(stage, log, { clock }));
  let next = 0;
  for (let now = startMs + 1000; now <= endMs; now += 1000) {
    const from = next;
    while ((traces[next]?.eventTimeMs ?? Infinity) < now) next += 1;
    clock.advanceTo(now);
    await log.produce([
      {
        topic: topics.tracesPreprocessed.name,
        partition: 0,
        key: null,
        value: encodeTraceBatch(traceBatchFrom(traces.slice(from, next))),
        headers: { [headers.watermark]: String(now - lagMs) },
      },
    ]);
    const running = stepped.filter(({ name }) => name !== 'root-cause' || now < faultMs || now >= goodAgainMs);
    await runToIdle(running);
    await tickToIdle(running);
  }
  const bundles: Bundle[] = [];
  for await (const key of stores.models.list('profile/version_')) {
    bundles.push(decodeBundle((await stores.models.get(key)) ?? new Uint8Array()));
  }
  const services = new Set<string>();
  await log.readAll(topics.incidents.name, ({ value }) => {
    if (value !== null) for (const { service } of decodeIncident(value).causes) services.add(service);
  });
  for (const stage of stepped) await stage.stop();
  await log.close();
  await stores.close();
  return { bundles: bundles.sort((a, b) => (a.version < b.version ? -1 : 1)), services };
}

const charge = operationKey('default///payment', 'POST /charge', 2, true);
const late = (bundle: Bundle | undefined) =>
  quantile(bundle?.profile.operations.get(charge)?.all.self ?? new Map(), 0.9);

jest.setTimeout(120_000);

test('a fault that nobody watched is not learnt, and what came after it is', async () => {
  const { bundles, services } = await run();
  expect([...services]).toContain('default///payment');
  const before = bundles.filter(({ learnt }) => learnt.throughMs <= faultMs);
  const after = bundles.filter(({ learnt }) => learnt.throughMs > goodAgainMs);
  expect(before.length).toBeGreaterThan(0);
  expect(after.length).toBeGreaterThan(0);
  // Slow payment takes 200 ms and not 20 ms.
  for (const bundle of bundles) expect(late(bundle)).toBeLessThan(50);
  expect(late(bundles[0])).toBeGreaterThan(20);
});
