import { Field, Float32, Float64, makeData, Utf8, type Data, type Table as ArrowTable } from 'apache-arrow';
import type { FeatureMatrix } from '@plumbline/models';
import { readColumns, utf8Data, writeColumns } from '@plumbline/wire';
import { TrainingError } from '../errors';

/** What the traces of a table are for; no trace is in two. */
export const parts = ['train', 'calibrate', 'combine', 'evaluate'] as const;
export type Part = (typeof parts)[number];

/** Features of traces, a row each, with what else training needs to know of them. */
export interface FeatureTable {
  /** Names of the feature columns. */
  readonly names: readonly string[];
  /** Row-major; `NaN` where a trace says nothing. */
  readonly values: Float32Array;
  readonly traceIds: readonly string[];
  /** Keys of the operations where the traces entered. */
  readonly entries: readonly string[];
  /** Milliseconds since the epoch. */
  readonly eventTimesMs: Float64Array;
  /** What the profile says of each, see `profileScore`. */
  readonly profile: Float64Array;
  /** What was put into it; empty of traces as they came. */
  readonly faults: readonly string[];
}

const texts = { trace_id: 'traceIds', entry: 'entries', fault: 'faults' } as const;

/** The table as Parquet: texts, `event_time_ms`, `profile`, and a 32-bit float for each feature, in the order of the names. */
export function writeFeatureTable(table: FeatureTable): Uint8Array {
  const rows = table.traceIds.length;
  const columns: { readonly field: Field; readonly data: Data }[] = [
    ...Object.entries(texts).map(([name, of]) => ({
      field: new Field(name, new Utf8(), false),
      data: utf8Data(table[of]),
    })),
    numbers('event_time_ms', table.eventTimesMs),
    numbers('profile', table.profile),
    ...table.names.map((name, column) => ({
      field: new Field(`feature ${name}`, new Float32(), false),
      data: makeData({ type: new Float32(), length: rows, nullCount: 0, data: columnOf(table, column) }),
    })),
  ];
  return writeColumns(
    columns.map(({ field }) => field),
    rows,
    columns.map(({ data }) => data),
  );
}

/** @throws {TrainingError} when it is no such table */
export function readFeatureTable(bytes: Uint8Array): FeatureTable {
  let arrow: ArrowTable;
  try {
    arrow = readColumns(bytes);
  } catch (cause) {
    throw new TrainingError('PLUMBLINE_TRAINING_SOURCE', 'features are no Parquet file', { cause });
  }
  const names = arrow.schema.fields
    .map(({ name }) => name)
    .filter((name) => name.startsWith('feature '))
    .map((name) => name.slice('feature '.length));
  const rows = arrow.numRows;
  const values = new Float32Array(rows * names.length);
  for (const [column, name] of names.entries()) {
    const from = arrow.getChild(`feature ${name}`);
    for (let row = 0; row < rows; row += 1) values[row * names.length + column] = Number(from?.get(row));
  }
  const column = <T>(name: string, read: (cell: unknown) => T): T[] => {
    const vector = arrow.getChild(name);
    return Array.from({ length: rows }, (_, row) => read(vector?.get(row)));
  };
  const text = (name: string) => column(name, String);
  const number = (name: string) => Float64Array.from(column(name, Number));
  return {
    names,
    values,
    traceIds: text('trace_id'),
    entries: text('entry'),
    faults: text('fault'),
    eventTimesMs: number('event_time_ms'),
    profile: number('profile'),
  };
}

/** What models read of a table. */
export function matrixOf({ names, values, traceIds }: FeatureTable): FeatureMatrix {
  return { rows: traceIds.length, width: names.length, values };
}

/** Several tables of the same features as one. */
export function joinTables(tables: readonly FeatureTable[]): FeatureTable {
  const [first] = tables;
  const all = <T>(of: (table: FeatureTable) => Iterable<T>): T[] => tables.flatMap((table) => [...of(table)]);
  const values = new Float32Array(tables.reduce((sum, table) => sum + table.values.length, 0));
  let at = 0;
  for (const table of tables) {
    values.set(table.values, at);
    at += table.values.length;
  }
  return {
    names: first?.names ?? [],
    values,
    traceIds: all(({ traceIds }) => traceIds),
    entries: all(({ entries }) => entries),
    faults: all(({ faults }) => faults),
    eventTimesMs: Float64Array.from(all(({ eventTimesMs }) => eventTimesMs)),
    profile: Float64Array.from(all(({ profile }) => profile)),
  };
}

function numbers(name: string, data: Float64Array): { readonly field: Field; readonly data: Data } {
  return {
    field: new Field(name, new Float64(), false),
    data: makeData({ type: new Float64(), length: data.length, nullCount: 0, data }),
  };
}

function columnOf({ names, values, traceIds }: FeatureTable, column: number): Float32Array {
  return Float32Array.from(traceIds, (_, row) => values[row * names.length + column] ?? NaN);
}
