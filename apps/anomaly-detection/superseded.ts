import { traceObjectKey } from '@plumbline/contracts';
import {
  emptyTraceBatch,
  hex,
  parseServiceKey,
  readTraceParquet,
  TraceParquetError,
  writeTraceParquet,
  type TraceBatch,
} from '@plumbline/wire';
import { putFuller, spanCountMetadata, type ObjectStore } from '@plumbline/worker';

export const parquetType = 'application/vnd.apache.parquet';

/** Services of a trace that it may have been taken to enter by; the first ones are the likeliest. */
const mostEntries = 32;

/** A revision of a trace after its first, and where it is stored. */
export interface Revision {
  readonly revision: number;
  readonly key: string;
  /** Keys of objects that an earlier revision may lie in: it was taken to enter elsewhere before its first spans came. */
  readonly others: readonly string[];
  /** Ids of its spans. */
  readonly spans: ReadonlySet<string>;
}

/** @param date in the key of the trace */
export function revisionOf(batch: TraceBatch, trace: number, key: string, date: string): Revision {
  const { traces, spans, services } = batch;
  const traceId = hex(traces.traceId, trace * 16, 16);
  const entries = new Set<string>();
  for (let row = traces.spanOffsets[trace] ?? 0; row < (traces.spanOffsets[trace + 1] ?? 0); row += 1) {
    entries.add(parseServiceKey(services[spans.service[row] ?? 0] ?? '///').service);
  }
  const keys = new Set([...entries].map((service) => traceObjectKey({ date, service, traceId })));
  keys.delete(key);
  const others = [...keys].slice(0, mostEntries);
  return { revision: traces.revision[trace] ?? 1, key, others, spans: new Set(spanIdsOf(batch, trace)) };
}

/** Whether what was to be stored elsewhere is all in a later revision. */
export function isSuperseded(batch: TraceBatch, trace: number, key: string, by: Revision): boolean {
  const isEarlier = (batch.traces.revision[trace] ?? 1) < by.revision && key !== by.key;
  return isEarlier && spanIdsOf(batch, trace).every((id) => by.spans.has(id));
}

/**
 * Empties an object whose spans are all in a later revision, so that each span is in one object. Workers may write objects, but
 * delete none, so what is left has no rows. An object with another span, as a fragment that came alone has, stays.
 *
 * @throws {ObjectStoreError}
 */
export async function emptySuperseded(store: ObjectStore, key: string, by: Revision): Promise<void> {
  const present = await store.head(key);
  if (present === undefined || present.metadata[spanCountMetadata] === '0') return;
  const bytes = await store.get(key);
  if (bytes === undefined || !isWithin(bytes, by.spans)) return;
  const metadata = { [spanCountMetadata]: '0' };
  // Where somebody else wrote in between, it is not what was looked at.
  await store.put(key, emptyObject(), { contentType: parquetType, metadata, condition: { ifMatch: present.etag } });
}

/** Puts an empty object where one was to be that is superseded already: its verdict, and a manifest, name it. */
export async function putSuperseded(store: ObjectStore, key: string, by: Revision): Promise<void> {
  const isNew = await putFuller(store, key, emptyObject(), 0, { contentType: parquetType });
  if (!isNew) await emptySuperseded(store, key, by);
}

/** Whether an object has no other spans; what is no stored trace is nobody's to empty. */
function isWithin(bytes: Uint8Array, spans: ReadonlySet<string>): boolean {
  try {
    return readTraceParquet(bytes).every(({ spanId }) => spans.has(spanId));
  } catch (error) {
    if (error instanceof TraceParquetError) return false;
    throw error;
  }
}

function emptyObject(): Uint8Array {
  return writeTraceParquet(emptyTraceBatch, []);
}

function spanIdsOf({ traces, spans }: TraceBatch, trace: number): string[] {
  const ids: string[] = [];
  for (let row = traces.spanOffsets[trace] ?? 0; row < (traces.spanOffsets[trace + 1] ?? 0); row += 1) {
    ids.push(hex(spans.spanId, row * 8, 8));
  }
  return ids;
}
