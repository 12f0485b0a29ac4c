import { delayed, ownMs, slowTrace } from './delayed';
import { drawSystem } from './draw';
import { spanKinds, SystemError } from './system';
import { cleanTraces, toOtlpJson, type Trace, type TraceSpan } from './traces';

const times = (trace: Trace) =>
  Object.fromEntries(trace.spans.map(({ spanId, startUs, endUs }) => [spanId, [startUs / 1000, endUs / 1000]]));

describe('delaying a service in a trace', () => {
  // front ─┬ a (0–100 at 10) ── A
  //        ├ b (at the same time, ends later) ── B
  //        └ c, after both ── C
  const trace: Trace = {
    traceId: '1'.repeat(32),
    spans: [
      span('front', 'front', 2, 0, 200),
      span('a', 'front', 3, 10, 60, 'front'),
      span('A', 'A', 2, 15, 55, 'a'),
      span('b', 'front', 3, 10, 100, 'front'),
      span('B', 'B', 2, 15, 95, 'b'),
      span('c', 'front', 3, 110, 190, 'front'),
      span('C', 'C', 2, 115, 185, 'c'),
      span('d', 'C', 3, 120, 130, 'C'),
    ],
  };

  it('makes all that waited for it later', () => {
    expect(times(delayed(trace, 'B', 50))).toEqual({
      front: [0, 250],
      a: [10, 60],
      A: [15, 55],
      b: [10, 150],
      B: [15, 145],
      c: [160, 240],
      C: [165, 235],
      d: [170, 180],
    });
  });

  it('hides as much as a sibling takes longer anyway', () => {
    expect(times(delayed(trace, 'A', 30))).toMatchObject({ front: [0, 200], a: [10, 90], A: [15, 85], c: [110, 190] });
    expect(times(delayed(trace, 'A', 50))).toMatchObject({ front: [0, 210], a: [10, 110], c: [120, 200] });
  });

  it('comes before the calls of the service, whose own time grows by as much', () => {
    const slow = delayed(trace, 'C', 25);
    expect(times(slow)).toMatchObject({ front: [0, 225], c: [110, 215], C: [115, 210], d: [145, 155] });
    const own = (of: Trace) =>
      ownMs(of, of.spans.find(({ service, kind }) => service === 'C' && kind === 2) ?? span('', '', 2, 0, 0));
    expect(own(slow) - own(trace)).toBe(25);
  });

  it('is refused where the service is not', () => {
    expect(() => delayed(trace, 'D', 1)).toThrow(SystemError);
    expect(() => delayed(trace, 'D', 1)).toThrow('has no SERVER span of D');
  });
});

describe('clean traces', () => {
  const system = drawSystem(3, { family: 'growth', services: 10 });
  const traces = cleanTraces(system, 250, 1);

  it('are whole, and the same for the same seed', () => {
    expect(traces).toHaveLength(250);
    expect(new Set(traces.map(({ traceId }) => traceId)).size).toBe(250);
    expect(
      traces.every(({ traceId, spans }) => /^[0-9a-f]{32}$/.test(traceId) && spans[0]?.parentSpanId === undefined),
    ).toBe(true);
    const orphans = traces.flatMap(({ spans }) => {
      const ids = new Set(spans.map(({ spanId }) => spanId));
      return spans.filter(({ parentSpanId }) => parentSpanId !== undefined && !ids.has(parentSpanId));
    });
    expect(orphans).toEqual([]);
    expect(cleanTraces(system, 250, 1)).toEqual(traces);
  });

  it('give one slow trace, by five times the spread of the own time of one operation', () => {
    const slow = slowTrace(traces, 1);
    expect(slow.normal).toHaveLength(249);
    const before = traces.find(({ traceId }) => traceId === slow.abnormal.traceId);
    const own = (trace: Trace | undefined) => {
      const struck = trace?.spans.find(
        ({ service, name, kind }) => service === slow.service && name === slow.operation && kind === spanKinds.server,
      );
      return trace === undefined || struck === undefined ? Number.NaN : ownMs(trace, struck);
    };
    expect(own(slow.abnormal) - own(before)).toBeCloseTo(slow.delayMs, 1);
    expect(slow.delayMs).toBeGreaterThan(0);
  });

  it('are OTLP as JSON', () => {
    const [trace] = traces;
    if (trace === undefined) throw new Error('there is no trace');
    const request = JSON.parse(toOtlpJson(trace)) as { resourceSpans: { scopeSpans: { spans: unknown[] }[] }[] };
    const spans = request.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
    expect(spans).toHaveLength(trace.spans.length);
  });
});

function span(id: string, service: string, kind: number, startMs: number, endMs: number, parent?: string): TraceSpan {
  return {
    service,
    version: '1',
    pod: `${service}-1`,
    node: 'node-1',
    spanId: id,
    ...(parent === undefined ? {} : { parentSpanId: parent }),
    name: id,
    kind,
    startUs: startMs * 1000,
    endUs: endMs * 1000,
    hasFailed: false,
    attributes: {},
  };
}
