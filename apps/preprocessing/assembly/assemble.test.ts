import { spanFlags, traceFlags } from '@plumbline/wire';
import type { StreamRecord } from '@plumbline/worker';
import fc from 'fast-check';
import { otlpRequest, testEpochMs, type SpanToSend } from '../testing';
import { outline, StageUnderTest, type EmittedTrace } from '../testing-stage';

const root: SpanToSend = { id: 'a', service: 'gateway', name: 'GET /cart', kind: 2, durationMs: 100 };
const call: SpanToSend = { id: 'b', parent: 'a', service: 'gateway', name: 'GET', kind: 3, durationMs: 80 };
const served: SpanToSend = { id: 'c', parent: 'b', service: 'cart', name: 'GET /cart', kind: 2, durationMs: 60 };

/** What takes an emission back says nothing in words. */
const wordless = (trace: EmittedTrace | undefined) => trace?.spans.map((span) => ({ ...span, name: '' }));

describe('a trace', () => {
  it('that looks complete is emitted after a second of silence', async () => {
    const stage = new StageUnderTest();
    await stage.send(0, root, call);
    await stage.send(0.9, served);
    await stage.pass(1.8);
    expect(stage.traces).toEqual([]);
    await stage.pass(1.9);
    expect(outline(stage.traces)).toEqual([[1, 'abc']]);
    expect(stage.traces[0]?.flags).toBe(traceFlags.complete);
  });

  it('whose root is missing is emitted after ten seconds of silence', async () => {
    const stage = new StageUnderTest();
    await stage.send(0, call, served);
    await stage.pass(9.9);
    expect(stage.traces).toEqual([]);
    await stage.pass(10);
    expect(outline(stage.traces)).toEqual([[1, 'bc']]);
    expect(stage.traces[0]?.flags).toBe(0);
  });

  it('whose spans name a parent that never came is incomplete, though it has a root', async () => {
    const stage = new StageUnderTest();
    await stage.send(0, root, served);
    await stage.pass(9.9);
    expect(stage.traces).toEqual([]);
    await stage.pass(10);
    expect(outline(stage.traces)).toEqual([[1, 'ac']]);
  });

  it('keeps both ends of a call that have one id, as with Zipkin, each where it belongs', async () => {
    const client = { ...call, name: 'call cart' };
    const server: SpanToSend = { ...served, id: 'b', parent: 'a', name: 'serve cart' };
    const below: SpanToSend = { id: 'd', parent: 'b', service: 'cart', name: 'SELECT', kind: 3, durationMs: 20 };
    for (const order of [
      [root, client, server, below],
      [below, server, client, root],
      [server, server, client, client, root, below],
    ]) {
      const stage = new StageUnderTest();
      await stage.send(0, ...order);
      await stage.pass(2);
      const [trace] = stage.traces;
      const [batch] = stage.batches;
      const names = trace?.spans.map(({ name }) => name) ?? [];
      const parents = [...(batch?.spans.parentRow ?? [])].map((row) => names[row] ?? '-');
      expect(Object.fromEntries(names.map((name, row) => [name, parents[row]]))).toEqual({
        'GET /cart': '-',
        'call cart': 'GET /cart',
        'serve cart': 'call cart',
        SELECT: 'serve cart',
      });
      expect((trace?.flags ?? 0) & traceFlags.complete).toBe(traceFlags.complete);
    }
  });

  it('that never falls silent is emitted after a minute', async () => {
    const stage = new StageUnderTest();
    for (let second = 0; second <= 59; second += 1) await stage.send(second, { id: `${second + 10}`, parent: 'f' });
    expect(stage.traces).toEqual([]);
    await stage.send(60, { id: 'ff', parent: 'f' });
    expect(stage.traces).toHaveLength(1);
    expect(stage.traces[0]?.spans).toHaveLength(60);
  });

  it('is emitted again whole when a span comes late, after taking back what was said before', async () => {
    const stage = new StageUnderTest();
    await stage.send(0, root, call);
    await stage.pass(1);
    await stage.send(8, served);
    await stage.pass(9);
    expect(outline(stage.traces)).toEqual([
      [1, 'ab'],
      [-1, 'ab'],
      [2, 'abc'],
    ]);
    const [first, retraction] = stage.traces;
    expect(retraction?.spans).toEqual(wordless(first));
    expect(await stage.counted('traces')).toBe(1);
    expect(await stage.counted('revisions')).toBe(1);
  });

  it('stays mergeable for thirty seconds after each emission', async () => {
    const stage = new StageUnderTest();
    await stage.send(0, root);
    await stage.send(30.9, call);
    await stage.send(61.8, served);
    await stage.pass(70);
    expect(outline(stage.traces)).toEqual([
      [1, 'a'],
      [2, 'ab'],
      [3, 'abc'],
    ]);
  });

  it('counts only what is new when the window of what was said before may be closed', async () => {
    const stage = new StageUnderTest();
    await stage.send(0, root, call);
    await stage.pass(1);
    await stage.send(20, served);
    await stage.pass(21);
    await stage.send(22, { ...served, id: 'd' });
    await stage.pass(23);
    expect(outline(stage.traces)).toEqual([
      [1, 'ab'],
      [2, 'abc'],
      [-2, 'abc'],
      [3, 'abcd'],
    ]);
    expect(await stage.counted('revisions')).toBe(2);
    const [first, second, retraction, third] = stage.traces;
    expect([first, second, third].map((trace) => (trace?.flags ?? 0) & traceFlags.late)).toEqual([
      0,
      traceFlags.late,
      traceFlags.late,
    ]);
    expect(retraction?.spans).toEqual(wordless(second));
    const counted = (trace: EmittedTrace | undefined) =>
      trace?.spans.filter(({ flags }) => (flags & spanFlags.counted) !== 0).map(({ spanId }) => spanId.slice(-1));
    expect(counted(first)).toEqual([]);
    expect(counted(second)).toEqual(['a', 'b']);
    expect(counted(third)).toEqual(['a', 'b']);
    expect(second?.eventTimeMs).toBe(testEpochMs + 16_000);
    expect(third?.eventTimeMs).toBe(second?.eventTimeMs);
  });

  it('begins anew at revision 32768 with spans that come later than that, and they count as late', async () => {
    const stage = new StageUnderTest();
    await stage.send(0, root);
    await stage.send(32, call);
    await stage.pass(42);
    await stage.send(80, served);
    await stage.pass(100);
    expect(outline(stage.traces)).toEqual([
      [1, 'a'],
      [32_768, 'b'],
      // Does not go on from the one before, so a revision is left out.
      [32_770, 'c'],
    ]);
    expect(await stage.counted('late_spans')).toBe(2);
  });

  it('is never complete when its first spans were forgotten, though the rest look whole', async () => {
    const stage = new StageUnderTest();
    await stage.send(0, call, served);
    await stage.send(90, { ...root, durationMs: 90_000 });
    await stage.pass(91);
    expect(outline(stage.traces)).toEqual([
      [1, 'bc'],
      [32_768, 'a'],
    ]);
    expect(stage.traces[1]?.flags).toBe(traceFlags.late);
    expect(stage.traces[1]?.eventTimeMs).toBe(testEpochMs + 85_000);
  });

  it('has each span once, however often it was sent, and repetitions do not keep it waiting', async () => {
    const stage = new StageUnderTest();
    await stage.send(0, root, call, root);
    await stage.send(0.5, root, call);
    await stage.pass(1);
    expect(outline(stage.traces)).toEqual([[1, 'ab']]);
    await stage.send(5, call);
    await stage.pass(20);
    expect(stage.traces).toHaveLength(1);
    expect(await stage.counted('repeated_spans')).toBe(4);
  });

  it('keeps entry service, entry operation and event time while their window is open', async () => {
    const stage = new StageUnderTest({ INCOMPLETE_AFTER_SECONDS: '5' });
    await stage.send(0, { ...call, startMs: testEpochMs - 500 }, served);
    await stage.pass(5);
    await stage.send(6, { ...root, service: 'edge', startMs: testEpochMs - 1000 });
    await stage.pass(20);
    const [first, , second] = stage.traces;
    expect(first?.entryService).toBe('default///gateway');
    expect(second?.spans.some(({ service }) => service === 'edge')).toBe(true);
    for (const trace of [first, second]) {
      expect(trace?.entryService).toBe('default///gateway');
      expect(trace?.entryOperation).toBe('GET');
      expect(trace?.eventTimeMs).toBe(testEpochMs - 500);
    }
  });

  it('enters where its root does when that ends long after its children', async () => {
    const stage = new StageUnderTest();
    await stage.send(0, { ...call, startMs: testEpochMs - 500 }, served);
    await stage.pass(10);
    await stage.send(39, { ...root, service: 'edge', startMs: testEpochMs - 1000, durationMs: 40_000 });
    await stage.pass(40);
    const [first, second] = stage.traces;
    expect(first?.entryService).toBe('default///gateway');
    expect(second).toMatchObject({ revision: 2, entryService: 'default///edge', eventTimeMs: testEpochMs + 34_000 });
    expect(second?.flags).toBe(traceFlags.complete | traceFlags.late);
  });
});

