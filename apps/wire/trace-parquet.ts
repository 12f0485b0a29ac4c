import {
  Bool,
  Field,
  Float32,
  Float64,
  Int32,
  Int64,
  makeData,
  TimestampMicrosecond,
  Utf8,
  type Data,
  type DataType,
  type Table as ArrowTable,
  type Vector,
} from 'apache-arrow';
import { readColumns, utf8Data, writeColumns } from './arrow-parquet';
import type { TraceBatch } from './trace-batch';
import { storedSpans, type StoredSpan } from './trace-columns';

/** An object that is no stored trace. */
export class TraceParquetError extends Error {
  readonly code = 'PLUMBLINE_TRACE_PARQUET';
  override readonly name = 'TraceParquetError';
}

interface Column {
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
  data(spans: readonly StoredSpan[]): Data;
}

const columns: readonly Column[] = [
  textColumn('trace_id', (span) => span.traceId),
  textColumn('span_id', (span) => span.spanId),
  textColumn('parent_span_id', (span) => span.parentSpanId),
  textColumn('tenant', (span) => span.tenant),
  textColumn('environment', (span) => span.environment),
  textColumn('namespace', (span) => span.namespace),
  textColumn('service', (span) => span.service),
  textColumn('operation', (span) => span.operation),
  textColumn('name', (span) => span.name),
  textColumn('kind', (span) => span.kind),
  textColumn('peer', (span) => span.peer),
  column('start_time', new TimestampMicrosecond('UTC'), BigInt64Array, (span) => span.startUnixNano / 1000n),
  column('start_unix_nano', new Int64(), BigInt64Array, (span) => span.startUnixNano),
  column('duration_ns', new Int64(), BigInt64Array, (span) => span.durationNano),
  column('duration_ms', new Float64(), Float64Array, (span) => span.durationMs),
  column('self_ms', new Float32(), Float32Array, (span) => span.selfMs),
  gapColumn(),
  flagColumn('error', (span) => span.error),
  textColumn('status_code', (span) => span.statusCode),
  textColumn('status_message', (span) => span.statusMessage),
  flagColumn('entry', (span) => span.entry),
  column('flags', new Int32(), Int32Array, (span) => span.flags),
  column('weight', new Float32(), Float32Array, (span) => span.weight),
  textColumn('resource_attributes', (span) => span.resourceAttributes),
  textColumn('attributes', (span) => span.attributes),
  textColumn('events', (span) => span.events),
  textColumn('links', (span) => span.links),
  column('revision', new Int32(), Int32Array, (span) => span.revision),
];

/** Only in files with a trace that has any, so that files without are what they were before there were models. */
const featuresColumn = nullableTextColumn('features', (span) => span.features);

const fields = fieldsOf(columns);

function fieldsOf(of: readonly Column[]): Field[] {
  return of.map(({ name, type, nullable }) => new Field(name, type, nullable));
}

/**
 * Whole traces as one Parquet file, Snappy inside, one row a span. Equal spans give equal bytes, in whatever order they
 * came. Times are nanoseconds since the epoch (`start_unix_nano`, int64) and UTC microseconds (`start_time`); durations
 * are milliseconds but for `duration_ns`; attributes, events and links are JSON texts.
 *
 * @param traces indices of traces in the batch
 * @param features of traces that learned models scored, as `encodeStoredFeatures` gives them; on the first row of the trace
 */
export function writeTraceParquet(
  batch: TraceBatch,
  traces: readonly number[],
  features: ReadonlyMap<number, string> = new Map<number, string>(),
): Uint8Array {
  const spans = traces.flatMap((trace) => {
    const stored = storedSpans(batch, trace);
    const [first, ...others] = stored;
    const text = features.get(trace);
    return first === undefined || text === undefined ? stored : [{ ...first, features: text }, ...others];
  });
  return writeStoredSpans(spans);
}

/** Stored spans as the file that they were read from has them. */
export function writeStoredSpans(spans: readonly StoredSpan[]): Uint8Array {
  const written = spans.some((span) => span.features !== undefined) ? [...columns, featuresColumn] : columns;
  return writeColumns(
    fieldsOf(written),
    spans.length,
    written.map((each) => each.data(spans)),
  );
}

/**
 * Spans of a file that {@link writeTraceParquet} wrote, in its order: by trace, then by start.
 *
 * @throws {TraceParquetError} when it is no Parquet file, or lacks columns
 */
