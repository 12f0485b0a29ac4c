import { tableFromIPC } from 'apache-arrow';
import fc from 'fast-check';
import { spanFlags, traceFlags, type TraceBatch } from './trace-batch';
import { decodeTraceBatch, encodeTraceBatch } from './trace-batch-codec';
import { storedSpans } from './trace-columns';
import { traceBatchFrom, type PlainTrace } from './testing';
import { WireError } from './wire-error';

const checkout: PlainTrace = {
  eventTimeMs: 1_700_000_000_000,
  spans: [
    { id: 'a', service: 'gateway', operation: 'GET /cart', startMs: 1_700_000_000_000, durationMs: 120.5 },
    { id: 'b', parent: 'a', service: 'gateway', operation: 'GET', durationMs: 100, startMs: 1_700_000_000_010 },
    {
      id: 'c',
      parent: 'b',
      service: 'cart',
      operation: 'GET /cart/{id}',
      name: 'GET /cart/7',
      startMs: 1_700_000_000_015,
      durationMs: 80,
      error: true,
      statusMessage: 'größer als erlaubt',
      attributes: { 'http.response.status_code': 500, user_id: 'u-1', cached: false },
      resource: { 'service.version': '1.2.3' },
      events: '[{"name":"exception","timeUnixNano":"1","attributes":{}}]',
    },
  ],
};
const retracted: PlainTrace = {
  revision: 2,
  retraction: true,
  spans: [{ id: 'x', parent: 'gone', service: 'cart', operation: 'GET /', durationMs: 3, peer: 'peer:redis/0' }],
};

const plain = (batch: TraceBatch) =>
  Array.from({ length: batch.traces.count }, (_, trace) => ({
    eventTimeMs: batch.traces.eventTimeMs[trace],
    flags: batch.traces.flags[trace],
    entryService: batch.services[batch.traces.entryService[trace] ?? -1],
    entryOperation: batch.operations[batch.traces.entryOperation[trace] ?? -1],
    spans: storedSpans(batch, trace),
  }));

describe('trace batch codec', () => {
  const batch = traceBatchFrom([checkout, retracted]);

  it('gives back what was encoded', () => {
    const decoded = decodeTraceBatch(encodeTraceBatch(batch));
    expect(plain(decoded)).toEqual(plain(batch));
    expect(decoded.spans.parentRow).toEqual(Int32Array.of(-1, 0, 1, -1));
    expect(decoded.spans.entryRow).toEqual(Int32Array.of(0, 0, 2, 3));
    expect(decoded.traces.flags).toEqual(Uint8Array.of(traceFlags.complete, traceFlags.retraction));
    expect(decoded.spans.flags[2]).toBe(spanFlags.error | spanFlags.origin | spanFlags.entry);
  });

  it('carries a batch without traces, as heartbeats do', () => {
    const decoded = decodeTraceBatch(encodeTraceBatch(traceBatchFrom([])));
    expect(decoded.traces.count).toBe(0);
    expect(decoded.spans.count).toBe(0);
    expect(decoded.traces.spanOffsets).toEqual(Int32Array.of(0));
  });

  it('reads features as views of the bytes, without a copy', () => {
    const bytes = encodeTraceBatch(batch);
    const { spans } = decodeTraceBatch(bytes);
    expect(spans.selfMs.buffer).toBe(bytes.buffer);
    expect(spans.startUnixNano.buffer).toBe(bytes.buffer);
  });

  it('reads bytes at an odd position of a larger buffer', () => {
    const bytes = encodeTraceBatch(batch);
    const larger = new Uint8Array(bytes.length + 3);
    larger.set(bytes, 3);
    expect(plain(decodeTraceBatch(larger.subarray(3)))).toEqual(plain(batch));
  });

  it('leaves out what columns hold beyond their count', () => {
    const one = traceBatchFrom([checkout]);
    const padded = { ...one, traces: { ...one.traces, revision: Uint16Array.of(1, 9, 9, 9) } };
    expect(plain(decodeTraceBatch(encodeTraceBatch(padded)))).toEqual(plain(one));
  });

  it('is an Arrow stream that other readers understand', () => {
    const row = tableFromIPC(encodeTraceBatch(batch)).get(0)?.toJSON() as Record<string, unknown>;
    expect(row['entry_service']).toBe('default///gateway');
    expect(row['revision']).toBe(1);
    expect((row['spans'] as { length: number }).length).toBe(3);
  });

  it.each<[string, TraceBatch]>([
    ['a service outside the dictionary', { ...batch, services: [] }],
    ['an operation below zero', { ...batch, spans: { ...batch.spans, operation: Int32Array.of(0, 0, -1, 0) } }],
    ['a parent after its child', { ...batch, spans: { ...batch.spans, parentRow: Int32Array.of(1, 0, 1, -1) } }],
    ['a parent in another trace', { ...batch, spans: { ...batch.spans, parentRow: Int32Array.of(-1, 0, 1, 2) } }],
    ['an entry below its span', { ...batch, spans: { ...batch.spans, entryRow: Int32Array.of(0, 2, 2, 3) } }],
    ['span offsets that fall', { ...batch, traces: { ...batch.traces, spanOffsets: Int32Array.of(0, 5, 4) } }],
    ['span offsets beyond the spans', { ...batch, traces: { ...batch.traces, spanOffsets: Int32Array.of(0, 3, 9) } }],
    ['too few features', { ...batch, spans: { ...batch.spans, selfMs: new Float32Array(2) } }],
    [
      'an event time that is no number',
      { ...batch, traces: { ...batch.traces, eventTimeMs: Float64Array.of(NaN, 1) } },
    ],
    ['an unknown attribute type', withAttributeTypes(batch, Uint8Array.of(0, 0, 99))],
  ])('refuses %s', (_, hostile) => {
    expect(() => decodeTraceBatch(encodeTraceBatch(hostile))).toThrow(WireError);
  });

  it('refuses an Arrow stream of another version, and names it', () => {
    const bytes = Buffer.from(encodeTraceBatch(batch));
    const at = bytes.indexOf('trace-batch/1');
    bytes.write('trace-batch/7', at);
    expect(() => decodeTraceBatch(bytes)).toThrow(/trace-batch\/7/);
  });

  it('throws a WireError, and nothing else, for bytes that were cut or changed', () => {
    const bytes = encodeTraceBatch(batch);
    const change = fc.record({ at: fc.nat(bytes.length - 1), to: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), fc.nat(bytes.length), (changes, length) => {
        const hostile = Uint8Array.from(bytes);
        for (const { at, to } of changes) hostile[at] = to;
        for (const candidate of [hostile, hostile.subarray(0, length)]) {
          try {
            plain(decodeTraceBatch(candidate));
          } catch (error) {
            expect(error).toBeInstanceOf(WireError);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});

function withAttributeTypes(batch: TraceBatch, type: Uint8Array): TraceBatch {
  return { ...batch, spans: { ...batch.spans, attributes: { ...batch.spans.attributes, type } } };
}
