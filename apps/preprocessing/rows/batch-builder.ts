import type { TraceBatch } from '@plumbline/wire';
import { BatchDictionary } from './batch-dictionary';
import { TextBuilder } from './text-builder';

const initialTraces = 64;
const initialSpans = 1024;
const initialAttributes = 8192;
/** Bytes of all columns of fixed size, for each trace, span and attribute; Arrow's padding aside. */
const bytesPerTrace = 16 + 2 + 1 + 8 + 4 + 4 + 4;
export const bytesPerSpan = 8 + 8 + 6 * 4 + 3 + 16 + 4 * 4 + 5 * 4;
const bytesPerAttribute = 4 + 1 + 4;

/** Names that dictionaries of a batch refer to, by numbers of the worker. */
export interface BatchNames {
  service(number: number): string;
  operation(number: number): string;
  peer(number: number): string;
  attributeKey(number: number): string;
  resource(number: number): string;
}

/** Where a batch stood: what is added after it can be taken out again. */
interface Mark {
  traces: number;
  spans: number;
  attributes: number;
  /** In the order of {@link BatchBuilder.columns} and of {@link BatchBuilder.dictionaries}. */
  readonly texts: number[];
  readonly dictionaries: number[];
}

/** Columns of a batch as it is being made. Arrays are kept from batch to batch and grow with the largest. */
export class BatchBuilder {
  traceCount = 0;
  spanCount = 0;
  attributeCount = 0;

  traceId = new Uint8Array(initialTraces * 16);
  revision = new Uint16Array(initialTraces);
  traceFlags = new Uint8Array(initialTraces);
  eventTimeMs = new Float64Array(initialTraces);
  entryService = new Int32Array(initialTraces);
  entryOperation = new Int32Array(initialTraces);
  spanOffsets = new Int32Array(initialTraces + 1);

  spanId = new Uint8Array(initialSpans * 8);
  parentSpanId = new Uint8Array(initialSpans * 8);
  parentRow = new Int32Array(initialSpans);
  entryRow = new Int32Array(initialSpans);
  service = new Int32Array(initialSpans);
  operation = new Int32Array(initialSpans);
  peer = new Int32Array(initialSpans);
  resource = new Int32Array(initialSpans);
  kind = new Uint8Array(initialSpans);
  statusCode = new Uint8Array(initialSpans);
  spanFlags = new Uint8Array(initialSpans);
  startUnixNano = new BigInt64Array(initialSpans);
  durationNano = new BigInt64Array(initialSpans);
  durationMs = new Float32Array(initialSpans);
  selfMs = new Float32Array(initialSpans);
  gapMs = new Float32Array(initialSpans);
  weight = new Float32Array(initialSpans);
  attributeOffsets = new Int32Array(initialSpans + 1);
  attributeKey = new Int32Array(initialAttributes);
  attributeType = new Uint8Array(initialAttributes);

  /** The same bytes as pairs of halves, so that times are written without a BigInt; little-endian as all of Arrow here. */
  startHalves = new Uint32Array(this.startUnixNano.buffer);
  durationHalves = new Uint32Array(this.durationNano.buffer);

  readonly name = new TextBuilder();
  readonly statusMessage = new TextBuilder();
  readonly events = new TextBuilder();
  readonly links = new TextBuilder();
  readonly attributeValue = new TextBuilder();

  readonly services: BatchDictionary;
  readonly operations: BatchDictionary;
  readonly peers: BatchDictionary;
  readonly attributeKeys: BatchDictionary;
  private readonly resources: BatchDictionary;

  private readonly columns: readonly TextBuilder[];
  private readonly dictionaries: readonly BatchDictionary[];
  private readonly marked: Mark;

