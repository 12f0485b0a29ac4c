import { topics } from '@plumbline/contracts';
import {
  decodeVerdict,
  encodeAnalysisProgress,
  encodeTraceBatch,
  headers,
  type Bundle,
  type Verdict,
} from '@plumbline/wire';
import { traceBatchFrom, type PlainTrace } from '@plumbline/wire/testing';
import { EmbeddedLog, ManualClock, MemoryObjectStore, runToIdle, stepStage, tickToIdle } from '@plumbline/worker';
import { AnomalyDetection } from '../anomaly-detection/stage';
import { BundleSource } from '../anomaly-detection/bundle-source';
import { detectionConfig } from '../anomaly-detection/config';
import { shopTraces } from '../anomaly-detection/testing';
import { Training } from './stage';
import { laptop, looked, start } from './testing';

const lagMs = 2000;

interface Outcome {
  readonly verdicts: readonly Verdict[];
  readonly bundles: readonly Bundle[];
}

/** Detection and the learner over one log, fed a second of event time at a time as preprocessing would. */
async function run(traces: readonly PlainTrace[], partitions: number): Promise<Outcome> {
  const clock = new ManualClock(start);
  const source = { partitions };
  const log = await EmbeddedLog.open({
    clock,
    topics: Object.values(topics).map(({ name, partitioning }) => ({
      name,
      partitions: partitioning === 'source' ? source.partitions : 1,
    })),
  });
  const models = new MemoryObjectStore('ml-models');
  const bundles = new BundleSource(models, { pollMs: 2000 });
  const config = detectionConfig({ WINDOW_SECONDS: '5' });
  const detection = new AnomalyDetection({ config, bundles, anomalies: new MemoryObjectStore('anomaly-data') });
  const made: Bundle[] = [];
  const training = new Training({ config: laptop, models, stream: log, onPublished: (_, bundle) => made.push(bundle) });
  const stages = [stepStage(detection, log, { clock }), stepStage(training, log, { clock })];
  await runToIdle(stages);

  const last = Math.max(...traces.map(({ eventTimeMs = 0 }) => eventTimeMs));
  for (let now = start + 1000; now <= last + 1000; now += 1000) {
    const due = traces.filter(({ eventTimeMs = 0 }) => eventTimeMs >= now - 1000 && eventTimeMs < now);
    clock.advanceTo(now);
    await log.produce(
      Array.from({ length: partitions }, (_, partition) => ({
        topic: topics.tracesPreprocessed.name,
        partition,
        key: null,
        value: encodeTraceBatch(traceBatchFrom(due.filter((_, i) => i % partitions === partition))),
        headers: { [headers.watermark]: String(now - lagMs) },
      })),
    );
    // Root cause is not here, and would find nothing before it is too late to be learnt.
    const value = encodeAnalysisProgress(looked(now - lagMs));
    await log.produce([{ topic: topics.analysisProgress.name, key: 'default', value }]);
    await runToIdle(stages);
    await tickToIdle(stages);
  }
  const verdicts: Verdict[] = [];
  await log.readAll(topics.anomalies.name, ({ value }) => {
    if (value !== null) verdicts.push(decodeVerdict(value));
  });
  for (const stage of stages) await stage.stop();
  await log.close();
  return { verdicts, bundles: made };
}

const seconds = (n: number) => n * 1000;
const faultAt = start + seconds(75);
const traffic = [
  ...shopTraces(11, 75 * 15, start, 15),
  ...shopTraces(12, 15 * 15, faultAt, 15, { slow: { service: 'payment', factor: 10 } }),
];

describe('learning while judging', () => {
  let single: Outcome;
  beforeAll(async () => {
    single = await run(traffic, 1);
  });

  test('judges after half a minute of traffic, and nothing before', () => {
    const [first] = single.bundles;
    expect(first?.effectiveFromMs).toBeLessThanOrEqual(start + seconds(40));
    expect(single.verdicts.filter(({ eventTimeMs }) => eventTimeMs < (first?.effectiveFromMs ?? 0))).toEqual([]);
  });

  test('is quiet in normal traffic, and names the service that got slow', () => {
    const calm = single.verdicts.filter(({ eventTimeMs }) => eventTimeMs < faultAt);
    expect(calm.length).toBeLessThan(8);
    const found = single.verdicts.filter(({ eventTimeMs }) => eventTimeMs >= faultAt);
    expect(found.length).toBeGreaterThan(100);
    const named = found.filter(({ findings }) => findings[0]?.service === 'default///payment');
    expect(named.length).toBeGreaterThan(0.95 * found.length);
  });

  test('comes to the same on four partitions: the same profiles, the same verdicts', async () => {
    const four = await run(traffic, 4);
    expect(four.bundles.map(({ learnt, effectiveFromMs }) => ({ learnt, effectiveFromMs }))).toEqual(
      single.bundles.map(({ learnt, effectiveFromMs }) => ({ learnt, effectiveFromMs })),
    );
    expect(four.bundles.map(({ profile }) => profile)).toEqual(single.bundles.map(({ profile }) => profile));
    const plain = ({ verdicts }: Outcome) =>
      verdicts
        .map(({ traceId, score, findings }) => ({ traceId, score, findings }))
        .sort((a, b) => (a.traceId < b.traceId ? -1 : 1));
    expect(plain(four)).toEqual(plain(single));
  });
});
