import { AnomalyDetection, BundleSource, detectionConfig } from '@plumbline/anomaly-detection';
import { topics } from '@plumbline/contracts';
import { Preprocessing, preprocessingConfig } from '@plumbline/preprocessing';
import { decodeWindowStats, WindowCollector } from '@plumbline/wire';
import {
  EmbeddedLog,
  ManualClock,
  MemoryObjectStore,
  runToIdle,
  stepStage,
  StreamError,
  tickToIdle,
  type SteppedStage,
} from '@plumbline/worker';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import { otlpRequest, testEpochMs, type SpanToSend } from '../preprocessing/testing';
import { embeddedTopics } from './topics';

const partitions = 2;
/** So short that a few seconds are long. */
const settings = {
  COMPLETE_AFTER_SECONDS: '1',
  INCOMPLETE_AFTER_SECONDS: '3',
  AT_LATEST_AFTER_SECONDS: '10',
  MERGEABLE_FOR_SECONDS: '6',
  WATERMARK_LAG_SECONDS: '4',
  MAX_OPEN_SPANS: '12',
};

/** One second of a partition's life. */
interface Second {
  /** Spans that are appended: of which trace of its time, and whether their parent never comes. */
  readonly spans: readonly { readonly trace: number; readonly orphan: boolean }[];
  /** How long ago that was when they can be read, seconds: a broker was away. */
  readonly outage: number;
  /** Preprocessing is killed: before it has read them, or when it has written so many records. */
  readonly kill: 'not' | 'idle' | number;
}

/** A worker that can be killed: it commits nothing any more. */
class Mortal {
  private readonly stage: SteppedStage;
  private dead = false;
  private mayWrite = Infinity;

  constructor(log: EmbeddedLog, clock: ManualClock, recalls: boolean) {
    const mortal = Object.create(log) as EmbeddedLog;
    mortal.attach = (...of) => {
      const consumer = log.attach(...of);
      const commit = consumer.commit.bind(consumer);
      consumer.commit = (positions) => (this.dead ? Promise.resolve() : commit(positions));
      return consumer;
    };
    mortal.produce = async (records) => {
      await log.produce(records.slice(0, this.mayWrite));
      if (records.length > this.mayWrite) throw new StreamError('PLUMBLINE_STREAM_REFUSED', 'killed');
      this.mayWrite -= records.length;
    };
    const config = preprocessingConfig(settings);
    const stage = new Preprocessing(recalls ? { config, stream: log } : { config });
    this.stage = stepStage(stage, mortal, { clock });
  }

  /** @returns `false` when it was killed while it did */
  async live(): Promise<boolean> {
    try {
      await runToIdle([this.stage]);
      await tickToIdle([this.stage]);
      return true;
    } catch (error) {
      if (error instanceof StreamError && error.message === 'killed') return false;
      throw error;
    }
  }

  dieAfter(records: number): void {
    this.mayWrite = records;
  }

  async die(): Promise<void> {
    this.dead = true;
    await this.stage.stop();
  }
}

/** Spans that were sent, counted in closed windows, and said to be late. */
async function live(
  seconds: readonly Second[],
  { recalls = true, traceSeconds = 10 }: { readonly recalls?: boolean; readonly traceSeconds?: number } = {},
) {
  const clock = new ManualClock(testEpochMs);
  const log = await EmbeddedLog.open({ clock, topics: embeddedTopics(partitions) });
  const registry = new Registry();
  const detection = stepStage(
    new AnomalyDetection({
      config: detectionConfig({ WINDOW_SECONDS: '5' }),
      bundles: new BundleSource(new MemoryObjectStore('ml-models'), { pollMs: 1000 }),
      anomalies: new MemoryObjectStore('anomaly-data'),
      registry,
    }),
    log,
    { clock },
  );
  let preprocessing = new Mortal(log, clock, recalls);
  const reborn = async (): Promise<void> => {
    await preprocessing.die();
    preprocessing = new Mortal(log, clock, recalls);
  };
  let sent = 0;
  const newestMs = Array.from({ length: partitions }, () => 0);
  for (let second = 0; second < seconds.length + 60; second += 1) {
    clock.advanceTo(testEpochMs + second * 1000);
    const { spans, outage, kill } = seconds[second] ?? { spans: [], outage: 0, kill: 'not' };
    if (kill === 'idle') await reborn();
    for (const { trace, orphan } of spans) {
      sent += 1;
      const partition = trace % partitions;
      // Append times do not fall.
      newestMs[partition] = Math.max(newestMs[partition] ?? 0, clock.now() - outage * 1000);
      const span: SpanToSend = {
        trace: `${Math.floor(second / traceSeconds) + 1}${trace}`,
        id: sent.toString(16),
        // Told apart in the statistics, so that none counts for another that is lost.
        service: `s${sent}`,
        startMs: clock.now(),
        ...(orphan && { parent: 'ffff' }),
      };
      const [value, timestampMs] = [otlpRequest([span]), newestMs[partition]];
      await log.produce([{ topic: topics.traces.name, partition, key: null, value, timestampMs }]);
    }
    if (typeof kill === 'number') preprocessing.dieAfter(kill);
    if (!(await preprocessing.live())) {
      await reborn();
      await preprocessing.live();
    }
    preprocessing.dieAfter(Infinity);
    await runToIdle([detection]);
    await tickToIdle([detection]);
  }
  const collector = new WindowCollector(partitions);
  await log.readAll(topics.windowStats.name, ({ value }) => {
    if (value !== null) collector.add(decodeWindowStats(value));
  });
  const counts = new Map<string, number>();
  for (const { stats } of collector.takeClosed())
    for (const { service, all } of stats.operations.values())
      counts.set(service, (counts.get(service) ?? 0) + all.count);
  const counted = [...counts.values()].filter((count) => count === 1).length;
  const miscounted = [...counts.values()].filter((count) => count !== 0 && count !== 1).length;
  const metric = await registry.getSingleMetric('plumbline_detection_late_spans_total')?.get();
  await log.close();
  return { sent, counted, miscounted, late: metric?.values[0]?.value ?? 0, closedTooEarly: collector.late };
}

