import { readTraceParquet } from '@plumbline/wire';
import type { PlainTrace } from '@plumbline/wire/testing';
import { Bench, checkouts, record } from './testing-stage';

/** Every trace is stored. */
const settings = { TRACE_SCORE_THRESHOLD: '0' };

const [whole = { eventTimeMs: 0, spans: [] }] = checkouts(3, 1);
/** What the services behind the first one sent; its own spans come later. */
const part: PlainTrace = { ...whole, spans: whole.spans.filter(({ service }) => service !== whole.spans[0]?.service) };

async function spansByService(bench: Bench): Promise<Record<string, number>> {
  const spans: Record<string, number> = {};
  for (const key of await bench.keys('date=')) {
    const bytes = await bench.anomalies.get(key);
    spans[/service=([^/]*)/.exec(key)?.[1] ?? ''] = readTraceParquet(bytes ?? new Uint8Array()).length;
  }
  return spans;
}

const entry = (trace: PlainTrace): string => trace.spans[0]?.service.split('/').at(-1) ?? '';

describe('a trace whose first spans come last', () => {
  test('is in one object in the end, wherever it was taken to enter before', async () => {
    const bench = new Bench(settings, 'none');
    await bench.run(record(0, [part]));
    expect(await spansByService(bench)).toEqual({ [entry(part)]: part.spans.length });
    await bench.run(
      record(2, [
        { ...part, retraction: true },
        { ...whole, revision: 2 },
      ]),
    );
    expect(await spansByService(bench)).toEqual({ [entry(part)]: 0, [entry(whole)]: whole.spans.length });
  });

  test('is in one object when its revisions come in records that are read together', async () => {
    const bench = new Bench(settings, 'none');
    const retraction = { ...part, retraction: true };
    const records = [record(0, [part]), record(1, [retraction]), record(2, [{ ...whole, revision: 2 }])];
    const batch = { topic: 'traces-preprocessed', partition: 3, records, highWatermark: 3 };
    // Side by side: nobody knows which of them ends last.
    for (const effect of (await bench.stage.process(batch)).effects.toReversed()) await effect.run();
    expect(await spansByService(bench)).toEqual({ [entry(part)]: 0, [entry(whole)]: whole.spans.length });
  });

  test('is in one object likewise where what was counted can no longer be taken back', async () => {
    const bench = new Bench(settings, 'none');
    await bench.run(record(0, [part]));
    const counted = new Set(part.spans.map(({ id }) => id));
    const spans = whole.spans.map((span) => ({ ...span, counted: counted.has(span.id) }));
    await bench.run(record(2, [{ ...whole, spans, revision: 2, late: true }]));
    expect(await spansByService(bench)).toEqual({ [entry(part)]: 0, [entry(whole)]: whole.spans.length });
  });

  test('keeps an object with a span that is not in it', async () => {
    const bench = new Bench(settings, 'none');
    await bench.run(record(0, [part]));
    const without = { ...whole, spans: whole.spans.filter(({ id }) => id !== part.spans.at(-1)?.id) };
    await bench.run(record(2, [{ ...without, revision: 2 }]));
    expect((await spansByService(bench))[entry(part)]).toBe(part.spans.length);
  });

  test('leaves an object alone that is no stored trace, and stops for none', async () => {
    const bench = new Bench(settings, 'none');
    await bench.run(record(0, [part]));
    const key = (await bench.keys('date='))[0] ?? '';
    await bench.anomalies.put(key, Buffer.from('not Parquet'));
    await bench.run(record(2, [{ ...whole, revision: 2 }]));
    expect(Buffer.from((await bench.anomalies.get(key)) ?? []).toString()).toBe('not Parquet');
  });

  test('is in one object in the end when all of it comes again', async () => {
    const bench = new Bench(settings, 'none');
    await bench.run(record(0, [part]));
    const again = record(2, [
      { ...part, retraction: true },
      { ...whole, revision: 2 },
    ]);
    await bench.run(again);
    const restarted = new Bench(settings, 'none');
    for (const key of await bench.keys()) {
      const bytes = await bench.anomalies.get(key);
      const metadata = (await bench.anomalies.head(key))?.metadata ?? {};
      await restarted.anomalies.put(key, bytes ?? new Uint8Array(), { metadata });
    }
    await restarted.run(record(0, [part]), again);
    expect(await spansByService(restarted)).toEqual({ [entry(part)]: 0, [entry(whole)]: whole.spans.length });
  });
});

test('what comes when a trace can no longer be changed is in the object that its verdict names', async () => {
  const bench = new Bench(settings, 'none');
  await bench.run(record(0, [whole]));
  const fragment: PlainTrace = { ...part, spans: part.spans.slice(0, 1), revision: 32_768, late: true };
  const { verdicts } = await bench.run(record(1, [fragment]));
  const key = verdicts[0]?.object?.key ?? '';
  expect(key).toMatch(/service=[^/]+\/trace_[0-9a-f]{32}_late\.parquet$/);
  const spans = readTraceParquet((await bench.anomalies.get(key)) ?? new Uint8Array());
  expect(spans).toHaveLength(1);
  expect((await spansByService(bench))[entry(whole)]).toBe(whole.spans.length);
});
