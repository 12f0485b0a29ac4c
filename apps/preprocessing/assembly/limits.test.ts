import { traceFlags } from '@plumbline/wire';
import type { SpanToSend } from '../testing';
import { outline, StageUnderTest } from '../testing-stage';

const root: SpanToSend = { id: 'a', service: 'gateway', name: 'GET /cart', kind: 2, durationMs: 100 };

describe('limits', () => {
  it('leave out spans beyond those a trace may have, and flag it', async () => {
    const stage = new StageUnderTest({ MAX_SPANS_PER_TRACE: '3' });
    await stage.send(0, root, ...['1', '2', '3', '4'].map((id) => ({ id, parent: 'a' })));
    await stage.pass(1);
    expect(stage.traces[0]?.spans).toHaveLength(3);
    expect(stage.traces[0]?.flags).toBe(traceFlags.complete | traceFlags.truncated);
    expect(await stage.counted('truncated_spans')).toBe(2);
  });

  it('emit the oldest trace early when too many spans are open', async () => {
    const stage = new StageUnderTest({ MAX_OPEN_SPANS: '10' });
    for (let i = 1; i <= 25; i += 1) await stage.send(0, { ...root, trace: `${i}` });
    expect(stage.traces.map(({ traceId }) => parseInt(traceId, 10))).toEqual(
      Array.from({ length: 15 }, (_, i) => i + 1),
    );
    expect(await stage.counted('evicted_traces')).toBe(15);
    expect(stage.committable).toBe(15);
  });

  it('do the same for bytes, so that memory is bounded', async () => {
    const stage = new StageUnderTest({ MAX_OPEN_BYTES: String(1024 * 1024) });
    const attributes = { text: 'x'.repeat(20_000) };
    for (let i = 1; i <= 200; i += 1) await stage.send(0, { ...root, trace: `${i}`, attributes });
    await stage.pass(1);
    expect(stage.traces).toHaveLength(200);
    const open = await stage.registry.getSingleMetric('plumbline_preprocessing_open')?.get();
    const bytes = open?.values.find(({ labels }) => labels['of'] === 'bytes')?.value;
    expect(bytes).toBeLessThanOrEqual(1024 * 1024 + 256 * 1024);
  });

  it('count traces of one short span by what they take beside it', async () => {
    const stage = new StageUnderTest({ MAX_OPEN_BYTES: String(1024 * 1024) });
    for (let i = 1; i <= 40; i += 1) {
      await stage.send(0, ...Array.from({ length: 100 }, (_, n) => ({ ...root, trace: `${100 * i + n}` })));
    }
    expect(await stage.counted('evicted_traces')).toBeGreaterThan(500);
  });

  it('divide the bytes among the partitions of the process', async () => {
    const evicted = async (partitions: number): Promise<number> => {
      const stage = new StageUnderTest({ MAX_OPEN_BYTES: String(8 * 1024 * 1024) });
      await stage.assign(partitions);
      const attributes = { text: 'x'.repeat(20_000) };
      for (let i = 1; i <= 200; i += 1) await stage.send(0, { ...root, trace: `${i}`, attributes });
      return stage.counted('evicted_traces');
    };
    expect(await evicted(1)).toBe(0);
    expect(await evicted(8)).toBeGreaterThan(100);
  });

  it('hold for a trace of many spans, each with a parent that is the next', async () => {
    const stage = new StageUnderTest();
    const chain = Array.from({ length: 5000 }, (_, i): SpanToSend => ({
      id: (i + 1).toString(16),
      ...(i === 4999 ? {} : { parent: (i + 2).toString(16) }),
    }));
    await stage.send(0, ...chain);
    await stage.pass(1);
    expect(stage.traces[0]?.spans).toHaveLength(5000);
    expect(stage.traces[0]?.flags).toBe(traceFlags.complete);
  });

  it('hold for spans whose parents go round in a circle', async () => {
    const stage = new StageUnderTest();
    await stage.send(
      0,
      { id: '1', parent: '3' },
      { id: '2', parent: '1' },
      { id: '3', parent: '2' },
      { id: '4', parent: '4' },
    );
    await stage.pass(10);
    expect(outline(stage.traces)).toEqual([[1, '1234']]);
    expect(stage.traces[0]?.flags).toBe(0);
  });
});
