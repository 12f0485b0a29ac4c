import { WireError } from './wire-error';

/** Arrow's header types (`Message.fbs`). */
const headerTypes = { schema: 1, dictionaryBatch: 2, recordBatch: 3 } as const;
/** Arrow's fields that hold the type's parameters have them first; lists, structs and strings have none. */
const withParameter = new Set([2 /* Int */, 3 /* FloatingPoint */, 10 /* Timestamp */, 15 /* FixedSizeBinary */, 18]);
const continuation = 0xffffffff;
/** More fields than any schema here has; a schema that refers to itself runs into it. */
const maxFields = 256;

/** Columns of a record batch: lengths and buffers in the order of Arrow's format, depth first. */
export interface ArrowBatch {
  readonly rows: number;
  readonly nodes: readonly { readonly length: number; readonly nullCount: number }[];
  readonly buffers: readonly Uint8Array[];
}

/** An Arrow IPC stream of exactly one record batch. */
export interface ArrowStream {
  readonly metadata: ReadonlyMap<string, string>;
  /** Names and types of all columns as text: equal for equal schemas. */
  readonly signature: string;
  readonly dictionaries: ReadonlyMap<number, ArrowBatch>;
  readonly batch: ArrowBatch;
}

/**
 * Takes an Arrow IPC stream apart without a copy. Arrow's own reader trusts the lengths it finds and can be led to allocate
 * without end; this one follows nothing that does not lie within the bytes.
 *
 * @param bytes must begin at a multiple of eight in their buffer
 * @throws {WireError | RangeError} when they are no such stream, or a compressed one
 */
export function readArrowStream(bytes: Uint8Array): ArrowStream {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dictionaries = new Map<number, ArrowBatch>();
  let schema: Pick<ArrowStream, 'metadata' | 'signature'> | undefined;
  let at = 0;
  while (at < bytes.length) {
    if (view.getUint32(at, true) !== continuation) throw new WireError(`no Arrow message at byte ${at}`);
    const size = view.getUint32(at + 4, true);
    if (size === 0) break;
    const start = at + 8;
    const bodyStart = start + size;
    if (bodyStart > bytes.length) throw new WireError(`the Arrow message at byte ${at} is cut off`);
    const message = new Table(new DataView(bytes.buffer, bytes.byteOffset + start, size), 0).root();
    const bodyEnd = bodyStart + message.int64(3);
    if (bodyEnd > bytes.length || bodyEnd % 8 !== 0)
      throw new WireError(`the Arrow body at byte ${bodyStart} is cut off`);
    const body = bytes.subarray(bodyStart, bodyEnd);
    const header = message.required(2);
    switch (message.uint8(1)) {
      case headerTypes.schema:
        schema = readSchema(header);
        break;
      case headerTypes.dictionaryBatch: {
        const id = header.int64(0);
        if (dictionaries.has(id)) throw new WireError(`dictionary ${id} comes twice`);
        dictionaries.set(id, readBatch(header.required(1), body));
        break;
      }
      case headerTypes.recordBatch:
        if (schema === undefined) throw new WireError('an Arrow stream without a schema');
        return { ...schema, dictionaries, batch: readBatch(header, body) };
      default:
        throw new WireError(`an Arrow message of type ${message.uint8(1)}`);
    }
    at = bodyEnd;
  }
  throw new WireError('an Arrow stream without a record batch');
}

function readSchema(schema: Table): Pick<ArrowStream, 'metadata' | 'signature'> {
  const metadata = schema.tables(2).map((entry) => [entry.text(0), entry.text(1)] as const);
  const budget = { fields: maxFields };
  return {
    metadata: new Map(metadata),
    signature: schema
      .tables(1)
      .map((field) => signatureOf(field, budget))
      .join(),
  };
}