  constructor(names: BatchNames) {
    this.services = new BatchDictionary((number) => names.service(number));
    this.operations = new BatchDictionary((number) => names.operation(number));
    this.peers = new BatchDictionary((number) => names.peer(number));
    this.attributeKeys = new BatchDictionary((number) => names.attributeKey(number));
    this.resources = new BatchDictionary((number) => (number === 0 ? '{}' : names.resource(number - 1)));
    this.columns = [this.name, this.statusMessage, this.events, this.links, this.attributeValue];
    this.dictionaries = [this.services, this.operations, this.peers, this.attributeKeys, this.resources];
    this.marked = { traces: 0, spans: 0, attributes: 0, texts: [], dictionaries: [] };
    this.clear();
  }

  /** How long the batch is when encoded, but for what every batch has and Arrow's padding. */
  get byteLength(): number {
    let bytes =
      this.traceCount * bytesPerTrace + this.spanCount * bytesPerSpan + this.attributeCount * bytesPerAttribute;
    for (const column of this.columns) bytes += column.byteLength;
    for (const dictionary of this.dictionaries) bytes += dictionary.byteLength;
    return bytes;
  }

  get textBytes(): number {
    const { name, statusMessage, events, links, attributeValue } = this;
    return (
      name.byteLength + statusMessage.byteLength + events.byteLength + links.byteLength + attributeValue.byteLength
    );
  }

  /** Index of a resource, or of one without attributes. */
  resourceIndex(number: number | undefined): number {
    return this.resources.index(number === undefined ? 0 : number + 1);
  }

  /** Notes where the batch stands, for {@link rewind}. */
  mark(): void {
    const { marked } = this;
    marked.traces = this.traceCount;
    marked.spans = this.spanCount;
    marked.attributes = this.attributeCount;
    const { columns, dictionaries } = this;
    for (let i = 0; i < columns.length; i += 1) marked.texts[i] = columns[i]?.count ?? 0;
    for (let i = 0; i < dictionaries.length; i += 1) marked.dictionaries[i] = dictionaries[i]?.size ?? 0;
  }

  /** Takes out what was added since {@link mark}. */
  rewind(): void {
    const { marked } = this;
    this.traceCount = marked.traces;
    this.spanCount = marked.spans;
    this.attributeCount = marked.attributes;
    for (const [i, column] of this.columns.entries()) column.rewind(marked.texts[i] ?? 0);
    for (const [i, dictionary] of this.dictionaries.entries()) dictionary.rewind(marked.dictionaries[i] ?? 0);
  }

  /** Takes out what the span that was written last says in words; `attributes` and `keys` are what there was before it. */
  silence(row: number, attributes: number, keys: number): void {
    for (const column of [this.name, this.statusMessage, this.events, this.links]) {
      column.rewind(column.count - 1);
      column.write('');
    }
    this.attributeValue.rewind(attributes);
    this.attributeKeys.rewind(keys);
    this.attributeCount = attributes;
    this.attributeOffsets[row + 1] = attributes;
  }

  clear(): void {
    this.traceCount = 0;
    this.spanCount = 0;
    this.attributeCount = 0;
    for (const column of this.columns) column.clear();
    for (const dictionary of this.dictionaries) dictionary.clear();
    // Peer 0 is the empty string, in the worker's dictionary as in every batch's.
    this.peers.index(0);
  }

  /** Makes room for one more trace of so many spans. */
  reserve(spans: number): void {
    if (this.traceCount + 1 >= this.revision.length) this.growTraces();
    if (this.spanCount + spans >= this.kind.length) this.growSpans(this.spanCount + spans + 1);
  }

  /** Type and key of an attribute whose text was just added. */
  addAttribute(key: number, type: number): void {
    if (this.attributeCount >= this.attributeType.length) {
      this.attributeKey = grown(this.attributeKey, this.attributeCount * 2);
      this.attributeType = grown(this.attributeType, this.attributeCount * 2);
    }
    this.attributeKey[this.attributeCount] = this.attributeKeys.index(key);
    this.attributeType[this.attributeCount] = type;
    this.attributeCount += 1;
  }

