import { consumerGroups, topics } from '@plumbline/contracts';
import { decodeTraceBatch, hex } from '@plumbline/wire';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBackbone, type Backbone } from './backbone';
import { eventually } from './eventually';
import { Load } from './load';
import { Random } from './random';
import { countedSpans, statistics, type Statistics } from './statistics';
import { storedKeys, storedObjects, type StoredObject } from './stored-traces';
import { committedOffsets, recordsOf } from './topics';
import { orderTrace } from './traces';
import { WorkerProcess, stopAll } from './workers';

const partitions = 3;
const crashesEach = 5;
/** Incomplete traces are emitted after 10 s, and windows are 10 s long: by then everything was said. */
const settledAfterMs = 20_000;

describe('When preprocessing and detection are killed under load', () => {
  const random = new Random();
  let backbone: Backbone;
  let preprocessing: WorkerProcess;
  let detection: WorkerProcess;
  let load: Load;
  let settled: Statistics;
  let objects: readonly StoredObject[];
  const drained: { how: string; before: readonly number[]; after: readonly number[] }[] = [];

  beforeAll(async () => {
    console.info(`PLUMBLINE_SEED=${random.seed}`);
    backbone = await startBackbone(partitions);
    const environment = {
      ...backbone.environment,
      KAFKA_SESSION_TIMEOUT_SECONDS: '6',
      LOG_LEVEL: 'warn',
      WATERMARK_LAG_SECONDS: '3',
      // What preprocessing may read again must be younger than what detection remembers.
      MERGEABLE_FOR_SECONDS: '12',
      TRACE_SCORE_THRESHOLD: '0',
      OBJECTS_PER_MINUTE: '1000000',
    };
    [preprocessing, detection] = await Promise.all([
      WorkerProcess.start('preprocessing', environment),
      WorkerProcess.start('anomaly-detection', { ...environment, REMEMBER_SECONDS: '60' }),
    ]);
    load = new Load({ stream: backbone.stream, partitions, random, tracesPerSecond: 20, untidy: true });
    load.start();
    await crash();
    drained.push(await drain(preprocessing, consumerGroups.preprocessing, topics.traces.name));
    drained.push(await drain(detection, consumerGroups['anomaly-detection'], topics.tracesPreprocessed.name));
    await load.stop();
    const lastMs = Date.now();
    settled = await eventually(
      'the close of the last window',
      async () => {
        const present = await statistics(backbone.stream, partitions);
        return present.watermarkMs > lastMs + settledAfterMs ? present : undefined;
      },
      { everyMs: 2_000, timeoutMs: 180_000 },
    );
    objects = await storedObjects(backbone.objects);
    console.info(`${load.sent.size} traces, ${load.spans} spans; ${settled.repeated} statistics came again`);
  }, 600_000);
  afterAll(async () => {
    await stopAll([preprocessing, detection]);
    await backbone.stop();
  });

  async function crash(): Promise<void> {
    const victims = Array.from({ length: crashesEach }, () => [preprocessing, detection]).flat();
    while (victims.length > 0) {
      const [victim = preprocessing] = victims.splice(random.integer(victims.length), 1);
      await sleep(random.between(500, 5_000));
      await victim.kill();
      await sleep(random.between(0, 1_000));
      await victim.restart();
    }
  }

  /** Ends a worker in the middle of its work, and starts it again. */
  async function drain(worker: WorkerProcess, group: string, topic: string) {
    const committed = () => committedOffsets(backbone.kafka, group, topic);
    const earlier = await committed();
    const before = await eventually(
      `commits of ${group} in every partition`,
      async () => {
        const offsets = await committed();
        return offsets.every((offset, partition) => offset > (earlier[partition] ?? 0)) ? offsets : undefined;
      },
      { timeoutMs: 180_000 },
    );
    const how = await worker.stop();
    const after = await committed();
    await worker.restart();
    return { how, before, after };
  }

  it('puts every span that was sent into exactly one object', () => {
    const seen = new Map<string, number>();
    for (const { traces } of objects)
      for (const spans of traces.values()) for (const id of spans) seen.set(id, (seen.get(id) ?? 0) + 1);
    const sent = [...load.sent.values()].flatMap((ids) => [...ids]);
    expect(sent.filter((id) => !seen.has(id))).toEqual([]);
    expect([...seen].filter(([, times]) => times !== 1)).toEqual([]);
    expect(seen.size).toBe(sent.length);
  });

  it('stores every trace whole', () => {
    for (const { key, traces } of objects) {
      expect(traces.size).toBe(1);
      for (const [traceId, spans] of traces) {
        expect(key).toMatch(new RegExp(`service=gateway/trace_${traceId}.parquet$`));
        expect([...spans].sort()).toEqual([...(load.sent.get(traceId) ?? [])].sort());
      }
    }
    expect(objects).toHaveLength(load.sent.size);
  });

  it('counts every span once in the statistics', () => {
    expect(settled.repeated).toBeGreaterThan(0);
    expect(countedSpans(settled)).toBe(load.spans);
    expect(settled.table.blindness).toMatchObject({ spans: load.spans, orphans: 0, rootless: 0 });
    const entries = [...settled.table.entries.values()];
    expect(entries.reduce((sum, { traces }) => sum + traces, 0)).toBe(load.sent.size);
  });

  it('finishes what it holds on SIGTERM and commits where it is', () => {
    for (const { how, before, after } of drained) {
      expect(how).toBe('exited with 0');
      expect(after).toHaveLength(partitions);
      for (const [partition, offset] of after.entries()) expect(offset).toBeGreaterThanOrEqual(before[partition] ?? 0);
    }
  });

  it('does not let a late span overwrite the whole trace when both crashed in between', async () => {
    const [traceId = '', spans = new Set<string>()] = [...load.sent][0] ?? [];
    await Promise.all([preprocessing.kill(), detection.kill()]);
    await Promise.all([preprocessing.restart(), detection.restart()]);
    const [root] = orderTrace(random, { startMs: Date.now() });
    const late = { ...root, traceId, parentSpanId: [...spans][0] ?? '' };
    await load.send([late]);

    const where = await eventually('the late span on traces-preprocessed', async () => {
      const records = await recordsOf(backbone.stream, topics.tracesPreprocessed.name);
      return records.find(({ value }) => value !== null && emittedAlone(value, late));
    });
    await eventually('detection past the late span', async () => {
      const { positions } = await statistics(backbone.stream, partitions);
      return (positions.get(where.partition) ?? -1) >= where.offset ? true : undefined;
    });
    const keys = (await storedKeys(backbone.objects)).filter((key) => key.includes(traceId));
    const [stored] = await storedObjects(backbone.objects, keys);
    expect(keys).toHaveLength(1);
    expect([...(stored?.traces.get(traceId) ?? [])].sort()).toEqual([...spans].sort());
  });
});

/** Whether a batch has the trace of this span with nothing but this span in it. */
function emittedAlone(value: Uint8Array, { traceId, spanId }: { traceId: string; spanId: string }): boolean {
  const { traces, spans } = decodeTraceBatch(value);
  for (let trace = 0; trace < traces.count; trace += 1) {
    const first = traces.spanOffsets[trace] ?? 0;
    const alone = (traces.spanOffsets[trace + 1] ?? 0) - first === 1;
    if (alone && hex(traces.traceId, trace * 16, 16) === traceId && hex(spans.spanId, first * 8, 8) === spanId)
      return true;
  }
  return false;
}
