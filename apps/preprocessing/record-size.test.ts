import { traceFlags } from '@plumbline/wire';
import fc from 'fast-check';
import { preprocessingConfig } from './config';
import { otlpRequest, type SpanToSend } from './testing';
import { StageUnderTest, type EmittedTrace } from './testing-stage';

const root: SpanToSend = { id: 'f00', service: 'gateway', name: 'GET /cart', kind: 2 };
const mebibyte = 1024 * 1024;

const child = (number: number, more: Partial<SpanToSend> = {}): SpanToSend => ({
  id: (number + 0x1000).toString(16),
  parent: 'f00',
  ...more,
});
const children = (count: number, more: (number: number) => Partial<SpanToSend>): SpanToSend[] =>
  Array.from({ length: count }, (_, number) => child(number, more(number)));

/** Text that no compression makes shorter, and that is as long in UTF-8. */
function noise(length: number, seed: number): string {
  let [text, state] = ['', seed + 1];
  while (text.length < length) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    text += state.toString(36);
  }
  return text.slice(0, length);
}

const sizes = (stage: StageUnderTest): number[] => stage.records.map(({ value }) => value?.length ?? 0);
const isRetraction = ({ flags }: EmittedTrace): boolean => (flags & traceFlags.retraction) !== 0;

describe('a large trace', () => {
  it('of 9,200 spans and 4 MB of text fits into a record, before and after a late span of it', async () => {
    const stage = new StageUnderTest();
    const all = children(9200, (number) => ({ attributes: { query: noise(430, number) } }));
    // As exporters send them: many requests.
    for (let from = 0; from < all.length; from += 500) await stage.send(0, ...all.slice(from, from + 500));
    await stage.send(0, root);
    await stage.pass(1);
    await stage.send(3, child(20_000));
    await stage.pass(4);

    expect(Math.max(...sizes(stage))).toBeLessThanOrEqual(4 * mebibyte - 64 * 1024);
    expect(stage.traces.map((trace) => [isRetraction(trace), trace.spans.length])).toEqual([
      [false, 9201],
      [true, 9201],
      [false, 9202],
    ]);
    expect(await stage.counted('unsendable_spans')).toBe(0);
    // What there is room for is said.
    const told = stage.traces[0]?.spans.filter(({ attributes }) => attributes !== '{}').length ?? 0;
    expect(told).toBeGreaterThan(3000);
  });

  it('is taken back without what it says in words, and as exactly as it was counted', async () => {
    const stage = new StageUnderTest({ MAX_TRACE_BYTES: '20000' });
    const spans = children(40, (number) => ({
      attributes: { query: noise(900, number) },
      events: [{ name: 'retry', attributes: { n: number } }],
      statusMessage: 'no connection',
    }));
    await stage.send(0, root, ...spans);
    await stage.pass(1);
    await stage.send(3, child(500));
    await stage.pass(4);

    const [first, retraction] = stage.traces;
    const wordless = { name: '', statusMessage: '', attributes: '{}', events: '[]', links: '[]' };
    expect(retraction?.spans).toEqual(first?.spans.map((span) => ({ ...span, ...wordless })));
    expect(first?.spans.filter(({ attributes }) => attributes === '{}').length).toBeGreaterThan(10);
    expect(first?.spans.filter(({ attributes }) => attributes !== '{}').length).toBeGreaterThan(10);
  });

  it('goes into a record of its own, beside small ones that are whole', async () => {
    const settings = { MAX_RECORD_BYTES: '400000', MAX_SPANS_PER_TRACE: '1000' };
    const stage = new StageUnderTest(settings);
    const small = (trace: number): SpanToSend => ({
      ...root,
      trace: `${trace}`,
      attributes: { text: noise(20_000, trace).slice(0, 4000) },
    });
    await stage.send(0, ...Array.from({ length: 60 }, (_, i) => small(i + 1)));
    await stage.send(
      0,
      { ...root, trace: 'aaaa' },
      ...children(900, (number) => ({ trace: 'aaaa', attributes: { text: noise(1000, number) } })),
    );
    await stage.send(0, ...Array.from({ length: 60 }, (_, i) => small(i + 100)));
    await stage.pass(1);

    expect(Math.max(...sizes(stage))).toBeLessThanOrEqual(400_000 - 64 * 1024);
    expect(stage.traces).toHaveLength(121);
    expect(stage.traces.filter(({ spans }) => spans.length === 1 && spans[0]?.attributes !== '{}')).toHaveLength(120);
    expect(await stage.counted('trimmed_traces')).toBe(1);
  });

  it('that fits into no record even without words is told of in the dead letters, and stops nothing', async () => {
    const settings = { MAX_RECORD_BYTES: '300000', MAX_SPANS_PER_TRACE: '1000' };
    const stage = new StageUnderTest(settings);
    const named = children(500, (number) => ({
      trace: 'bad',
      service: `${number}-${'a'.repeat(200)}`,
      resource: {
        'service.namespace': `${number}-${'b'.repeat(200)}`,
        'deployment.environment.name': `${number}-${'c'.repeat(200)}`,
      },
    }));
    await stage.send(0, { ...root, trace: 'bad' }, ...named);
    await stage.send(0, { ...root, trace: 'c0de' });
    await stage.pass(1);
    await stage.send(2, child(999, { trace: 'bad' }));
    await stage.pass(20);

    expect(stage.traces.map(({ spans }) => spans.length)).toEqual([1]);
    expect(stage.deadLetters).toHaveLength(2);
    expect(stage.deadLetters[0]).toMatchObject({
      value: Buffer.alloc(0),
      headers: {
        'plumbline-reason':
          'trace 00000000000000000000000000000bad of 501 spans does not fit into 234464 bytes, even without texts',
        'plumbline-source-topic': 'traces',
        'plumbline-source-offset': '0',
      },
    });
    expect(await stage.counted('unsendable_spans')).toBe(502);
  });

  it('never makes a record larger than the topic allows, whatever it is made of', async () => {
    const words = fc.oneof(fc.string({ unit: 'binary', maxLength: 3000 }), fc.string({ maxLength: 300 }));
    const span = fc.record({
      service: fc.string({ minLength: 1, maxLength: 20 }),
      name: words,
      statusMessage: words,
      kind: fc.constantFrom(1, 2, 3),
      attributes: fc.dictionary(fc.string({ minLength: 1, maxLength: 200 }), words, { maxKeys: 12 }),
      resource: fc.dictionary(fc.string({ minLength: 1, maxLength: 30 }), words, { maxKeys: 4 }),
      events: fc.array(
        fc.record({ name: words, attributes: fc.dictionary(fc.string({ minLength: 1 }), words, { maxKeys: 3 }) }),
        {
          maxLength: 4,
        },
      ),
    });
    const traces = fc.array(fc.array(span, { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(traces, async (all) => {
        const stage = new StageUnderTest({
          MAX_RECORD_BYTES: '180000',
          MAX_MESSAGE_BYTES: '60000',
          MAX_SPANS_PER_TRACE: '100',
          MAX_VALUE_BYTES: '2500',
        });
        let sent = 0;
        for (const [number, spans] of all.entries()) {
          sent += spans.length;
          await stage.sendBytes(
            0,
            otlpRequest(spans.map((each, i) => ({ ...each, id: `${i + 1}`, trace: `${number + 1}` }))),
          );
        }
        await stage.pass(100);
        expect(Math.max(...sizes(stage))).toBeLessThanOrEqual(180_000 - 64 * 1024);
        const written = stage.traces.reduce((sum, { spans }) => sum + spans.length, 0);
        expect(written + (await stage.counted('unsendable_spans'))).toBe(sent);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a trace that goes on growing', () => {
  it('is written again less and less often, so that its bytes do not grow with the square of its spans', async () => {
    const stage = new StageUnderTest();
    await stage.send(0, root);
    for (let second = 3; second <= 600; second += 3) await stage.send(second, child(second));
    await stage.pass(700);
    const revisions = stage.traces.filter((trace) => !isRetraction(trace));
    // 200 spans 3 s apart: after the fifth emission the waits of 4 s and more are never over, and a minute ends each.
    expect(revisions.length).toBeLessThanOrEqual(20);
    expect(revisions.at(-1)?.spans).toHaveLength(201);
  });
});

describe('a limit of records', () => {
  it('that has no room for the longest trace even without words is an error that says so', () => {
    expect(() => preprocessingConfig({ MAX_RECORD_BYTES: '1000000' })).toThrow(
      /1000000 bytes have no room for a trace of 10000 spans \(MAX_SPANS_PER_TRACE\), which needs \d+ even without texts/,
    );
    expect(preprocessingConfig({ MAX_RECORD_BYTES: '1000000', MAX_SPANS_PER_TRACE: '9000' }).maxRecordBytes).toBe(
      934_464,
    );
  });
});
