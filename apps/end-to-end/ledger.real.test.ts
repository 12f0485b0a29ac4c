import { consumerGroups, topics } from '@plumbline/contracts';
import { defaultRetryPolicy, retryTransient, type EventStream } from '@plumbline/worker';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBackbone, type Backbone } from './backbone';
import { Cluster } from './cluster';
import { eventually } from './eventually';
import { Load } from './load';
import { Random } from './random';
import { countedSpans, statistics, type Statistics } from './statistics';
import { storedObjects, type StoredObject } from './stored-traces';
import { committedOffsets, recordsOf, type ReadRecord } from './topics';
import { orderTrace, type SentTrace, spanIdsOf } from './traces';
import { stopAll, WorkerProcess } from './workers';

const brokers = 3;
const before = 3;
const grown = 5;
/** Windows are five seconds long, and incomplete traces wait for as long: by then everything was said. */
const settledAfterMs = 14_000;
const maxSpans = 40;
const mergeableForMs = 30_000;

/*
 * Everything that was acknowledged is, in the end, in the statistics once, or in one counter of losses that says why. The traffic
 * goes on while leaders move, brokers and workers die and the object store is away; then topics grow, are made anew and lose records.
 */
describe('Of the spans that three brokers acknowledged', () => {
  const random = new Random();
  let backbone: Backbone;
  let cluster: Cluster;
  let preprocessing: WorkerProcess;
  let detection: WorkerProcess;
  let settled: Statistics;
  let objects: readonly StoredObject[];
  const loads: Load[] = [];
  const lost = { records: [] as ReadRecord[], spans: new Set<string>(), truncated: 0 };
  const told = { lostRecords: 0, truncated: 0, late: 0 };
  let long: SentTrace[] = [];
  /** When the broker took each span first. */
  const appendedMs = new Map<string, number>();
  let tardy = new Set<string>();

  beforeAll(async () => {
    console.info(`PLUMBLINE_SEED=${random.seed}`);
    backbone = await startBackbone(before, brokers);
    cluster = new Cluster(backbone.kafka);
    const environment = {
      ...backbone.environment,
      KAFKA_SESSION_TIMEOUT_SECONDS: '6',
      LOG_LEVEL: 'warn',
      WINDOW_SECONDS: '5',
      WATERMARK_LAG_SECONDS: '3',
      INCOMPLETE_AFTER_SECONDS: '5',
      MERGEABLE_FOR_SECONDS: String(mergeableForMs / 1000),
      MAX_SPANS_PER_TRACE: String(maxSpans),
      TRACE_SCORE_THRESHOLD: '0',
      OBJECTS_PER_MINUTE: '1000000',
    };
    [preprocessing, detection] = await Promise.all([
      WorkerProcess.start('preprocessing', environment),
      WorkerProcess.start('anomaly-detection', { ...environment, REMEMBER_SECONDS: '150' }),
    ]);

    await underLoad(before, disturb);
    await settle(before);
    await noteTimes();
    await killWhenAllIsCommitted();
    await underLoad(before, loseRecords);
    await settle(before);
    await cluster.grow(topics.tracesPreprocessed.name, grown);
    await cluster.grow(topics.traces.name, grown);
    await restart(preprocessing, detection);
    await underLoad(grown, () => sleep(5_000));
    await settle(grown);
    await cluster.remake(topics.tracesPreprocessed.name, grown);
    await revive();
    await underLoad(grown, async () => {
      await sendLongTraces();
      await sleep(5_000);
    });
    settled = await settle(grown);
    await noteLate();
    told.truncated = await preprocessing.metric('plumbline_preprocessing_truncated_spans_total');
    lost.spans = await onlyIn(lost.records);
    await noteTimes();
    tardy = tardyTraces();
    console.info(`${tardy.size} traces came in parts that were too far apart to be merged`);
    objects = await storedObjects(backbone.objects);
  }, 900_000);
  afterAll(async () => {
    await stopAll([preprocessing, detection]);
    await backbone.stop();
  });

  /** Repeats what the brokers do not acknowledge; an id that comes twice counts once. */
  function patient(): Pick<EventStream, 'produce'> {
    return {
      produce: (records) =>
        retryTransient(
          () => backbone.stream.produce(records),
          defaultRetryPolicy,
          () => true,
        ),
    };
  }

  async function underLoad(partitions: number, meanwhile: () => Promise<void>): Promise<void> {
    const load = new Load({ stream: patient(), partitions, random, tracesPerSecond: 15, untidy: true });
    loads.push(load);
    load.start();
    try {
      await meanwhile();
    } finally {
      await load.stop();
    }
  }

  async function disturb(): Promise<void> {
    const down = (): Promise<void> => sleep(random.between(500, 6_000));
    const broker = async (): Promise<void> => {
      await cluster.killBroker(random.integer(brokers), down);
      await cluster.inSync();
    };
    const worker = (each: WorkerProcess) => async (): Promise<void> => {
      if (each === detection) await noteLate();
      await each.kill();
      await down();
      await each.restart();
    };
    const store = async (meanwhile: () => Promise<void>): Promise<void> => {
      await backbone.s3.kill();
      await meanwhile();
      await backbone.s3.restart();
    };
    const both = (one: () => Promise<void>, other: () => Promise<void>) => async (): Promise<void> => {
      await Promise.all([one(), other()]);
    };
    const disturbances = [
      broker,
      broker,
      broker,
      worker(preprocessing),
      worker(detection),
      () => store(down),
      () => store(worker(detection)),
      both(broker, worker(preprocessing)),
      both(broker, worker(detection)),
    ];
    while (disturbances.length > 0) {
      const [next] = disturbances.splice(random.integer(disturbances.length), 1);
      await sleep(random.between(500, 4_000));
      await next?.();
    }
  }

  /** Retention passes preprocessing while it is down. */
  async function loseRecords(): Promise<void> {
    const unread = await eventually('records that nobody has read', async () => {
      const records = (await recordsOf(backbone.stream, topics.traces.name)).filter(({ partition }) => partition === 0);
      const [from = 0] = await committedOffsets(backbone.kafka, consumerGroups.preprocessing, topics.traces.name);
      const after = records.filter(({ offset }) => offset >= from);
      return after.length >= 40 ? after.slice(0, 20) : undefined;
    });
    lost.records.push(...unread);
    await cluster.deleteRecords(topics.traces.name, 0, (unread.at(-1)?.offset ?? 0) + 1);
    await preprocessing.restart();
    told.lostRecords = await eventually('the loss to be counted', async () => {
      const count = await preprocessing.metric('plumbline_worker_lost_offsets_total');
      return count > 0 ? count : undefined;
    });
  }

  /** Nothing of what was read is needed any more: a restart begins with what comes next. */
  async function killWhenAllIsCommitted(): Promise<void> {
    await eventually('commits up to the end', async () => {
      const records = await recordsOf(backbone.stream, topics.traces.name);
      const committed = await committedOffsets(backbone.kafka, consumerGroups.preprocessing, topics.traces.name);
      return records.every(({ partition, offset }) => offset < (committed[partition] ?? -1)) ? true : undefined;
    });
    await preprocessing.kill();
  }

  async function sendLongTraces(): Promise<void> {
    long = Array.from({ length: 6 }, (_, i) => longTrace(maxSpans + 5 * i));
    lost.truncated = long.reduce((sum, trace) => sum + trace.length - maxSpans, 0);
    for (const trace of long) await loads.at(-1)?.send(trace);
  }

  function longTrace(spans: number): SentTrace {
    const [root] = orderTrace(random, { startMs: Date.now() });
    const child = () => ({ ...root, spanId: random.bytes(8).toString('hex'), parentSpanId: root.spanId, name: 'step' });
    return [root, ...Array.from({ length: spans - 1 }, child)];
  }

  async function restart(...workers: readonly WorkerProcess[]): Promise<void> {
    await noteLate();
    for (const worker of workers) {
      await worker.stop();
      await worker.restart();
    }
  }

  /** What ended because a topic went away is started again, as a cluster does. */
  async function revive(): Promise<void> {
    for (const worker of [preprocessing, detection]) {
      if (!(await worker.isAlive().catch(() => false))) await worker.restart();
    }
  }

  async function settle(partitions: number): Promise<Statistics> {
    const lastMs = Date.now();
    const present = await eventually(
      'the close of the last window',
      async () => {
        const present = await statistics(backbone.stream, partitions);
        return present.watermarkMs > lastMs + settledAfterMs ? present : undefined;
      },
      { everyMs: 2_000, timeoutMs: 180_000 },
    );
    const { repeated, overlapping, remade } = present;
    const counts = { sent: spansSent(), counted: countedSpans(present), repeated, overlapping, remade };
    console.info(JSON.stringify(counts));
    return present;
  }

  /** Spans that detection could not count, as it said before it ended. */
  async function noteLate(): Promise<void> {
    told.late += await detection.metric('plumbline_detection_late_spans_total');
  }

  async function noteTimes(): Promise<void> {
    for (const { value, timestampMs } of await recordsOf(backbone.stream, topics.traces.name)) {
      for (const id of spanIdsOf(value ?? new Uint8Array())) {
        appendedMs.set(id, Math.min(timestampMs, appendedMs.get(id) ?? Infinity));
      }
    }
  }

  /** Traces that an outage tore apart for longer than they can be merged: what comes then is a late trace of its own. */
  function tardyTraces(): Set<string> {
    const torn = [...sent()].filter(([, ids]) => {
      const times = [...ids].flatMap((id) => appendedMs.get(id) ?? []).sort((a, b) => a - b);
      return times.some((time, i) => time - (times[i - 1] ?? time) > mergeableForMs);
    });
    return new Set(torn.map(([traceId]) => traceId));
  }

  /** Spans that were sent in none but these records, which were deleted. */
  async function onlyIn(deleted: readonly ReadRecord[]): Promise<Set<string>> {
    const ids = new Set(deleted.flatMap(({ value }) => spanIdsOf(value ?? new Uint8Array())));
    for (const { value } of await recordsOf(backbone.stream, topics.traces.name))
      for (const id of spanIdsOf(value ?? new Uint8Array())) ids.delete(id);
    return ids;
  }

  /** Ids of the spans of each trace. */
  function sent(): Map<string, ReadonlySet<string>> {
    const traces = new Map<string, ReadonlySet<string>>();
    for (const load of loads) for (const [traceId, ids] of load.sent) traces.set(traceId, ids);
    for (const trace of long) traces.set(trace[0].traceId, new Set(trace.map(({ spanId }) => spanId)));
    return traces;
  }

  function spansSent(): number {
    let spans = 0;
    for (const ids of sent().values()) spans += ids.size;
    return spans;
  }

  it('each is in the statistics once, or was deleted, left out or late, which is counted', () => {
    expect(lost.spans.size).toBeGreaterThan(0);
    const missing = spansSent() - countedSpans(settled) - lost.spans.size - lost.truncated;
    expect(missing).toBeGreaterThanOrEqual(0);
    expect(missing).toBeLessThanOrEqual(told.late);
  });

  it('those that the broker deleted are counted by their records', () => {
    expect(told.lostRecords).toBe(lost.records.length);
  });

  it('those beyond the limit of their trace are counted', () => {
    expect(lost.truncated).toBeGreaterThan(0);
    expect(told.truncated).toBe(lost.truncated);
  });

  it('each that is within the limits is in exactly one object, with the rest of its trace', () => {
    const holding = new Map<string, StoredObject[]>();
    for (const object of objects)
      for (const traceId of object.traces.keys()) holding.set(traceId, [...(holding.get(traceId) ?? []), object]);
    const wrong: unknown[] = [];
    for (const [traceId, ids] of sent()) {
      const expected = [...ids].filter((id) => !lost.spans.has(id)).sort();
      const found = (holding.get(traceId) ?? []).map(({ key, traces }) => ({ key, spans: traces.get(traceId) ?? [] }));
      const [stored = { spans: [] }] = found;
      const present = new Set(stored.spans);
      // Of a trace that is too long the first spans are kept.
      const isWhole =
        found.length === 1 &&
        present.size === stored.spans.length &&
        present.size === Math.min(maxSpans, expected.length) &&
        stored.spans.every((id) => ids.has(id) && !lost.spans.has(id));
      const isGone = expected.length === 0 && found.length === 0;
      if (!isWhole && !isGone && !tardy.has(traceId))
        wrong.push({ traceId, sent: ids.size, expected: expected.length, found });
    }
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(wrong).toHaveLength(0);
  });

  it('statistics of the topic that was made anew were told from those that come again', () => {
    expect(settled.remade).toBeGreaterThan(0);
    expect(settled.repeated).toBeGreaterThan(0);
  });
});
