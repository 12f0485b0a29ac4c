import { makeData, RecordBatch, RecordBatchStreamWriter, Struct, Vector, type Data, type Utf8 } from 'apache-arrow';
import { ArrowColumns } from './arrow-columns';
import { readArrowStream, type ArrowBatch, type ArrowStream } from './arrow-stream';
import { schemas } from './headers';
import {
  emptyTraceBatch,
  type AttributeColumn,
  type SpanColumns,
  type TextColumn,
  type TraceBatch,
} from './trace-batch';
import { checkTraceBatch } from './trace-batch-check';
import { dictionaryIds, nested, traceBatchSchema, types, versionKey, type DictionaryName } from './trace-batch-schema';
import { WireError } from './wire-error';

/** Largest batch that is read: four times the largest that Kafka is configured to carry. */
const maxBatchBytes = 64 * 1024 * 1024;

type Dictionaries = Record<DictionaryName, Vector<Utf8>>;

/**
 * A batch as one Arrow IPC stream: schema, dictionaries and one record batch with a row for each trace. Columns may be longer
 * than `count` says; what is beyond it is left out. Any Arrow library reads the result.
 */
export function encodeTraceBatch(batch: TraceBatch): Uint8Array {
  const dictionaries: Dictionaries = {
    services: textVector(batch.services),
    operations: textVector(batch.operations),
    peers: textVector(batch.peers),
    attributeKeys: textVector(batch.attributeKeys),
    resources: textVector(batch.resources),
  };
  const { traces } = batch;
  const { count } = traces;
  const spans = makeData({
    type: nested.spans,
    length: count,
    nullCount: 0,
    valueOffsets: traces.spanOffsets.subarray(0, count + 1),
    child: spanData(batch.spans, dictionaries),
  });
  const data = makeData({
    type: new Struct(traceBatchSchema.fields),
    length: count,
    nullCount: 0,
    children: [
      makeData({ type: types.id16, length: count, data: traces.traceId.subarray(0, count * 16) }),
      makeData({ type: types.uint16, length: count, data: traces.revision.subarray(0, count) }),
      makeData({ type: types.uint8, length: count, data: traces.flags.subarray(0, count) }),
      makeData({ type: types.float64, length: count, data: traces.eventTimeMs.subarray(0, count) }),
      references('services', traces.entryService, count, dictionaries),
      references('operations', traces.entryOperation, count, dictionaries),
      spans,
    ],
  });
  const writer = new RecordBatchStreamWriter();
  writer.write(new RecordBatch(traceBatchSchema, data));
  writer.finish();
  return writer.toUint8Array(true);
}

function spanData(spans: SpanColumns, dictionaries: Dictionaries): Data {
  const { count } = spans;
  const int32 = (data: Int32Array) => makeData({ type: types.int32, length: count, data: data.subarray(0, count) });
  const uint8 = (data: Uint8Array) => makeData({ type: types.uint8, length: count, data: data.subarray(0, count) });
  const float32 = (data: Float32Array) =>
    makeData({ type: types.float32, length: count, data: data.subarray(0, count) });
  const id = (data: Uint8Array) => makeData({ type: types.id8, length: count, data: data.subarray(0, count * 8) });
  return makeData({
    type: nested.span,
    length: count,
    nullCount: 0,
    children: [
      id(spans.spanId),
      id(spans.parentSpanId),
      int32(spans.parentRow),
      int32(spans.entryRow),
      references('services', spans.service, count, dictionaries),
      references('operations', spans.operation, count, dictionaries),
      references('peers', spans.peer, count, dictionaries),
      references('resources', spans.resource, count, dictionaries),
      uint8(spans.kind),
      uint8(spans.statusCode),
      uint8(spans.flags),
      makeData({ type: types.time, length: count, data: spans.startUnixNano.subarray(0, count) }),
      makeData({ type: types.duration, length: count, data: spans.durationNano.subarray(0, count) }),
      float32(spans.durationMs),
      float32(spans.selfMs),
      float32(spans.gapMs),
      float32(spans.weight),
      textData(spans.name, count),
      textData(spans.statusMessage, count),
      textData(spans.events, count),
      textData(spans.links, count),
      attributeData(spans.attributes, count, dictionaries),
    ],
  });
}

function attributeData(attributes: AttributeColumn, spans: number, dictionaries: Dictionaries): Data {
  const count = attributes.offsets[spans] ?? 0;
  const child = makeData({
    type: nested.attribute,
    length: count,
    nullCount: 0,
    children: [
      references('attributeKeys', attributes.key, count, dictionaries),
      makeData({ type: types.uint8, length: count, data: attributes.type.subarray(0, count) }),
      textData(attributes.value, count),
    ],
  });
  const valueOffsets = attributes.offsets.subarray(0, spans + 1);
  return makeData({ type: nested.attributes, length: spans, nullCount: 0, valueOffsets, child });
}

function references(name: DictionaryName, indices: Int32Array, count: number, dictionaries: Dictionaries): Data {
  return makeData({
    type: types[name],
    length: count,
    nullCount: 0,
    data: indices.subarray(0, count),
    dictionary: dictionaries[name],
  });
}

function textData(column: TextColumn, count: number): Data<Utf8> {
  return makeData({
    type: types.utf8,
    length: count,
    nullCount: 0,
    valueOffsets: column.offsets.subarray(0, count + 1),
    data: column.bytes.subarray(0, column.offsets[count] ?? 0),
  });
}

