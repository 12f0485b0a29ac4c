import { traceObjectKey } from '@plumbline/contracts';
import { emptyTable, mergeTable, readTraceParquet, statsTableToJson } from '@plumbline/wire';
import type { PlainTrace } from '@plumbline/wire/testing';
import { shopTraces } from './testing';
import { Bench, learnt, checkouts, type Published, record, slow, start } from './testing-stage';

const hour = 3_600_000;

describe('for each range of records', () => {
  test('verdicts come first, then one record of window statistics that names the range and counts them', async () => {
    const { verdicts, stats, order } = await new Bench().run(record(41, checkouts(2, 20, slow)));
    expect(verdicts.length).toBeGreaterThan(15);
    expect(order).toEqual([...Array<string>(verdicts.length).fill('anomalies'), 'window-stats']);
    expect(stats).toMatchObject([
      {
        tenant: 'default',
        source: { partition: 3, firstOffset: 41, lastOffset: 41 },
        watermarkMs: start,
        verdicts: verdicts.length,
      },
    ]);
    expect(verdicts[0]?.source).toEqual({ partition: 3, offset: 41 });
  });

  test('without traces the watermark is passed on', async () => {
    const { stats, order } = await new Bench().run(record(1, [], start + 5), record(2, [], start + 1005, start + 1000));
    expect(order).toEqual(['window-stats', 'window-stats']);
    expect(stats.map(({ watermarkMs, windows }) => ({ watermarkMs, windows }))).toEqual([
      { watermarkMs: start + 5, windows: [] },
      { watermarkMs: start + 1005, windows: [] },
    ]);
  });

  test('that cannot be read the dead-letter topic gets it as it came, and the positions still advance', async () => {
    const broken = { ...record(7, []), value: Buffer.from('not arrow') };
    const { stats, deadLetters } = await new Bench().run(record(6, [], start, start - 1), { ...broken, headers: {} });
    expect(deadLetters).toMatchObject([
      {
        value: Buffer.from('not arrow'),
        headers: {
          'plumbline-source-topic': 'traces-preprocessed',
          'plumbline-source-partition': '3',
          'plumbline-source-offset': '7',
        },
      },
    ]);
    expect(deadLetters[0]?.headers?.['plumbline-reason']).not.toBe('');
    expect(stats[1]).toEqual({
      ...stats[0],
      source: { partition: 3, firstOffset: 7, lastOffset: 7, recordTimeMs: start + 7 },
    });
  });

  test('each tenant in it gets its own statistics, and later hears how time goes on', async () => {
    const bench = new Bench();
    const span = { id: 'a', operation: 'GET /', durationMs: 1 };
    const acme = { eventTimeMs: start, spans: [{ ...span, service: 'acme///api' }] };
    const first = await bench.run(record(1, [acme]));
    expect(first.stats.map(({ tenant, windows }) => [tenant, windows.length])).toEqual([
      ['default', 0],
      ['acme', 1],
    ]);
    const soon = await bench.run(record(2, [], start + 10));
    expect(soon.stats.map(({ tenant }) => tenant)).toEqual(['default']);
    const later = await bench.run(record(3, [], start + 1000));
    expect(later.stats.map(({ tenant, watermarkMs }) => [tenant, watermarkMs])).toEqual([
      ['default', start + 1000],
      ['acme', start + 1000],
    ]);
  });
});