const seconds = fc.array(
  fc.record<Second>({
    spans: fc.array(fc.record({ trace: fc.nat(5), orphan: fc.boolean() }), { maxLength: 4 }),
    outage: fc.nat(5),
    kill: fc.oneof(
      { weight: 8, arbitrary: fc.constant<'not'>('not') },
      { weight: 1, arbitrary: fc.constant<'idle'>('idle') },
      { weight: 1, arbitrary: fc.nat(3) },
    ),
  }),
  { minLength: 10, maxLength: 60 },
);

jest.setTimeout(120_000);
/** Looking for the smallest counterexample ends before the test does. */
const runs = { numRuns: 20, interruptAfterTimeLimit: 100_000 };

describe('Preprocessing that is killed again and again', () => {
  it('has every span counted once whose trace could be read back', async () => {
    await fc.assert(
      fc.asyncProperty(seconds, async (all) => {
        const { sent, ...rest } = await live(all);
        expect(rest).toEqual({ counted: sent, miscounted: 0, late: 0, closedTooEarly: 0 });
      }),
      runs,
    );
  });

  it('has those said to be late that come long after their trace, in no other way lost and none counted twice', async () => {
    await fc.assert(
      fc.asyncProperty(seconds, async (all) => {
        const { sent, counted, miscounted, late, closedTooEarly } = await live(all, { traceSeconds: 1000 });
        expect(miscounted).toBe(0);
        expect(counted + late).toBeGreaterThanOrEqual(sent);
        expect(closedTooEarly).toBe(0);
      }),
      runs,
    );
  });
});

describe('A trace that is forgotten and comes again, twice', () => {
  const quiet: Second = { spans: [], outage: 0, kill: 'not' };
  const pause = Array.from({ length: 12 }, () => quiet);
  const one: Second = { ...quiet, spans: [{ trace: 0, orphan: false }] };

  it('has all of it counted, each part in a window of its own', async () => {
    const counted = await live([one, ...pause, one, ...pause, one], { traceSeconds: 1000 });
    expect(counted).toEqual({ sent: 3, counted: 3, miscounted: 0, late: 0, closedTooEarly: 0 });
  });

  it('has so, too, when it gives way to others, and two restarts read less of it again each time', async () => {
    const spans = (...traces: readonly number[]) => traces.map((trace) => ({ trace, orphan: false }));
    const counted = await live([
      { ...quiet, spans: spans(4, 0) },
      { ...quiet, spans: spans(4, 0) },
      { ...quiet, spans: spans(0) },
      { ...quiet, spans: spans(0, 0) },
      { ...quiet, spans: spans(0, 0, 0, 0) },
      { ...quiet, spans: spans(0) },
      { ...quiet, spans: [{ trace: 4, orphan: true }, ...spans(0)] },
      { ...quiet, spans: spans(4), kill: 'idle' },
      { ...quiet, kill: 'idle' },
    ]);
    expect(counted).toEqual({ sent: 15, counted: 15, miscounted: 0, late: 0, closedTooEarly: 0 });
  });
});

describe('A trace of which one span was put out since time had passed while a broker was away', () => {
  const one = { orphan: true, trace: 0 };
  const quiet: Second = { spans: [], outage: 0, kill: 'not' };
  const story: readonly Second[] = [
    { ...quiet, spans: [one] },
    ...Array.from({ length: 4 }, () => quiet),
    // Appended two seconds after the first, and read when that was put out already.
    { ...quiet, spans: [one], outage: 3, kill: 'idle' },
  ];

  it('is counted whole after a restart', async () => {
    expect(await live(story)).toEqual({ sent: 2, counted: 2, miscounted: 0, late: 0, closedTooEarly: 0 });
  });

  it('lacks the other when what was put out is not read back, which is said', async () => {
    expect(await live(story, { recalls: false })).toMatchObject({ sent: 2, counted: 1, late: 2 });
  });
});