export function readTraceParquet(bytes: Uint8Array): StoredSpan[] {
  let table: ArrowTable;
  try {
    table = readColumns(bytes);
  } catch (cause) {
    throw new TraceParquetError(`not a Parquet file (${bytes.length} bytes): ${String(cause).slice(0, 300)}`, {
      cause,
    });
  }
  const missing = fields.filter(({ name }) => table.getChild(name) === null).map(({ name }) => name);
  if (missing.length > 0)
    throw new TraceParquetError(`a stored trace has columns ${missing.join(', ')}; this file lacks them`);
  // Looking a column up costs more than reading a cell of it.
  const vectors = new Map([...fields, ...fieldsOf([featuresColumn])].map(({ name }) => [name, table.getChild(name)]));
  return Array.from({ length: table.numRows }, (_, row) => readSpan(vectors, row));
}

function readSpan(vectors: ReadonlyMap<string, Vector | null>, row: number): StoredSpan {
  const cell = (name: string): unknown => vectors.get(name)?.get(row);
  const text = (name: string): string => String(cell(name));
  const number = (name: string): number => Number(cell(name));
  const gap = cell('gap_ms');
  const features = cell('features');
  return {
    traceId: text('trace_id'),
    spanId: text('span_id'),
    parentSpanId: text('parent_span_id'),
    tenant: text('tenant'),
    environment: text('environment'),
    namespace: text('namespace'),
    service: text('service'),
    operation: text('operation'),
    name: text('name'),
    kind: text('kind'),
    peer: text('peer'),
    startUnixNano: BigInt(text('start_unix_nano')),
    durationNano: BigInt(text('duration_ns')),
    durationMs: number('duration_ms'),
    selfMs: number('self_ms'),
    gapMs: gap === null ? null : Number(gap),
    error: cell('error') === true,
    statusCode: text('status_code'),
    statusMessage: text('status_message'),
    entry: cell('entry') === true,
    flags: number('flags'),
    weight: number('weight'),
    resourceAttributes: text('resource_attributes'),
    attributes: text('attributes'),
    events: text('events'),
    links: text('links'),
    revision: number('revision'),
    ...(typeof features === 'string' ? { features } : {}),
  };
}

type NumberArray = BigInt64Array | Float64Array | Float32Array | Int32Array;

function column<A extends NumberArray>(
  name: string,
  type: DataType,
  array: new (length: number) => A,
  value: (span: StoredSpan) => A[number],
): Column {
  return {
    name,
    type,
    nullable: false,
    data(spans) {
      const data = new array(spans.length);
      for (const [i, span] of spans.entries()) data[i] = value(span);
      return makeData({ type, length: spans.length, nullCount: 0, data } as Parameters<typeof makeData>[0]);
    },
  };
}

function textColumn(name: string, value: (span: StoredSpan) => string): Column {
  return { name, type: new Utf8(), nullable: false, data: (spans) => utf8Data(spans.map(value)) };
}

function nullableTextColumn(name: string, value: (span: StoredSpan) => string | undefined): Column {
  const type = new Utf8();
  return {
    name,
    type,
    nullable: true,
    data(spans) {
      const texts = spans.map(value);
      const { valueOffsets, values } = utf8Data(texts.map((text) => text ?? ''));
      const present = texts.map((text) => text !== undefined);
      const nullCount = present.filter((here) => !here).length;
      return makeData({ type, length: spans.length, nullCount, nullBitmap: bits(present), valueOffsets, data: values });
    },
  };
}

function flagColumn(name: string, value: (span: StoredSpan) => boolean): Column {
  const type = new Bool();
  return {
    name,
    type,
    nullable: false,
    data: (spans) => makeData({ type, length: spans.length, nullCount: 0, data: bits(spans.map(value)) }),
  };
}

function gapColumn(): Column {
  const type = new Float32();
  return {
    name: 'gap_ms',
    type,
    nullable: true,
    data(spans) {
      const data = Float32Array.from(spans, (span) => span.gapMs ?? 0);
      const present = spans.map((span) => span.gapMs !== null);
      const nullCount = present.filter((here) => !here).length;
      return makeData({ type, length: spans.length, nullCount, nullBitmap: bits(present), data });
    },
  };
}

/** Arrow's bitmaps: least significant bit first. */
function bits(values: readonly boolean[]): Uint8Array {
  const bitmap = new Uint8Array(Math.ceil(values.length / 8));
  for (const [i, value] of values.entries()) if (value) bitmap[i >> 3] = (bitmap[i >> 3] ?? 0) | (1 << (i & 7));
  return bitmap;
}