function signatureOf(field: Table, budget: { fields: number }): string {
  budget.fields -= 1;
  if (budget.fields < 0) throw new WireError(`an Arrow schema of more than ${maxFields} fields`);
  const type = field.uint8(2);
  const parameter = withParameter.has(type) ? `(${field.required(3).int16(0)})` : '';
  const dictionary = field.table(4);
  const reference = dictionary === undefined ? '' : `@${dictionary.int64(0)}`;
  const children = field.tables(5).map((child) => signatureOf(child, budget));
  return `${field.text(0)}:${type}${parameter}${reference}[${children.join()}]`;
}

function readBatch(batch: Table, body: Uint8Array): ArrowBatch {
  if (batch.table(3) !== undefined) throw new WireError('a compressed Arrow batch');
  const nodes = batch.pairs(1).map(([length, nullCount]) => ({ length, nullCount }));
  const buffers = batch.pairs(2).map(([offset, length]) => {
    if (offset % 8 !== 0 || offset + length > body.length) throw new WireError('an Arrow buffer outside its message');
    return body.subarray(offset, offset + length);
  });
  return { rows: batch.int64(0), nodes, buffers };
}

/** A table of FlatBuffers. Reads beyond the bytes throw RangeError, as those of a DataView do. */
class Table {
  constructor(
    private readonly view: DataView,
    private readonly position: number,
  ) {}

  /** The table that the bytes begin with a reference to. */
  root(): Table {
    return this.at(this.position);
  }

  uint8(slot: number): number {
    const at = this.slot(slot);
    return at === 0 ? 0 : this.view.getUint8(at);
  }

  int16(slot: number): number {
    const at = this.slot(slot);
    return at === 0 ? 0 : this.view.getInt16(at, true);
  }

  int64(slot: number): number {
    const at = this.slot(slot);
    return at === 0 ? 0 : this.safeInt64(at);
  }

  text(slot: number): string {
    const at = this.slot(slot);
    if (at === 0) return '';
    const { start, length } = this.vector(at, 1);
    return Buffer.from(this.view.buffer, this.view.byteOffset + start, length).toString('utf8');
  }

  table(slot: number): Table | undefined {
    const at = this.slot(slot);
    return at === 0 ? undefined : this.at(at);
  }

  required(slot: number): Table {
    const table = this.table(slot);
    if (table === undefined) throw new WireError(`an Arrow message lacks part ${slot}`);
    return table;
  }

  tables(slot: number): Table[] {
    const at = this.slot(slot);
    if (at === 0) return [];
    const { start, length } = this.vector(at, 4);
    return Array.from({ length }, (_, i) => this.at(start + i * 4));
  }

  /** Vector of structs of two 64-bit integers. */
  pairs(slot: number): (readonly [number, number])[] {
    const at = this.slot(slot);
    if (at === 0) return [];
    const { start, length } = this.vector(at, 16);
    return Array.from({ length }, (_, i) => [this.safeInt64(start + i * 16), this.safeInt64(start + i * 16 + 8)]);
  }

  /** Position of a field's content, 0 where it is absent. */
  private slot(slot: number): number {
    const vtable = this.position - this.view.getInt32(this.position, true);
    const entry = 4 + slot * 2;
    if (entry >= this.view.getUint16(vtable, true)) return 0;
    const offset = this.view.getUint16(vtable + entry, true);
    return offset === 0 ? 0 : this.position + offset;
  }

  private at(reference: number): Table {
    return new Table(this.view, reference + this.view.getUint32(reference, true));
  }

  private vector(reference: number, elementBytes: number): { start: number; length: number } {
    const position = reference + this.view.getUint32(reference, true);
    const length = this.view.getUint32(position, true);
    const start = position + 4;
    if (start + length * elementBytes > this.view.byteLength) throw new WireError('an Arrow vector is cut off');
    return { start, length };
  }

  private safeInt64(at: number): number {
    const value = Number(this.view.getBigInt64(at, true));
    if (value < 0 || value > Number.MAX_SAFE_INTEGER) throw new WireError(`an Arrow length of ${value}`);
    return value;
  }
}
