import { manifestKey, topics, traceObjectKey } from '@plumbline/contracts';
import type { Incident } from '@plumbline/wire';
import { MemoryObjectStore, type StreamRecord } from '@plumbline/worker';
import { rootCauseConfig } from './config';
import { Bench, statsRecord, verdictRecords } from './testing/bench';
import { detect, type DetectedRecord } from './testing/messages';
import { analyse, faultMs, profileOf, startMs, tracesOf } from './testing/scenario';
import { runShop, type SimulatedTrace } from './testing/shop';

const traces = tracesOf({ kind: 'errors', service: 'inventory' }, { afterMs: 60_000 });
const expected = analyse(traces);

const detected = new Map<number, readonly DetectedRecord[]>();

function recordsOf(partitions = 1): readonly DetectedRecord[] {
  const records = detected.get(partitions) ?? detect(traces, profileOf(), { partitions });
  detected.set(partitions, records);
  return records;
}

async function publishedBy(records: readonly DetectedRecord[], partitions = 1): Promise<Incident[]> {
  const bench = await Bench.open(partitions);
  await bench.append(records);
  await bench.run();
  await bench.stop();
  return bench.published();
}

describe('root cause over a log', () => {
  test('publishes what the analysis says, an incident a record under its id', async () => {
    expect(expected.map(({ state }) => state)).toEqual(expect.arrayContaining(['open', 'resolved']));
    expect(await publishedBy(recordsOf())).toEqual(expected);
  });

  test('counts whom it opens incidents for, and how long that took since something was wrong', async () => {
    const bench = await Bench.open();
    bench.clock.advanceTo(faultMs + 600_000);
    await bench.append(recordsOf());
    await bench.run();
    await bench.stop();
    const opened = (await bench.published()).filter(({ revision }) => revision === 1);
    expect(opened.length).toBeGreaterThan(0);
    const text = await bench.registry.metrics();
    for (const { causes } of opened)
      expect(text).toMatch(
        new RegExp(`^plumbline_incidents_opened_total\\{service="${causes[0]?.service ?? ''}"\\} [1-9]`, 'm'),
      );
    const seconds = opened.reduce((sum, { startedAtMs }) => sum + (bench.clock.now() - startedAtMs) / 1000, 0);
    expect(text).toContain(`plumbline_incident_opening_seconds_sum ${seconds}`);
    expect(text).toContain(`plumbline_incident_opening_seconds_count ${opened.length}`);
  });

  test('says the same when every record comes twice', async () => {
    const twice = recordsOf().flatMap((record) => [record, record]);
    expect(await publishedBy(twice)).toEqual(expected);
  });

  test('says the same when everything comes again later, as after a restart of detection', async () => {
    const records = recordsOf();
    const again = [...records.slice(0, 80), ...records.slice(40, 80), ...records.slice(80)];
    expect(await publishedBy(again)).toEqual(expected);
  });

  test('says the same on four partitions, one of which is far ahead of the others', async () => {
    const records = recordsOf(4);
    const ahead = [
      ...records.filter(({ stats }) => stats.source.partition === 2),
      ...records.filter(({ stats }) => stats.source.partition !== 2),
    ];
    expect(await publishedBy(ahead, 4)).toEqual(expected);
  });

  test('says the same when verdicts come after the statistics that announce them', async () => {
    const bench = await Bench.open();
    const records = recordsOf();
    for (let i = 0; i < records.length; i += 10) {
      await bench.log.produce(records.slice(i, i + 10).map(statsRecord));
      await bench.run();
      await bench.log.produce(records.slice(i, i + 10).flatMap(verdictRecords));
      await bench.run();
    }
    await bench.stop();
    expect(await bench.published()).toEqual(expected);
  });

  test('does without verdicts that never come', async () => {
    const bench = await Bench.open(1, rootCauseConfig({ RESOLVE_AFTER_SECONDS: '30', VERDICT_PATIENCE_SECONDS: '2' }));
    await bench.log.produce(recordsOf().map(statsRecord));
    await bench.run();
    bench.clock.advanceTo(10_000);
    await bench.run();
    await bench.stop();
    const published = await bench.published();
    expect(published.at(-1)).toMatchObject({ state: 'resolved', title: 'Errors in gateway', traces: [] });
    expect(published[0]?.causes[0]?.service).toBe(expected[0]?.causes[0]?.service);
  });

  test('sends what cannot be read to the dead-letter topic, and goes on', async () => {
    const bench = await Bench.open();
    const garbage = Buffer.from('{"schema":1,"windows":[');
    await bench.log.produce([{ topic: topics.windowStats.name, key: null, value: garbage }]);
    await bench.log.produce([{ topic: topics.anomalies.name, key: null, value: garbage }]);
    await bench.append(recordsOf());
    await bench.run();
    await bench.stop();
    const letters: StreamRecord[] = [];
    await bench.log.readAll(topics.tracesDeadLetter.name, (record) => letters.push(record));
    expect(letters.map((letter) => letter.headers['plumbline-source-topic']).sort()).toEqual([
      topics.anomalies.name,
      topics.windowStats.name,
    ]);
    expect(letters[0]?.value).toEqual(new Uint8Array(garbage));
    expect(await bench.published()).toEqual(expected);
  });
});

