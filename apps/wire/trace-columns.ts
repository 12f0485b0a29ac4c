import { parseServiceKey } from './identity';
import { attributeTypes, spanFlags, type TextColumn, type TraceBatch } from './trace-batch';

/** OTLP span kinds by number, as people write them. */
const kindNames = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
const statusNames = ['unset', 'ok', 'error'] as const;

/** One span as it is stored: everything a person or a program needs without the batch it came in. */
export interface StoredSpan {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** 16 hexadecimal digits, empty for roots. */
  readonly parentSpanId: string;
  readonly tenant: string;
  readonly environment: string;
  readonly namespace: string;
  readonly service: string;
  /** Templated name. */
  readonly operation: string;
  /** Name as sent. */
  readonly name: string;
  /** `server`, `client` … */
  readonly kind: string;
  /** Called peer, such as `peer:postgresql/shop`, or empty. */
  readonly peer: string;
  /** Nanoseconds since the epoch, as sent. */
  readonly startUnixNano: bigint;
  readonly durationNano: bigint;
  readonly durationMs: number;
  /** Duration less the time covered by synchronous children, milliseconds. */
  readonly selfMs: number;
  /** Duration less that of the only remote child, milliseconds; `null` where there is none. */
  readonly gapMs: number | null;
  readonly error: boolean;
  /** `unset`, `ok` or `error`. */
  readonly statusCode: string;
  readonly statusMessage: string;
  /** A request enters the service here. */
  readonly entry: boolean;
  /** `spanFlags` */
  readonly flags: number;
  /** Spans it stands for; 1 without sampling. */
  readonly weight: number;
  /** JSON object. */
  readonly resourceAttributes: string;
  /** JSON object. */
  readonly attributes: string;
  /** JSON array of `{name, timeUnixNano, attributes}`. */
  readonly events: string;
  /** JSON array of `{traceId, spanId, attributes}`. */
  readonly links: string;
  readonly revision: number;
  /** On the first span of a trace that learned models scored: their features, see `decodeStoredFeatures`. */
  readonly features?: string;
}

/** The spans of one trace of a batch, by start and then span id: whatever order they arrived in. */
export function storedSpans(batch: TraceBatch, trace: number): StoredSpan[] {
  const { traces, spans } = batch;
  const traceId = hex(traces.traceId, trace * 16, 16);
  const revision = traces.revision[trace] ?? 1;
  const from = traces.spanOffsets[trace] ?? 0;
  const to = traces.spanOffsets[trace + 1] ?? from;
  const result: StoredSpan[] = [];
  for (let row = from; row < to; row += 1) {
    const flags = spans.flags[row] ?? 0;
    const gap = spans.gapMs[row] ?? NaN;
    const parent = hex(spans.parentSpanId, row * 8, 8);
    result.push({
      traceId,
      spanId: hex(spans.spanId, row * 8, 8),
      parentSpanId: parent === '0000000000000000' ? '' : parent,
      ...parseServiceKey(batch.services[spans.service[row] ?? 0] ?? '///'),
      operation: batch.operations[spans.operation[row] ?? 0] ?? '',
      name: text(spans.name, row),
      kind: kindNames[spans.kind[row] ?? 0] ?? 'unspecified',
      peer: batch.peers[spans.peer[row] ?? 0] ?? '',
      startUnixNano: spans.startUnixNano[row] ?? 0n,
      durationNano: spans.durationNano[row] ?? 0n,
      durationMs: Number(spans.durationNano[row] ?? 0n) / 1e6,
      selfMs: spans.selfMs[row] ?? 0,
      gapMs: Number.isNaN(gap) ? null : gap,
      error: (flags & spanFlags.error) !== 0,
      statusCode: statusNames[spans.statusCode[row] ?? 0] ?? 'unset',
      statusMessage: text(spans.statusMessage, row),
      entry: (flags & spanFlags.entry) !== 0,
      flags,
      weight: spans.weight[row] ?? 1,
      resourceAttributes: batch.resources[spans.resource[row] ?? 0] ?? '{}',
      attributes: attributesJson(batch, row),
      events: text(spans.events, row) || '[]',
      links: text(spans.links, row) || '[]',
      revision,
    });
  }
  return result.sort((a, b) => compare(a.startUnixNano, b.startUnixNano) || compare(a.spanId, b.spanId));
}

/** Hexadecimal of `length` bytes from `start`. */
export function hex(bytes: Uint8Array, start: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('hex');
}

function compare<T extends bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function text(column: TextColumn, row: number): string {
  const start = column.offsets[row] ?? 0;
  const end = column.offsets[row + 1] ?? start;
  if (start === end) return '';
  const { bytes } = column;
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
}

function attributesJson(batch: TraceBatch, row: number): string {
  const { offsets, key, type, value } = batch.spans.attributes;
  const entries: [string, unknown][] = [];
  for (let i = offsets[row] ?? 0; i < (offsets[row + 1] ?? 0); i += 1) {
    entries.push([batch.attributeKeys[key[i] ?? 0] ?? '', attributeValue(type[i] ?? 0, text(value, i))]);
  }
  entries.sort(([a], [b]) => compare(a, b));
  return JSON.stringify(Object.fromEntries(entries));
}

/** Integers beyond ±2⁵³ stay texts, since JSON readers would round them. */
function attributeValue(type: number, value: string): unknown {
  switch (type) {
    case attributeTypes.bool:
      return value === 'true';
    case attributeTypes.int:
      return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    case attributeTypes.double:
      return Number.isFinite(Number(value)) ? Number(value) : value;
    case attributeTypes.json:
      try {
        return JSON.parse(value);
      } catch {
        return value;
      }
    default:
      return value;
  }
}
