import { otlpDescriptor } from '@plumbline/wire';
import protobuf from 'protobufjs';
import { fault, loadNamespace, Traffic } from './traffic';

interface Decoded {
  readonly resourceSpans: readonly {
    readonly resource: {
      readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[];
    };
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly traceId: Uint8Array;
        readonly spanId: Uint8Array;
        readonly parentSpanId: Uint8Array;
        readonly startTimeUnixNano: string;
        readonly endTimeUnixNano: string;
      }[];
    }[];
  }[];
}

const exportRequest = protobuf.Root.fromJSON(otlpDescriptor).lookupType('ExportTraceServiceRequest');
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function spansOf(bytes: Uint8Array) {
  const { resourceSpans } = exportRequest.toObject(exportRequest.decode(bytes), {
    longs: String,
    defaults: true,
  }) as Decoded;
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const attribute = (name: string) => resource.attributes.find(({ key }) => key === name)?.value.stringValue ?? '';
    return scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        service: attribute('service.name'),
        namespace: attribute('service.namespace'),
        traceId: hex(span.traceId),
        id: hex(span.spanId),
        parent: hex(span.parentSpanId),
        startMs: Number(BigInt(span.startTimeUnixNano) / 1000n) / 1000,
        endMs: Number(BigInt(span.endTimeUnixNano) / 1000n) / 1000,
      })),
    );
  });
}

describe('traces of the load', () => {
  const nowMs = Date.now();
  const traffic = new Traffic();
  const traces = Array.from({ length: 30 }, () => traffic.trace(nowMs, false));

  it('are trees of spans with ids of their own, in a namespace of their own', () => {
    const ids = new Set<string>();
    for (const { bytes, traceId, spans: count } of traces) {
      const spans = spansOf(bytes);
      expect(spans).toHaveLength(count);
      const own = new Set(spans.map(({ id }) => id));
      expect(own.size).toBe(count);
      expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
      expect(new Set(spans.map(({ namespace }) => namespace))).toEqual(new Set([loadNamespace]));
      const roots = spans.filter(({ parent }) => parent === '');
      expect(roots.map(({ service }) => service)).toEqual(['gateway']);
      for (const { parent } of spans) if (parent !== '') expect(own).toContain(parent);
      for (const id of own) ids.add(id);
    }
    expect(ids.size).toBe(traces.reduce((sum, { spans }) => sum + spans, 0));
    expect(new Set(traces.map(({ traceId }) => traceId)).size).toBe(traces.length);
  });

  it('end now, and children within their parents', () => {
    for (const { bytes } of traces) {
      const spans = spansOf(bytes);
      const byId = new Map(spans.map((span) => [span.id, span]));
      for (const { parent, startMs, endMs } of spans) {
        expect(endMs).toBeGreaterThan(startMs);
        const above = byId.get(parent);
        if (above === undefined) expect(Math.abs(endMs - nowMs)).toBeLessThan(0.1);
        else {
          expect(startMs).toBeGreaterThanOrEqual(above.startMs - 0.01);
          expect(endMs).toBeLessThanOrEqual(above.endMs + 0.01);
        }
      }
    }
  });

  it('make one service slow with the fault, and no journey that does not pass it', () => {
    const durations = (isFaulty: boolean) =>
      Array.from({ length: 3 }, () => {
        const spans = spansOf(traffic.trace(nowMs, isFaulty).bytes);
        const passes = spans.some(({ service }) => service === fault.service);
        const root = spans.find(({ parent }) => parent === '');
        return { passes, ms: (root?.endMs ?? 0) - (root?.startMs ?? 0) };
      });
    for (const { ms } of durations(false)) expect(ms).toBeLessThan(200);
    for (const { passes, ms } of durations(true)) expect(ms > fault.delayMs).toBe(passes);
    expect(durations(true).filter(({ passes }) => passes)).toHaveLength(1);
  });

  it('may stand after one another in one request', () => {
    const [first, second] = traces;
    const body = Buffer.concat([first?.bytes ?? Buffer.alloc(0), second?.bytes ?? Buffer.alloc(0)]);
    expect(spansOf(body)).toHaveLength((first?.spans ?? 0) + (second?.spans ?? 0));
  });
});