function textVector(texts: readonly string[]): Vector<Utf8> {
  const offsets = new Int32Array(texts.length + 1);
  const chunks = texts.map((text) => Buffer.from(text, 'utf8'));
  for (const [i, chunk] of chunks.entries()) offsets[i + 1] = (offsets[i] ?? 0) + chunk.length;
  return new Vector([textData({ offsets, bytes: Buffer.concat(chunks) }, texts.length)]);
}

/** How each version that may still be in the topic is read; a new version keeps the entry of the one before it. */
const decoders: Readonly<Record<string, (stream: ArrowStream) => TraceBatch>> = {
  [schemas.traceBatch]: decodeVersion1,
};

/**
 * The batch in an Arrow IPC stream. Its columns are views of `bytes`, which must not change while the batch is used; only
 * bytes that do not begin at a multiple of eight in their buffer are copied first.
 *
 * @throws {WireError} when the bytes are no batch of a version known here, or contradict themselves: what is returned
 * can be indexed without a check
 */
export function decodeTraceBatch(bytes: Uint8Array): TraceBatch {
  if (bytes.byteLength > maxBatchBytes) {
    throw new WireError(`a trace batch has at most ${maxBatchBytes} bytes, got ${bytes.byteLength}`);
  }
  let batch: TraceBatch;
  try {
    const stream = readArrowStream(bytes.byteOffset % 8 === 0 ? bytes : Uint8Array.from(bytes));
    const version = stream.metadata.get(versionKey) ?? 'of no version';
    const decode = decoders[version];
    if (decode === undefined) {
      throw new WireError(`trace batch is ${version.slice(0, 100)}, this reads ${Object.keys(decoders).join(', ')}`);
    }
    batch = decode(stream);
  } catch (cause) {
    if (cause instanceof WireError) throw cause;
    // What a DataView says of a position beyond its bytes.
    if (!(cause instanceof RangeError)) throw cause;
    throw new WireError(`not a trace batch (${bytes.byteLength} bytes): ${cause.message}`, { cause });
  }
  checkTraceBatch(batch);
  return batch;
}

/** Learnt from what is written, so that the two cannot drift apart. */
const signature1 = readArrowStream(encodeTraceBatch(emptyTraceBatch)).signature;

function decodeVersion1({ signature, batch, dictionaries }: ArrowStream): TraceBatch {
  if (signature !== signature1) {
    throw new WireError(`columns differ from those of ${schemas.traceBatch}: ${signature.slice(0, 1000)}`);
  }
  const columns = new ArrowColumns(batch);
  const count = batch.rows;
  const traces = {
    count,
    traceId: columns.values(Uint8Array, count, 16),
    revision: columns.values(Uint16Array, count),
    flags: columns.values(Uint8Array, count),
    eventTimeMs: columns.values(Float64Array, count),
    entryService: columns.values(Int32Array, count),
    entryOperation: columns.values(Int32Array, count),
    spanOffsets: columns.structs(count),
  };
  const strings = (name: DictionaryName) => readStrings(dictionaries.get(dictionaryIds[name]), name);
  return {
    traces,
    spans: readSpans(columns, traces.spanOffsets[count] ?? 0),
    services: strings('services'),
    operations: strings('operations'),
    peers: strings('peers'),
    attributeKeys: strings('attributeKeys'),
    resources: strings('resources'),
  };
}

function readSpans(columns: ArrowColumns, count: number): SpanColumns {
  return {
    count,
    spanId: columns.values(Uint8Array, count, 8),
    parentSpanId: columns.values(Uint8Array, count, 8),
    parentRow: columns.values(Int32Array, count),
    entryRow: columns.values(Int32Array, count),
    service: columns.values(Int32Array, count),
    operation: columns.values(Int32Array, count),
    peer: columns.values(Int32Array, count),
    resource: columns.values(Int32Array, count),
    kind: columns.values(Uint8Array, count),
    statusCode: columns.values(Uint8Array, count),
    flags: columns.values(Uint8Array, count),
    startUnixNano: columns.values(BigInt64Array, count),
    durationNano: columns.values(BigInt64Array, count),
    durationMs: columns.values(Float32Array, count),
    selfMs: columns.values(Float32Array, count),
    gapMs: columns.values(Float32Array, count),
    weight: columns.values(Float32Array, count),
    name: columns.text(count),
    statusMessage: columns.text(count),
    events: columns.text(count),
    links: columns.text(count),
    attributes: readAttributes(columns, count),
  };
}

function readAttributes(columns: ArrowColumns, spans: number): AttributeColumn {
  const offsets = columns.structs(spans);
  const count = offsets[spans] ?? 0;
  return {
    offsets,
    key: columns.values(Int32Array, count),
    type: columns.values(Uint8Array, count),
    value: columns.text(count),
  };
}

function readStrings(dictionary: ArrowBatch | undefined, name: DictionaryName): string[] {
  if (dictionary === undefined) throw new WireError(`a trace batch without its ${name}`);
  const { offsets, bytes } = new ArrowColumns(dictionary).text(dictionary.rows);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: dictionary.rows }, (_, i) => buffer.toString('utf8', offsets[i], offsets[i + 1]));
}