describe('an anomalous trace', () => {
  test('is stored whole under its day and service, and its verdict says where, why and by which bundle', async () => {
    const bench = new Bench();
    const [trace] = checkouts(3, 1, slow);
    const { verdicts } = await bench.run(record(1, trace === undefined ? [] : [trace]));
    const traceId = trace?.traceId ?? '';
    const key = traceObjectKey({ date: '2023-11-14', service: 'gateway', traceId });
    expect(verdicts).toMatchObject([
      {
        traceId,
        revision: 1,
        entryService: 'default///gateway',
        entryOperation: 'POST /checkout',
        spanCount: trace?.spans.length,
        bundle: '000001-shop',
        object: { bucket: 'anomaly-data', key },
        findings: [{ kind: 'self-time', service: 'default///payment', operation: 'POST /charge' }],
      },
    ]);
    expect(verdicts[0]?.score).toBeGreaterThanOrEqual(verdicts[0]?.threshold ?? Infinity);
    const spans = readTraceParquet((await bench.anomalies.get(key)) ?? new Uint8Array());
    expect(spans).toHaveLength(trace?.spans.length ?? 0);
  });

  test('is listed in a manifest of its record', async () => {
    const bench = new Bench();
    const { verdicts } = await bench.run(record(5, checkouts(4, 5, slow)));
    const [key = ''] = await bench.keys('manifests/');
    expect(key).toBe(`manifests/date=2023-11-14/${start + 5}_3_5.json`);
    const manifest = JSON.parse(Buffer.from((await bench.anomalies.get(key)) ?? []).toString()) as {
      objects: { key: string; traces: { traceId: string }[] }[];
    };
    expect(manifest.objects.flatMap(({ traces }) => traces.map(({ traceId }) => traceId)).sort()).toEqual(
      verdicts.map(({ traceId }) => traceId).sort(),
    );
  });

  test('in a storm shares an object with others like it, and none is dropped', async () => {
    const bench = new Bench({ OBJECTS_PER_MINUTE: '3' });
    const { verdicts } = await bench.run(record(9, checkouts(5, 30, slow)));
    const shared = 'date=2023-11-14/service=gateway/batch_3_9.parquet';
    const keys = await bench.keys('date=');
    expect(keys).toContain(shared);
    expect(keys.length).toBeLessThan(10);
    expect(new Set(verdicts.map(({ object }) => object?.key))).toEqual(new Set(keys));
    const stored = new Set<string>();
    for (const key of keys) {
      for (const { traceId } of readTraceParquet((await bench.anomalies.get(key)) ?? new Uint8Array()))
        stored.add(traceId);
    }
    expect(stored).toEqual(new Set(verdicts.map(({ traceId }) => traceId)));
  });

  test('is every one when the threshold is zero, also without a bundle', async () => {
    const bench = new Bench({ TRACE_SCORE_THRESHOLD: '0', OBJECTS_PER_MINUTE: '1000' }, 'none');
    const traces = shopTraces(6, 30, start, 20);
    const { verdicts, stats } = await bench.run(record(1, traces));
    expect(verdicts.map(({ traceId }) => traceId)).toEqual(traces.map(({ traceId }) => traceId));
    expect(await bench.keys('date=')).toHaveLength(30);
    expect(stats[0]?.verdicts).toBe(30);
    expect(verdicts[0]).toMatchObject({ bundle: '', score: 0, threshold: 0, findings: [] });
  });
});

describe('a bundle', () => {
  test('judges by event time: traces before it abstain', async () => {
    const early = checkouts(2, 10, slow).map((trace) => ({ ...trace, eventTimeMs: (trace.eventTimeMs ?? 0) - hour }));
    const { verdicts, stats } = await new Bench().run(record(1, early));
    expect(verdicts).toEqual([]);
    const entries = stats.flatMap(({ windows }) => windows.flatMap(({ stats: table }) => [...table.entries.values()]));
    expect(entries.map(({ traces, abstained }) => traces - abstained)).toEqual(entries.map(() => 0));
    expect(entries.reduce((sum, { abstained }) => sum + abstained, 0)).toBe(10);
  });
});

