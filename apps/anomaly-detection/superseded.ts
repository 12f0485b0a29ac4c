import { traceObjectKey } from '@plumbline/contracts';
import {
  emptyTraceBatch,
  hex,
  parseServiceKey,
  readTraceParquet,
  writeTraceParquet,
  type TraceBatch,
} from '@plumbline/wire';
import { spanCountMetadata, type ObjectStore } from '@plumbline/worker';

export const parquetType = 'application/vnd.apache.parquet';

/** Services of a trace that it may have been taken to enter by; the first ones are the likeliest. */
const mostEntries = 32;

/**
 * Empties the objects of earlier revisions of a trace that lie where it was taken to enter before its first spans came, so that
 * each span is in one object. Workers may write objects, but delete none, so what is left has no rows. An object with a span that the
 * trace does not have, as a fragment that came alone has, stays.
 *
 * @param date in the key of the trace
 * @param key where the trace is stored now
 * @throws {ObjectStoreError}
 */
export async function emptySuperseded(
  store: ObjectStore,
  batch: TraceBatch,
  trace: number,
  { date, key }: { readonly date: string; readonly key: string },
): Promise<void> {
  const { traces, spans, services } = batch;
  const traceId = hex(traces.traceId, trace * 16, 16);
  const held = new Set<string>();
  const keys = new Set<string>();
  for (let row = traces.spanOffsets[trace] ?? 0; row < (traces.spanOffsets[trace + 1] ?? 0); row += 1) {
    held.add(hex(spans.spanId, row * 8, 8));
    const { service } = parseServiceKey(services[spans.service[row] ?? 0] ?? '///');
    keys.add(traceObjectKey({ date, service, traceId }));
  }
  keys.delete(key);
  for (const other of [...keys].slice(0, mostEntries)) await emptyWithin(store, other, held);
}

async function emptyWithin(store: ObjectStore, key: string, held: ReadonlySet<string>): Promise<void> {
  const present = await store.head(key);
  if (present === undefined || present.metadata[spanCountMetadata] === '0') return;
  const bytes = await store.get(key);
  if (bytes === undefined || !readTraceParquet(bytes).every(({ spanId }) => held.has(spanId))) return;
  const nothing = writeTraceParquet(emptyTraceBatch, []);
  // Where somebody else wrote in between, it is not what was looked at.
  const condition = { ifMatch: present.etag };
  await store.put(key, nothing, { contentType: parquetType, metadata: { [spanCountMetadata]: '0' }, condition });
}
