import {
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table as ArrowTable,
  tableFromIPC,
  tableToIPC,
  Utf8,
  type Data,
  type Field,
} from 'apache-arrow';
import { Compression, readParquet, Table, writeParquet, WriterPropertiesBuilder } from 'parquet-wasm';

/** Columns of one length as a Parquet file, Snappy inside. Equal columns give equal bytes. */
export function writeColumns(fields: readonly Field[], rows: number, columns: readonly Data[]): Uint8Array {
  const list = [...fields];
  const struct = makeData({ type: new Struct(list), length: rows, nullCount: 0, children: [...columns] });
  const schema = new Schema(list);
  const table = Table.fromIPCStream(tableToIPC(new ArrowTable(schema, new RecordBatch(schema, struct)), 'stream'));
  return writeParquet(table, new WriterPropertiesBuilder().setCompression(Compression.SNAPPY).build());
}

/** The table in a Parquet file. @throws what parquet-wasm throws when it is none */
export function readColumns(bytes: Uint8Array): ArrowTable {
  return tableFromIPC(readParquet(bytes).intoIPCStream());
}

/** Texts as a column without nulls. */
export function utf8Data(list: readonly string[]): Data<Utf8> {
  const encoded = list.map((text) => Buffer.from(text, 'utf8'));
  const valueOffsets = new Int32Array(list.length + 1);
  for (const [i, text] of encoded.entries()) valueOffsets[i + 1] = (valueOffsets[i] ?? 0) + text.length;
  return makeData({ type: new Utf8(), length: list.length, nullCount: 0, valueOffsets, data: Buffer.concat(encoded) });
}