describe('what comes again', () => {
  const total = (published: readonly Published[]): unknown => {
    const table = emptyTable();
    for (const { stats } of published) {
      for (const { windows } of stats) for (const window of windows) mergeTable(table, window.stats);
    }
    return statsTableToJson(table);
  };

  test('is counted once, however it is framed', async () => {
    const traces = [...checkouts(2, 10), ...checkouts(3, 10, slow)];
    const once = new Bench();
    const expected = [await once.run(record(1, traces))];
    const twice = new Bench();
    const published = [
      await twice.run(record(1, traces.slice(0, 12))),
      await twice.run(record(2, traces.slice(5)), record(3, traces)),
    ];
    expect(total(published)).toEqual(total(expected));
    expect(published.flatMap(({ verdicts }) => verdicts).map(({ traceId }) => traceId)).toEqual(
      expected.flatMap(({ verdicts }) => verdicts).map(({ traceId }) => traceId),
    );
  });

  test('as a new revision takes the place of the old one, judged by the bundle that judged it then', async () => {
    const [whole] = checkouts(3, 1, slow);
    if (whole === undefined) throw new RangeError('one trace');
    const part = { ...whole, spans: whole.spans.slice(0, 3) };
    const bench = new Bench();
    const before = await bench.run(record(1, [part]));
    // A bundle that came too late for the first revision would judge it differently now.
    const late = { ...learnt, version: '000002-late', effectiveFromMs: start - hour };
    bench.bundles.announce({ version: late.version, key: 'y', effectiveFromMs: start - hour }, late);
    const after = await bench.run(
      record(2, [
        { ...part, retraction: true },
        { ...whole, revision: 2 },
      ]),
    );
    const direct = await new Bench().run(record(1, [{ ...whole, revision: 2 }]));
    const sum = total([before, after]) as { operations: { all: { count: number } }[] };
    const expected = total([direct]) as typeof sum;
    expect(sum.operations.filter(({ all }) => all.count !== 0)).toEqual(expected.operations);
    expect(after.verdicts.map(({ revision }) => revision)).toEqual([2]);
    expect(after.stats[0]?.verdicts).toBe(1);
  });

  test.each([
    ['in one record', (retraction: PlainTrace, revision: PlainTrace) => [record(2, [retraction, revision])]],
    // As preprocessing sends a large trace.
    ['in two', (retraction: PlainTrace, revision: PlainTrace) => [record(2, [retraction]), record(3, [revision])]],
  ])('with a verdict that is withdrawn when the whole trace turns out normal, %s', async (_, recordsOf) => {
    const [whole] = checkouts(3, 1);
    if (whole === undefined) throw new RangeError('one trace');
    // Calls that are still on their way look like calls that were never made, and their time like the caller's own.
    const part = { ...whole, spans: whole.spans.slice(0, 1) };
    const bench = new Bench();
    const before = await bench.run(record(1, [part]));
    expect(before.verdicts).toHaveLength(1);
    const after = await bench.run(...recordsOf({ ...part, retraction: true }, { ...whole, revision: 2 }));
    expect(after.verdicts).toEqual([expect.objectContaining({ revision: 2, withdrawn: true, findings: [] })]);
    expect(after.stats.reduce((sum, { verdicts }) => sum + verdicts, 0)).toBe(1);
  });

  test('without its beginning, and then with more of it, takes nothing off what was counted', async () => {
    const [whole] = checkouts(3, 1);
    if (whole === undefined) throw new RangeError('one trace');
    const first = { ...whole, spans: whole.spans.slice(0, 1) };
    const second = { ...whole, spans: whole.spans.slice(0, 3) };
    const third = { ...whole, spans: whole.spans.slice(0, 4) };
    const bench = new Bench();
    const published = [
      await bench.run(record(1, [whole])),
      await bench.run(record(2, [first])),
      await bench.run(
        record(3, [
          { ...first, retraction: true },
          { ...second, revision: 2 },
        ]),
      ),
      await bench.run(
        record(4, [
          { ...second, revision: 2, retraction: true },
          { ...third, revision: 3 },
        ]),
      ),
    ];
    expect(total(published)).toEqual(total([await new Bench().run(record(1, [whole]))]));
  });

  test('without its beginning, and then with more of it for a later window, adds nothing to what was counted', async () => {
    const [whole] = checkouts(3, 1);
    if (whole === undefined) throw new RangeError('one trace');
    const late = (counted: number, all: number): PlainTrace => ({
      ...whole,
      revision: 2,
      late: true,
      spans: whole.spans.slice(0, all).map((span, i) => ({ ...span, counted: i < counted })),
    });
    const bench = new Bench();
    const published = [
      await bench.run(record(1, [whole])),
      await bench.run(record(2, [{ ...whole, spans: whole.spans.slice(0, 1) }])),
      await bench.run(record(3, [late(1, 3)])),
      await bench.run(
        record(4, [
          { ...late(1, 3), retraction: true },
          { ...late(1, 4), revision: 3 },
        ]),
      ),
    ];
    expect(total(published)).toEqual(total([await new Bench().run(record(1, [whole]))]));
  });

  test('takes nothing off where what took its place was counted for a later window', async () => {
    const [whole] = checkouts(3, 1);
    if (whole === undefined) throw new RangeError('one trace');
    const part = { ...whole, spans: whole.spans.slice(0, 3) };
    const end = {
      ...whole,
      revision: 2,
      late: true,
      spans: whole.spans.map((span, i) => ({ ...span, counted: i < 3 })),
    };
    const straight = [record(1, [part]), record(2, [end])];
    const bench = new Bench();
    const published = [
      await bench.run(...straight),
      await bench.run(
        record(3, [
          { ...part, retraction: true },
          { ...whole, revision: 2 },
        ]),
      ),
    ];
    expect(total(published)).toEqual(total([await new Bench().run(...straight)]));
  });

  test('without its beginning, after a restart, gets no object beside that of the whole trace', async () => {
    const [whole] = checkouts(3, 1, slow);
    if (whole === undefined) throw new RangeError('one trace');
    const end = { ...whole, spans: whole.spans.filter(({ service }) => service === 'payment') };
    const first = new Bench({ TRACE_SCORE_THRESHOLD: '0' });
    await first.run(record(0, [end]));
    expect((await first.keys('date=')).length).toBe(1);
    const restarted = new Bench({ TRACE_SCORE_THRESHOLD: '0' });
    await restarted.run(record(500, [end]));
    expect(await restarted.keys('date=')).toEqual([]);
    await restarted.run(record(501, checkouts(4, 1)));
    expect((await restarted.keys('date=')).length).toBe(1);
    // What is younger than the memory was not dealt with before.
    const younger = { ...end, traceId: 'f'.repeat(32) };
    await restarted.run(record(502, [younger], start, start + hour));
    expect((await restarted.keys('date=')).length).toBe(2);
  });

  test('after a restart, without the incomplete traces, replaces no shared object and no manifest by one with fewer', async () => {
    const bench = new Bench({ TRACE_SCORE_THRESHOLD: '0', OBJECTS_PER_MINUTE: '1' });
    const traces = checkouts(5, 12, slow).map((trace, i) =>
      i % 2 === 0 ? trace : { ...trace, spans: trace.spans.filter(({ service }) => service === 'payment') },
    );
    const stored = async (): Promise<Record<string, string[]>> => {
      const ids: Record<string, string[]> = {};
      for (const key of await bench.keys()) {
        const bytes = (await bench.anomalies.get(key)) ?? new Uint8Array();
        if (key.endsWith('.parquet'))
          ids[key] = [...new Set(readTraceParquet(bytes).map(({ traceId }) => traceId))].sort();
        else
          ids[key] = (
            Buffer.from(bytes)
              .toString()
              .match(/[0-9a-f]{32}/g) ?? []
          ).sort();
      }
      return ids;
    };
    await bench.run(record(0, checkouts(3, 1)), record(500, traces));
    const before = await stored();
    expect(Object.entries(before).some(([key, ids]) => key.includes('batch_3_500') && ids.length > 3)).toBe(true);
    await bench.stage.reset([{ topic: 'traces-preprocessed', partition: 3 }]);
    await bench.run(record(500, traces));
    const after = await stored();
    for (const [key, ids] of Object.entries(before)) expect(after[key]).toEqual(expect.arrayContaining(ids));
  });

  test('after a restart gives the same records: the commit lags by the memory', async () => {
    const bench = new Bench();
    const records = Array.from({ length: 20 }, (_, i) =>
      record(i, checkouts(i, 3, i % 2 === 0 ? slow : {}), start + i * 60_000, start + i * 60_000),
    );
    const before = await bench.run(...records);
    const from = bench.stage.committable({ topic: 'traces-preprocessed', partition: 3 }) ?? -1;
    expect(from).toBe(9);
    await bench.stage.reset([{ topic: 'traces-preprocessed', partition: 3 }]);
    expect(bench.stage.committable({ topic: 'traces-preprocessed', partition: 3 })).toBeUndefined();
    const restarted = new Bench();
    const after = await restarted.run(...records.slice(from));
    expect(after.stats).toEqual(before.stats.slice(from));
  });
});

