import { topics } from '@plumbline/contracts';
import { headers } from '@plumbline/wire';
import type { StreamRecord } from '@plumbline/worker';
import fc from 'fast-check';
import { preprocessingConfig } from './config';
import { encodeRequest, otlpRequest, otlpSpan, testEpochMs, type SpanToSend } from './testing';
import { StageUnderTest } from './testing-stage';

const root: SpanToSend = { id: 'a', service: 'gateway', kind: 2 };

describe('messages', () => {
  it('carry schema, watermark and record time, and go to the partition they came from', async () => {
    const stage = new StageUnderTest({}, 7);
    await stage.send(0, root);
    await stage.pass(2);
    expect(stage.records).toHaveLength(1);
    expect(stage.records[0]).toMatchObject({
      topic: 'traces-preprocessed',
      partition: 7,
      headers: { [headers.schema]: 'trace-batch/1', [headers.watermark]: String(testEpochMs - 8000) },
      timestampMs: testEpochMs + 2000,
    });
  });

  it('hold many traces, and end at the size that is set', async () => {
    const stage = new StageUnderTest({ MAX_MESSAGE_BYTES: '20000' });
    const attributes = { text: 'x'.repeat(500) };
    await stage.send(0, ...Array.from({ length: 100 }, (_, i) => ({ ...root, trace: `${i + 1}`, attributes })));
    await stage.pass(1);
    const sizes = stage.records.map(({ value }) => value?.length ?? 0);
    expect(sizes.length).toBeGreaterThan(3);
    expect(Math.max(...sizes)).toBeLessThan(20_000 + 7000);
    expect(stage.traces).toHaveLength(100);
  });

  it('stay readable in size when one trace is huge: later spans go without attributes, and say so', async () => {
    const stage = new StageUnderTest({ MAX_TRACE_BYTES: '100000' });
    const attributes = { text: 'x'.repeat(4000) };
    const children = Array.from({ length: 200 }, (_, i) => ({ id: `${i + 100}`, parent: 'a', attributes }));
    await stage.send(0, root, ...children);
    await stage.pass(1);
    const spans = stage.traces[0]?.spans ?? [];
    expect(spans).toHaveLength(201);
    expect(stage.records[0]?.value?.length).toBeLessThan(200_000);
    expect(spans.filter((span) => span.attributes === '{}' && (span.flags & 64) !== 0).length).toBeGreaterThan(150);
  });
});

describe('watermark', () => {
  it('is ten seconds behind record time when nothing waits', async () => {
    const stage = new StageUnderTest();
    await stage.send(0, root);
    await stage.pass(60);
    expect(stage.watermarks.at(-1)).toBe(50);
  });

  it('does not pass the event time of a trace that was not emitted yet', async () => {
    const stage = new StageUnderTest();
    await stage.send(0, { ...root, trace: '1', parent: 'f', startMs: testEpochMs - 8000 });
    await stage.send(5, { ...root, trace: '2' });
    await stage.pass(8);
    expect(stage.watermarks).toEqual([-8]);
    await stage.pass(11);
    expect(stage.watermarks.at(-1)).toBe(1);
  });

  it('never falls', async () => {
    const sent = fc.record({
      atSeconds: fc.nat(100),
      startSeconds: fc.integer({ min: -200, max: 100 }),
      trace: fc.nat(9),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(sent, { maxLength: 40 }), async (all) => {
        const stage = new StageUnderTest();
        for (const { atSeconds, startSeconds, trace } of all) {
          await stage.send(atSeconds, { ...root, trace: `${trace + 1}`, startMs: testEpochMs + startSeconds * 1000 });
        }
        await stage.pass(200);
        expect(stage.watermarks).toEqual([...stage.watermarks].sort((a, b) => a - b));
      }),
      { numRuns: 50 },
    );
  });
});