  /** The batch so far, valid until {@link clear}. */
  batch(): TraceBatch {
    return {
      traces: {
        count: this.traceCount,
        traceId: this.traceId.subarray(0, this.traceCount * 16),
        revision: this.revision.subarray(0, this.traceCount),
        flags: this.traceFlags.subarray(0, this.traceCount),
        eventTimeMs: this.eventTimeMs.subarray(0, this.traceCount),
        entryService: this.entryService.subarray(0, this.traceCount),
        entryOperation: this.entryOperation.subarray(0, this.traceCount),
        spanOffsets: this.spanOffsets.subarray(0, this.traceCount + 1),
      },
      spans: this.spans(),
      services: this.services.texts(),
      operations: this.operations.texts(),
      peers: this.peers.texts(),
      attributeKeys: this.attributeKeys.texts(),
      resources: this.resources.texts(),
    };
  }

  private spans(): TraceBatch['spans'] {
    const count = this.spanCount;
    return {
      count,
      spanId: this.spanId.subarray(0, count * 8),
      parentSpanId: this.parentSpanId.subarray(0, count * 8),
      parentRow: this.parentRow.subarray(0, count),
      entryRow: this.entryRow.subarray(0, count),
      service: this.service.subarray(0, count),
      operation: this.operation.subarray(0, count),
      peer: this.peer.subarray(0, count),
      resource: this.resource.subarray(0, count),
      kind: this.kind.subarray(0, count),
      statusCode: this.statusCode.subarray(0, count),
      flags: this.spanFlags.subarray(0, count),
      startUnixNano: this.startUnixNano.subarray(0, count),
      durationNano: this.durationNano.subarray(0, count),
      durationMs: this.durationMs.subarray(0, count),
      selfMs: this.selfMs.subarray(0, count),
      gapMs: this.gapMs.subarray(0, count),
      weight: this.weight.subarray(0, count),
      name: this.name.column(),
      statusMessage: this.statusMessage.column(),
      events: this.events.column(),
      links: this.links.column(),
      attributes: {
        offsets: this.attributeOffsets.subarray(0, count + 1),
        key: this.attributeKey.subarray(0, this.attributeCount),
        type: this.attributeType.subarray(0, this.attributeCount),
        value: this.attributeValue.column(),
      },
    };
  }

  private growTraces(): void {
    const size = this.revision.length * 2;
    this.traceId = grown(this.traceId, size * 16);
    this.revision = grown(this.revision, size);
    this.traceFlags = grown(this.traceFlags, size);
    this.eventTimeMs = grown(this.eventTimeMs, size);
    this.entryService = grown(this.entryService, size);
    this.entryOperation = grown(this.entryOperation, size);
    this.spanOffsets = grown(this.spanOffsets, size + 1);
  }

  private growSpans(atLeast: number): void {
    const size = Math.max(atLeast, this.kind.length * 2);
    this.spanId = grown(this.spanId, size * 8);
    this.parentSpanId = grown(this.parentSpanId, size * 8);
    this.parentRow = grown(this.parentRow, size);
    this.entryRow = grown(this.entryRow, size);
    this.service = grown(this.service, size);
    this.operation = grown(this.operation, size);
    this.peer = grown(this.peer, size);
    this.resource = grown(this.resource, size);
    this.kind = grown(this.kind, size);
    this.statusCode = grown(this.statusCode, size);
    this.spanFlags = grown(this.spanFlags, size);
    this.startUnixNano = grown(this.startUnixNano, size);
    this.durationNano = grown(this.durationNano, size);
    this.durationMs = grown(this.durationMs, size);
    this.selfMs = grown(this.selfMs, size);
    this.gapMs = grown(this.gapMs, size);
    this.weight = grown(this.weight, size);
    this.attributeOffsets = grown(this.attributeOffsets, size + 1);
    this.startHalves = new Uint32Array(this.startUnixNano.buffer);
    this.durationHalves = new Uint32Array(this.durationNano.buffer);
  }
}

interface TypedArray {
  readonly constructor: unknown;
}

function grown<T extends TypedArray & { set(from: T): void }>(array: T, length: number): T {
  const larger = new (array.constructor as new (length: number) => T)(length);
  larger.set(array);
  return larger;
}