test('scores are counted as shares of their thresholds, and anomalous from 1 on', async () => {
  const bench = new Bench();
  await bench.run(record(1, [...checkouts(2, 20), ...checkouts(3, 20, slow)]));
  const text = await bench.registry.metrics();
  const valueOf = (series: string) =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.slice(series.length),
    );
  const judged = (result: string) => valueOf(`plumbline_detection_traces_total{result="${result}"}`);
  expect(judged('anomalous')).toBeGreaterThan(15);
  expect(judged('normal')).toBeGreaterThan(15);
  const scored = valueOf('plumbline_detection_score_ratio_count');
  expect(scored).toBe(judged('anomalous') + judged('normal'));
  // A bucket holds what is as much as its bound, too: a score that equals its threshold is anomalous.
  const below = valueOf('plumbline_detection_score_ratio_bucket{le="0.9"}');
  expect(below).toBeLessThanOrEqual(judged('normal'));
  expect(scored - valueOf('plumbline_detection_score_ratio_bucket{le="1"}')).toBeLessThanOrEqual(judged('anomalous'));
  expect(scored - below).toBeGreaterThan(15);
});

test('a trace that nothing is known of has no score', async () => {
  const bench = new Bench({}, 'none');
  await bench.run(record(1, checkouts(2, 20)));
  const text = await bench.registry.metrics();
  expect(text).toContain('plumbline_detection_traces_total{result="abstained"} 20');
  expect(text).toContain('plumbline_detection_score_ratio_count 0');
});