describe('a quiet partition', () => {
  it('advances with the wall clock: traces are emitted, and empty batches carry newer watermarks', async () => {
    const stage = new StageUnderTest();
    await stage.send(0, root);
    // The wall clock is an hour ahead of the broker's; only what passes counts.
    for (let second = 3600; second <= 3605; second += 1) await stage.tick(second);
    expect(stage.traces).toHaveLength(1);
    expect(stage.watermarks).toEqual([-10, -9, -8, -7, -6, -5]);
    expect(await stage.counted('heartbeats')).toBe(5);
  });

  it('takes a wall clock that is set forward for no time that passed', async () => {
    const stage = new StageUnderTest();
    await stage.send(0, root);
    for (let second = 0; second <= 5; second += 1) await stage.tick(second);
    for (let second = 3600; second <= 3605; second += 1) await stage.tick(second);
    expect(Math.max(...stage.watermarks)).toBeLessThan(10);
    await stage.send(20, { ...root, trace: '2', startMs: testEpochMs + 20_000 });
    for (let second = 3606; second <= 3612; second += 1) await stage.tick(second);
    expect(stage.traces.map(({ eventTimeMs }) => eventTimeMs - testEpochMs)).toEqual([0, 20_000]);
  });

  it('is not one with a lag, which is only slow', async () => {
    const stage = new StageUnderTest();
    const record: StreamRecord = {
      offset: 0,
      timestampMs: testEpochMs,
      key: null,
      value: otlpRequest([root]),
      headers: {},
    };
    await stage.sendRecords([record], 1000);
    for (let second = 0; second <= 100; second += 1) await stage.tick(second);
    expect(stage.traces).toEqual([]);
  });

  it('that never had a record follows the wall clock after a while', async () => {
    const stage = new StageUnderTest();
    await stage.stage.reset([{ topic: topics.traces.name, partition: 0 }]);
    for (let second = 0; second <= 9; second += 1) await stage.tick(second);
    expect(stage.watermarks).toEqual([]);
    await stage.tick(10);
    expect(stage.watermarks).toEqual([0]);
    await stage.tick(11);
    expect(stage.watermarks).toEqual([0, 1]);
  });

  it('takes records again as if nothing had been, though their times are behind', async () => {
    const stage = new StageUnderTest();
    await stage.send(0, root);
    for (let second = 0; second <= 50; second += 1) await stage.tick(second);
    await stage.send(40, { ...root, trace: '2', startMs: testEpochMs + 40_000 });
    for (let second = 51; second <= 60; second += 1) await stage.tick(second);
    expect(stage.traces.map(({ traceId, eventTimeMs }) => [traceId.at(-1), eventTimeMs - testEpochMs])).toEqual([
      ['1', 0],
      ['2', 40_000],
    ]);
  });
});

describe('what cannot be read', () => {
  it('goes to the dead letters as it came, with reason and position, and stops nothing', async () => {
    const stage = new StageUnderTest({}, 3);
    const garbage = Uint8Array.of(0x0a, 0x7f, 0x00);
    await stage.sendBytes(0, garbage, { origin: 'test' });
    await stage.send(0, root);
    await stage.pass(1);
    expect(stage.deadLetters).toEqual([
      {
        topic: 'traces-dead-letter',
        key: 'traces/3',
        value: garbage,
        headers: {
          origin: 'test',
          [headers.reason]: 'a field of 127 bytes reaches past the end of its message',
          [headers.sourceTopic]: 'traces',
          [headers.sourcePartition]: '3',
          [headers.sourceOffset]: '0',
        },
        timestampMs: testEpochMs,
      },
    ]);
    expect(stage.traces).toHaveLength(1);
    expect(await stage.counted('malformed_records')).toBe(1);
  });

  it('is said span by span where the rest of the record can be read', async () => {
    const stage = new StageUnderTest();
    const spans = [
      otlpSpan(root),
      { ...otlpSpan(root), spanId: new Uint8Array(3) },
      { ...otlpSpan(root), traceId: new Uint8Array(16) },
    ];
    await stage.sendBytes(0, encodeRequest({ resourceSpans: [{ scopeSpans: [{ spans }] }] }));
    await stage.pass(1);
    expect(stage.traces[0]?.spans).toHaveLength(1);
    expect(stage.deadLetters[0]?.headers?.[headers.reason]).toBe(
      '2 of 3 spans: span id is not of 8 bytes (1), trace id is zero (1)',
    );
    expect(await stage.counted('malformed_spans')).toBe(2);
  });

  it('never makes the stage throw, and what it puts out can be read', async () => {
    const good = otlpRequest([root, { id: 'b', parent: 'a', attributes: { a: [1, { b: 'c' }], d: 1.5 } }]);
    const change = fc.record({ at: fc.nat(good.length - 1), to: fc.nat(255) });
    const stage = new StageUnderTest();
    let second = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { maxLength: 6 }),
        fc.uint8Array({ maxLength: 50 }),
        async (changes, random) => {
          const hostile = Uint8Array.from(good);
          for (const { at, to } of changes) hostile[at] = to;
          second += 1;
          await stage.sendBytes(second, hostile);
          await stage.sendBytes(second, random);
        },
      ),
      { numRuns: 1500 },
    );
    await stage.pass(second + 100);
    expect(stage.traces.length).toBeGreaterThan(1);
  });
});

describe('a new generation', () => {
  it('forgets everything: its records come again', async () => {
    const stage = new StageUnderTest();
    await stage.send(0, root);
    await stage.stage.reset([{ topic: topics.traces.name, partition: 0 }]);
    expect(stage.committable).toBeUndefined();
    await stage.pass(100);
    expect(stage.traces).toEqual([]);
  });
});

describe('settings', () => {
  it('name the variable that cannot be read', () => {
    expect(() => preprocessingConfig({ MAX_OPEN_SPANS: 'many' })).toThrow(/MAX_OPEN_SPANS/);
  });
});