describe('what a restart needs', () => {
  it('is the record with the first span of the oldest trace that can still be merged', async () => {
    const stage = new StageUnderTest();
    expect(stage.committable).toBeUndefined();
    await stage.send(0, { ...root, trace: '1' });
    await stage.send(5, { ...root, trace: '2' });
    await stage.pass(20);
    expect(stage.committable).toBe(0);
    await stage.pass(31);
    expect(stage.committable).toBe(1);
    await stage.pass(36);
    expect(stage.committable).toBe(5);
  });
});

describe('the same spans', () => {
  /** Traces of up to four spans over half a minute, and all the parents they name. */
  const spans = fc.array(
    fc.record({
      atSeconds: fc.nat(300).map((tenths) => tenths / 10),
      trace: fc.nat(5),
      id: fc.nat(3),
    }),
    { minLength: 1, maxLength: 40 },
  );
  const span = ({ trace, id }: { trace: number; id: number }): SpanToSend => ({
    trace: `${trace + 1}`,
    id: `${id + 1}`,
    ...(id === 0 ? {} : { parent: `${id}` }),
    service: `service-${id % 2}`,
    kind: 1 + (id % 3),
    startMs: testEpochMs + id,
    durationMs: 20 - id * 2,
  });
  const recordsOf = (sent: readonly { atSeconds: number; trace: number; id: number }[]): StreamRecord[] =>
    sent.map((each, offset) => ({
      offset,
      timestampMs: testEpochMs + each.atSeconds * 1000,
      key: null,
      value: otlpRequest([span(each)]),
      headers: {},
    }));

  it('give the same traces whatever batches they are read in', async () => {
    await fc.assert(
      fc.asyncProperty(spans, fc.array(fc.nat(40), { maxLength: 5 }), async (sent, cuts) => {
        const records = recordsOf([...sent].sort((a, b) => a.atSeconds - b.atSeconds));
        const whole = new StageUnderTest();
        await whole.sendRecords(records);
        await whole.pass(200);
        const inPieces = new StageUnderTest();
        const ends = [...cuts, records.length].sort((a, b) => a - b);
        for (const [i, end] of ends.entries()) {
          const piece = records.slice(ends[i - 1] ?? 0, end);
          if (piece.length > 0) await inPieces.sendRecords(piece);
        }
        await inPieces.pass(200);
        expect(inPieces.traces).toEqual(whole.traces);
      }),
      { numRuns: 60 },
    );
  });

  it('give the same traces again after a restart from what was committable', async () => {
    await fc.assert(
      fc.asyncProperty(spans, fc.nat(40), async (sent, at) => {
        const records = recordsOf([...sent].sort((a, b) => a.atSeconds - b.atSeconds));
        const before = new StageUnderTest();
        const read = records.slice(0, Math.max(1, at));
        await before.sendRecords(read);
        const after = new StageUnderTest();
        const rest = records.slice(before.committable ?? 0);
        if (rest.length > 0) await after.sendRecords(rest);
        await after.pass(200);
        const uninterrupted = new StageUnderTest();
        await uninterrupted.sendRecords(records);
        await uninterrupted.pass(200);

        const key = ({ traceId, revision, flags }: EmittedTrace) =>
          `${traceId} ${revision} ${flags & traceFlags.retraction}`;
        const known = new Map(uninterrupted.traces.map((trace) => [key(trace), trace]));
        const seen = new Map([...before.traces, ...after.traces].map((trace) => [key(trace), trace]));
        expect(new Set(seen.keys())).toEqual(new Set(known.keys()));
        for (const [name, trace] of seen) expect(trace).toEqual(known.get(name));
      }),
      { numRuns: 60 },
    );
  });

  it('give the same spans and features in the end, in whatever order they came', async () => {
    await fc.assert(
      fc.asyncProperty(spans, fc.gen(), async (sent, gen) => {
        const shuffled = gen(() => fc.shuffledSubarray([...sent], { minLength: sent.length }));
        const finals = [sent, shuffled].map(async (order) => {
          const stage = new StageUnderTest();
          await stage.sendRecords(recordsOf(order.map((each) => ({ ...each, atSeconds: 0 }))));
          await stage.pass(200);
          return new Map(stage.traces.map(({ traceId, spans: own }) => [traceId, own]));
        });
        const [straight, other] = await Promise.all(finals);
        expect(other).toEqual(straight);
      }),
      { numRuns: 60 },
    );
  });
});
