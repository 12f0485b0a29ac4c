import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { traceBatchFrom, type PlainTrace } from './testing';
import { readTraceParquet, TraceParquetError, writeTraceParquet } from './trace-parquet';

const checkout: PlainTrace = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  revision: 2,
  eventTimeMs: 1_700_000_000_000,
  spans: [
    { id: 'root', service: 'default/production/shop/gateway', operation: 'POST /checkout', durationMs: 120 },
    {
      id: 'call',
      parent: 'root',
      service: 'default/production/shop/gateway',
      operation: 'POST',
      durationMs: 100.25,
      startMs: 1_700_000_000_012,
      attributes: { 'http.request.method': 'POST', 'retry.count': 2, 'cache.hit': false, ratio: 0.5 },
    },
    {
      id: 'payment',
      parent: 'call',
      service: 'default/production/shop/payment',
      operation: 'POST /charge/{id}',
      name: 'POST /charge/42 – ü',
      durationMs: 90,
      startMs: 1_700_000_000_016,
      error: true,
      statusMessage: 'card declined',
      resource: { 'k8s.pod.name': 'payment-0' },
      events: '[{"name":"exception","timeUnixNano":"1700000000016000000","attributes":{}}]',
    },
  ],
};

/** Rows as hyparquet reads them, which shares no code with what wrote them; it is an ES module, so it reads in a process of its own. */
function readIndependently(bytes: Uint8Array): { rows: Record<string, unknown>[]; codecs: string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-parquet-'));
  try {
    const file = join(folder, 'trace.parquet');
    writeFileSync(file, bytes);
    const script = `
      import { readFileSync } from 'node:fs';
      import { parquetMetadata, parquetReadObjects } from 'hyparquet';
      const file = new Uint8Array(readFileSync(process.argv[1])).buffer;
      const codecs = parquetMetadata(file).row_groups.flatMap((group) => group.columns.map((c) => c.meta_data.codec));
      const rows = await parquetReadObjects({ file });
      console.log(JSON.stringify({ rows, codecs }, (_, value) => (typeof value === 'bigint' ? String(value) : value)));`;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script, file], { cwd: __dirname });
    return JSON.parse(output.toString('utf8')) as ReturnType<typeof readIndependently>;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('a trace as Parquet', () => {
  const bytes = writeTraceParquet(traceBatchFrom([checkout]), [0]);

  test('is read by another reader, with identifiers in hexadecimal and attributes as JSON', () => {
    const { rows } = readIndependently(bytes);
    expect(rows).toHaveLength(3);
    expect(rows[2]).toMatchObject({
      trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
      tenant: 'default',
      environment: 'production',
      namespace: 'shop',
      service: 'payment',
      operation: 'POST /charge/{id}',
      name: 'POST /charge/42 – ü',
      kind: 'server',
      start_time: '2023-11-14T22:13:20.016Z',
      start_unix_nano: '1700000000016000000',
      duration_ns: '90000000',
      duration_ms: 90,
      self_ms: 90,
      gap_ms: null,
      error: true,
      status_code: 'error',
      status_message: 'card declined',
      entry: true,
      resource_attributes: '{"k8s.pod.name":"payment-0"}',
      events: '[{"name":"exception","timeUnixNano":"1700000000016000000","attributes":{}}]',
      links: '[]',
      revision: 2,
    });
    expect(rows[1]).toMatchObject({ kind: 'client', gap_ms: 10.25, parent_span_id: rows[0]?.span_id });
    expect(rows[0]).toMatchObject({ parent_span_id: '' });
    expect(JSON.parse(String(rows[1]?.attributes))).toEqual({
      'http.request.method': 'POST',
      'retry.count': 2,
      'cache.hit': false,
      ratio: 0.5,
    });
  });

  test('is compressed with Snappy in every column', () => {
    expect(new Set(readIndependently(bytes).codecs)).toEqual(new Set(['SNAPPY']));
  });

  test('comes back as the spans that went in', () => {
    const spans = readTraceParquet(bytes);
    expect(spans.map(({ service, operation }) => `${service} ${operation}`)).toEqual([
      'gateway POST /checkout',
      'gateway POST',
      'payment POST /charge/{id}',
    ]);
    expect(spans[2]).toMatchObject({
      startUnixNano: 1_700_000_000_016_000_000n,
      durationNano: 90_000_000n,
      gapMs: null,
    });
    expect(spans[1]?.gapMs).toBe(10.25);
    expect(spans[2]?.parentSpanId).toBe(spans[1]?.spanId);
  });

  test('is the same bytes in whatever company and order its spans came', () => {
    const [root, call, payment] = checkout.spans;
    if (root === undefined || call === undefined || payment === undefined) throw new RangeError('three spans');
    const sibling = { ...payment, id: 'audit', parent: 'root', operation: 'audit', startMs: 1_700_000_000_090 };
    const one = traceBatchFrom([{ ...checkout, spans: [root, call, payment, sibling] }]);
    const other = traceBatchFrom([
      { spans: [{ id: 'x', service: 'another', operation: 'first in the dictionaries', durationMs: 1 }] },
      { ...checkout, spans: [root, sibling, call, payment] },
    ]);
    expect(Buffer.compare(writeTraceParquet(one, [0]), writeTraceParquet(other, [1]))).toBe(0);
  });

  test('may share a file with others', () => {
    const batch = traceBatchFrom([checkout, { ...checkout, traceId: 'f'.repeat(32) }]);
    const ids = readTraceParquet(writeTraceParquet(batch, [0, 1])).map(({ traceId }) => traceId);
    expect(ids).toEqual([...Array<string>(3).fill(checkout.traceId ?? ''), ...Array<string>(3).fill('f'.repeat(32))]);
  });

  test('is told apart from what is no trace', () => {
    expect(() => readTraceParquet(Buffer.from('PAR1, or so it says'))).toThrow(TraceParquetError);
  });
});