describe('a worker that is killed', () => {
  const seconds = [45, 74, 80, 100, 118, 145];

  test.each(seconds)('%d s after the start continues the same incident', async (second) => {
    const bench = await Bench.open();
    const records = recordsOf();
    const step = 3;
    for (let i = 0; i < records.length; i += step) {
      await bench.append(records.slice(i, i + step));
      await bench.run();
      // What it had read since its last commit comes again; what it had in memory is gone.
      if (i <= second && second < i + step) {
        await bench.stop();
        bench.start();
      }
    }
    await bench.stop();
    const published = await bench.published();
    expect(published.map(({ id, revision, state }) => [id, revision, state])).toEqual(
      expected.map(({ id, revision, state }) => [id, revision, state]),
    );
    expect(published.at(-1)).toEqual(expected.at(-1));
  });

  const after = async (traces: readonly SimulatedTrace[], second: number, settings: NodeJS.ProcessEnv) => {
    const bench = await Bench.open(
      1,
      rootCauseConfig({ RESOLVE_AFTER_SECONDS: '30', HISTORY_WINDOWS: '36', ...settings }),
    );
    const records = detect(traces, profileOf());
    for (const some of [records.slice(0, second), records.slice(second)]) {
      await bench.append(some);
      await bench.run();
      await bench.stop();
    }
    return bench.published();
  };

  test('opens nothing for what it had looked at, though it no longer knows what was usual before', async () => {
    const slowdowns = [{ factor: 3, fromMs: startMs, toMs: Infinity }];
    const published = await after(runShop({ seed: 5, fromMs: startMs, toMs: startMs + 330_000, slowdowns }), 300, {});
    expect(new Set(published.map(({ id }) => id)).size).toBe(1);
    expect(published.at(-1)?.resolvedAtMs).toBeLessThan(startMs + 120_000);
  });

  test('goes on with an incident that began before everything that it reads again', async () => {
    const long = tracesOf({ kind: 'slow', service: 'payment' }, { faultMsLong: 360_000, afterMs: 60_000 });
    const published = await after(long, 330, { MAX_REPLAY_SECONDS: '200' });
    expect(new Set(published.map(({ id }) => id)).size).toBe(1);
    expect(published.filter(({ state }) => state === 'resolved')).toHaveLength(1);
    expect(published.at(-1)?.resolvedAtMs).toBeGreaterThanOrEqual(faultMs + 390_000);
  });

  test('reads again from where its oldest window begins, and no further', async () => {
    const bench = await Bench.open(1, rootCauseConfig({ HISTORY_WINDOWS: '36' }));
    const quiet = detect(tracesOf(undefined, { faultMsLong: 240_000 }), profileOf());
    await bench.append(quiet);
    await bench.run();
    await bench.stop();
    const read: number[] = [];
    const probe = bench.log.attach('root-cause-group', [topics.windowStats.name], {
      onAssigned: () => Promise.resolve(),
      onBatch: async ({ records }) => void read.push(...records.map(({ offset }) => offset)),
      onTick: () => Promise.resolve(),
    });
    while (await probe.poll());
    await probe.stop();
    // 36 windows of 5 s, a record a second, and what was under way.
    expect(read.length).toBeGreaterThanOrEqual(180);
    expect(read.length).toBeLessThanOrEqual(205);
  });
});

describe('the catch-up scan', () => {
  test('adds nothing when every stored trace was told of, and counts what was not', async () => {
    const anomalies = new MemoryObjectStore('anomaly-data');
    const bench = await Bench.open(
      1,
      rootCauseConfig({ RESOLVE_AFTER_SECONDS: '30', CATCH_UP_SECONDS: '300' }),
      anomalies,
    );
    const key = traceObjectKey({ date: '2026-03-02', service: 'gateway', traceId: 'a'.repeat(32) });
    const manifest = { schema: 1, source: { partition: 0, offset: 7 }, recordTimeMs: faultMs, objects: [{ key }] };
    await anomalies.put(manifestKey(faultMs, manifest.source), Buffer.from(JSON.stringify(manifest)));
    await anomalies.put(key, Buffer.from('no Parquet'));
    await bench.append(recordsOf());
    await bench.run();
    bench.clock.advanceTo(300_000);
    await bench.run();
    await bench.stop();
    expect(await bench.published()).toHaveLength(expected.length);
  });
});
