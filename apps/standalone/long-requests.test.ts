import { AnomalyDetection, BundleSource, detectionConfig } from '@plumbline/anomaly-detection';
import { topics } from '@plumbline/contracts';
import { Preprocessing, preprocessingConfig } from '@plumbline/preprocessing';
import { decodeWindowStats, WindowCollector, type ClosedWindow } from '@plumbline/wire';
import { EmbeddedLog, ManualClock, MemoryObjectStore, runToIdle, stepStage, tickToIdle } from '@plumbline/worker';
import { otlpRequest, testEpochMs, type SpanToSend } from '../preprocessing/testing';
import { embeddedTopics } from './topics';

/** A span whose record is taken `delaySeconds` after its end; times are seconds after the epoch of tests. */
interface Sent {
  readonly span: SpanToSend;
  readonly atSeconds: number;
}

function ended(endSeconds: number, seconds: number, span: Omit<SpanToSend, 'startMs' | 'durationMs'>): Sent {
  const startMs = testEpochMs + (endSeconds - seconds) * 1000;
  return { span: { ...span, startMs, durationMs: seconds * 1000 }, atSeconds: endSeconds + 2 };
}

/** Windows as root cause and the learner join them, with the second at which each closed. */
async function windowsOf(sent: readonly Sent[], throughSeconds: number) {
  const clock = new ManualClock(testEpochMs);
  const log = await EmbeddedLog.open({ clock, topics: embeddedTopics(1) });
  const detection = new AnomalyDetection({
    config: detectionConfig({}),
    bundles: new BundleSource(new MemoryObjectStore('ml-models'), { pollMs: 1000 }),
    anomalies: new MemoryObjectStore('anomaly-data'),
  });
  const stages = [new Preprocessing({ config: preprocessingConfig({}) }), detection].map((stage) =>
    stepStage(stage, log, { clock }),
  );
  const collector = new WindowCollector(1);
  const closed: (ClosedWindow & { readonly atSeconds: number })[] = [];
  let read = 0;
  for (let second = 0; second <= throughSeconds; second += 1) {
    clock.advanceTo(testEpochMs + second * 1000);
    const due = sent.filter(({ atSeconds }) => Math.ceil(atSeconds) === second);
    await log.produce([
      { topic: topics.traces.name, partition: 0, key: null, value: otlpRequest(due.map(({ span }) => span)) },
    ]);
    await runToIdle(stages);
    await tickToIdle(stages);
    await log.readAll(topics.windowStats.name, ({ offset, value }) => {
      if (offset < read || value === null) return;
      read = offset + 1;
      collector.add(decodeWindowStats(value));
      closed.push(...collector.takeClosed().map((window) => ({ ...window, atSeconds: second })));
    });
  }
  await log.close();
  return { collector, closed };
}

/** Spans of an operation that were counted, by the second at which their window had closed. */
function countedAt(closed: readonly (ClosedWindow & { readonly atSeconds: number })[], operation: string) {
  return closed.flatMap(({ atSeconds, stats }) =>
    [...stats.operations.values()]
      .filter((row) => row.operation === operation && row.all.count > 0)
      .map((row) => ({ atSeconds, count: row.all.count })),
  );
}

const normal = Array.from({ length: 240 }, (_, i) =>
  ended(i, 0.05, { trace: `a${i.toString(16)}`, id: '1', service: 'shop', name: 'GET /normal', kind: 2 }),
);

jest.setTimeout(60_000);

describe('a request that takes long', () => {
  test.each([5, 20, 30, 60, 90, 119, 121, 180])(
    '%d s is in a window that closes soon after its end',
    async (seconds) => {
      const trace = { trace: 'b1', service: 'shop', kind: 2 };
      const slow = [
        ended(200, seconds, { ...trace, id: '1', name: 'GET /slow' }),
        ended(200, seconds - 1, { ...trace, id: '2', parent: '1', name: 'GET /inner', service: 'stock' }),
      ];
      const { collector, closed } = await windowsOf([...normal, ...slow], 235);
      expect(collector.late).toBe(0);
      for (const operation of ['GET /slow', 'GET /inner']) {
        const counted = countedAt(closed, operation);
        expect(counted.map(({ count }) => count)).toEqual([1]);
        expect(counted[0]?.atSeconds).toBeGreaterThan(200);
        expect(counted[0]?.atSeconds).toBeLessThanOrEqual(225);
      }
    },
  );

  test.each([
    ['while they could still be merged', 40],
    ['after they were forgotten', 90],
  ])('is counted at its end when its calls were emitted long before, %s', async (_, seconds) => {
    const trace = { trace: 'b1', service: 'shop', kind: 2 };
    const slow = [
      ended(100 + seconds, seconds, { ...trace, id: '1', name: 'GET /slow' }),
      ended(102, 1, { ...trace, id: '2', parent: '1', name: 'GET /early', service: 'stock' }),
    ];
    const { collector, closed } = await windowsOf([...normal, ...slow], 235);
    expect(collector.late).toBe(0);
    const [counted] = countedAt(closed, 'GET /slow');
    expect(counted?.count).toBe(1);
    expect(counted?.atSeconds).toBeLessThanOrEqual(100 + seconds + 25);
  });
});
