import { Reader } from 'protobufjs/minimal';
import { ByteWriter } from './byte-writer';
import { CompactSketch } from './compact-sketch';
import { intern } from './intern';
import { addLabel, flatLabels, labelKinds, longestLabel } from './labels';
import { endOf, fieldOf, readCompactSketch, readCounts, readSketch, writeCounts, writeSketch } from './packed-numbers';
import type { Sketch } from './sketch';
import type { Form } from './sketch-forms';
import {
  compactTable,
  edgeRow,
  emptyTable,
  entryRow,
  labelSeparator,
  operationRow,
  serviceRow,
  type EdgeStats,
  type EntryStats,
  type OperationStats,
  type ServiceStats,
  type StatsTable,
} from './stats';
import {
  blindnessSums,
  edgeSketches,
  edgeSums,
  entrySketches,
  entrySums,
  labelSums,
  operationSums,
  serviceSketches,
  serviceSums,
  tallySums,
} from './stats-fields';
import { WireError } from './wire-error';

/*
 * A StatsTable in the protobuf wire format. Names are numbers into a table of the message, sketches are packed (packed-numbers.ts).
 * The order of sums in stats-fields.ts is the order on the wire.
 *
 *   message Table { repeated Operation operations = 1; repeated Edge edges = 2; repeated Entry entries = 3;
 *                   repeated Service services = 4; counts blindness = 5; }
 *   message Operation { packed uint32 names = 1; counts sums = 2; counts all = 3; counts anomalous = 4; sketch all_duration = 5;
 *                       sketch all_self = 6; sketch anomalous_duration = 7; sketch anomalous_self = 8; sketch per_trace = 9;
 *                       repeated Shape shapes = 10; }   names: service, operation, kind, entry
 *   message Shape { packed uint32 labels = 1; counts sums = 2; }
 *   message Edge { packed uint32 names = 1; counts sums = 2; sketch fanout = 3; sketch gap = 4; sketch duration = 5; sketch per_trace = 6; }
 *   message Entry { packed uint32 names = 1; counts sums = 2; sketch score = 3; sketch duration = 4; sketch ratio = 5; }
 *   message Service { packed uint32 names = 1; counts sums = 2; sketch own = 3; sketch out = 4; sketch in = 5; repeated Label labels = 6; }
 *   message Label { packed uint32 names = 1; counts sums = 2; }   names: kind, text
 */

/** Field of the first sketch of an edge, entry or service. */
const firstSketch = 3;

/** Rows of one message that are read: a message of detection has a tenth of it. */
export const maxRows = 262_144;
const maxNameLength = 65_536;

/** Numbers texts by their first use, for one message. */
export class NameWriter {
  private readonly numbers = new Map<string, number>();

  number(text: string): number {
    let number = this.numbers.get(text);
    if (number === undefined) this.numbers.set(text, (number = this.numbers.size));
    return number;
  }

  /** Writes the table of all that were numbered. */
  write(into: ByteWriter, field: number): void {
    for (const text of this.numbers.keys()) into.textField(field, text);
  }
}

/** Reads names of a message. @throws {WireError} for one that is too long */
export function readName(reader: Reader): string {
  const text = reader.string();
  if (text.length > maxNameLength) throw new WireError(`a name of ${text.length} characters, at most ${maxNameLength}`);
  return intern(text);
}

/** @throws {WireError} for a number that no name has */
export function nameOf(names: readonly string[], number: number): string {
  const name = names[number];
  if (name === undefined) throw new WireError(`name ${number} of ${names.length}`);
  return name;
}

/** Equal tables give equal bytes, with equal names. */
export function writeTable(into: ByteWriter, table: StatsTable, names: NameWriter): void {
  const row = new ByteWriter();
  const scratch = new ByteWriter();
  const named = (field: number, numbers: readonly number[], target = row): void => {
    scratch.clear();
    for (const n of numbers) scratch.varint(n);
    target.field(field, scratch);
  };
  const sum = <K extends string>(field: number, keys: readonly K[], of: Readonly<Record<K, number>>, target = row) => {
    writeCounts(
      target,
      scratch,
      field,
      keys.map((key) => of[key]),
    );
  };
  const sketches = <K extends string>(keys: readonly K[], of: Readonly<Record<K, Sketch>>): void => {
    for (const [i, key] of keys.entries()) writeSketch(row, scratch, firstSketch + i, of[key]);
  };
  const shapeRow = new ByteWriter();
  for (const op of sorted(table.operations)) {
    row.clear();
    named(1, [names.number(op.service), names.number(op.operation), op.kind, op.entry ? 1 : 0]);
    sum(2, operationSums, op);
    sum(3, tallySums, op.all);
    sum(4, tallySums, op.anomalous);
    const own = [op.all.duration, op.all.self, op.anomalous.duration, op.anomalous.self, op.perTrace];
    for (const [i, sketch] of own.entries()) writeSketch(row, scratch, 5 + i, sketch);
    for (const [key, shape] of [...op.shapes].sort(byKey)) {
      shapeRow.clear();
      named(
        1,
        key.split(labelSeparator).map((label) => names.number(label)),
        shapeRow,
      );
      sum(2, ['count', 'deep'], shape, shapeRow);
      row.field(10, shapeRow);
    }
    into.field(1, row);
  }
  for (const edge of sorted(table.edges)) {
    row.clear();
    named(
      1,
      [edge.caller, edge.callerOperation, edge.callee, edge.operation].map((text) => names.number(text)),
    );
    sum(2, edgeSums, edge);
    sketches(edgeSketches, edge);
    into.field(2, row);
  }
  for (const entry of sorted(table.entries)) {
    row.clear();
    named(1, [names.number(entry.service), names.number(entry.operation)]);
    sum(2, entrySums, entry);
    sketches(entrySketches, entry);
    into.field(3, row);
  }
  for (const service of sorted(table.services)) {
    row.clear();
    named(1, [names.number(service.service)]);
    sum(2, serviceSums, service);
    sketches(serviceSketches, service);
    for (const [kind, text, traces, failing, slow] of flatLabels(service.labels)) {
      shapeRow.clear();
      named(1, [labelKinds.indexOf(kind), names.number(text)], shapeRow);
      sum(2, labelSums, { traces, failing, slow }, shapeRow);
      row.field(6, shapeRow);
    }
    into.field(4, row);
  }
  sum(5, blindnessSums, table.blindness, into);
}

/** A table by itself: its names, then its rows. */
export function encodeStatsTable(table: StatsTable): Uint8Array {
  const names = new NameWriter();
  const [rows, nameTable] = [new ByteWriter(), new ByteWriter()];
  writeTable(rows, table, names);
  names.write(nameTable, 1);
  return new ByteWriter().field(1, nameTable).append(rows).finish();
}

/** Reads {@link encodeStatsTable}'s bytes. @throws {WireError} when they are no table */
export function decodeStatsTable(bytes: Uint8Array, options?: ReadOptions): StatsTable {
  const reader = Reader.create(bytes);
  const names: string[] = [];
  reader.uint32();
  const end = endOf(reader);
  while (reader.pos < end) {
    reader.uint32();
    names.push(readName(reader));
  }
  return new TableReader(reader, names, options).read(reader.len);
}

/** What a reader of tables needs no sketches of; they come back empty. */
export type Unread = ReadonlySet<'all.self' | 'anomalous' | 'score' | 'gap'>;

/** How tables are read. */
export interface ReadOptions {
  readonly unread?: Unread;
  /** Into {@link compactTable}s. */
  readonly compact?: boolean;
}

/** Reads what {@link writeTable} wrote, up to `end`, rows by rising key. Nothing that it reads is trusted. */
export class TableReader {
  private readonly table: StatsTable;
  private readonly unread: Unread;
  private rows = 0;

  constructor(
    private readonly reader: Reader,
    /** Names of the message, by number. */
    private readonly names: readonly string[],
    { unread = new Set(), compact = false }: ReadOptions = {},
  ) {
    this.unread = unread;
    this.table = compact ? compactTable() : emptyTable();
  }

  /** @throws {WireError} when a row is no such row, a name has no text, or there are more than {@link maxRows} rows */
  read(end: number): StatsTable {
    const { reader, table } = this;
    while (reader.pos < end) {
      const tag = reader.uint32();
      const { field, form } = fieldOf(tag);
      if ((tag & 7) !== 2 || field > 5) reader.skipType(tag & 7);
      else if (field === 5) assign(table.blindness, blindnessSums, readCounts(reader, form, blindnessSums.length));
      else this.row(field);
    }
    return table;
  }

  private row(field: number): void {
    if ((this.rows += 1) > maxRows) throw new WireError(`a message has at most ${maxRows} rows`);
    const end = endOf(this.reader);
    if (field === 1) this.operation(end);
    else if (field === 2) this.edge(end);
    else if (field === 3) this.entry(end);
    else this.service(end);
  }

  private operation(end: number): void {
    const [service = 0, operation = 0, kind = 0, entry = 0] = this.numbers(4);
    if (kind > 5) throw new WireError(`a span kind is 0 to 5, got ${kind}`);
    const before = this.table.operations.size;
    const row = operationRow(this.table, this.name(service), this.name(operation), kind, entry !== 0);
    this.isNew(this.table.operations, before, row.operation);
    this.fields(end, (field, form) => {
      if (field === 2) this.assign(row, operationSums, form);
      else if (field === 3) this.assign(row.all, tallySums, form);
      else if (field === 4) this.assign(row.anomalous, tallySums, form);
      else if (field === 10) this.shape(row);
      else return this.operationSketch(row, field, form);
      return true;
    });
  }

  private operationSketch(row: OperationStats, field: number, form: Form): boolean {
    const { all, anomalous, perTrace } = row;
    const sketch = [all.duration, all.self, anomalous.duration, anomalous.self, perTrace][field - 5];
    const skipped =
      (field === 6 && this.unread.has('all.self')) || (field < 9 && field > 6 && this.unread.has('anomalous'));
    if (sketch === undefined || skipped) return false;
    this.sketch(sketch, form);
    return true;
  }

  private sketch(into: Sketch, form: Form): void {
    if (into instanceof CompactSketch) into.merge(readCompactSketch(this.reader, form));
    else readSketch(this.reader, form, into);
  }

  private shape(row: OperationStats): void {
    const end = endOf(this.reader);
    const labels = this.numbers(maxNameLength).map((number) => this.name(number));
    const shape = { count: 0, deep: 0 };
    this.fields(end, (field, form) => {
      if (field === 2) this.assign(shape, ['count', 'deep'], form);
      return field === 2;
    });
    row.shapes.set(intern(labels.join(labelSeparator)), shape);
  }

  private edge(end: number): void {
    const [caller = 0, callerOperation = 0, callee = 0, operation = 0] = this.numbers(4);
    const before = this.table.edges.size;
    const names = [this.name(caller), this.name(callerOperation), this.name(callee), this.name(operation)] as const;
    const row: EdgeStats = edgeRow(this.table, ...names);
    this.isNew(this.table.edges, before, row.operation);
    this.sums(end, row, edgeSums, edgeSketches);
  }

  private entry(end: number): void {
    const [service = 0, operation = 0] = this.numbers(2);
    const before = this.table.entries.size;
    const row: EntryStats = entryRow(this.table, this.name(service), this.name(operation));
    this.isNew(this.table.entries, before, row.operation);
    this.sums(end, row, entrySums, entrySketches);
  }

  private service(end: number): void {
    const [service = 0] = this.numbers(1);
    const before = this.table.services.size;
    const row: ServiceStats = serviceRow(this.table, this.name(service));
    this.isNew(this.table.services, before, row.service);
    this.sums(end, row, serviceSums, serviceSketches, (field) => {
      if (field === 6) this.label(row);
      return field === 6;
    });
  }

  private label({ labels }: ServiceStats): void {
    const end = endOf(this.reader);
    const [kind = 0, text = 0] = this.numbers(2);
    const counted = { traces: 0, failing: 0, slow: 0 };
    this.fields(end, (field, form) => {
      if (field === 2) this.assign(counted, labelSums, form);
      return field === 2;
    });
    const known = labelKinds[kind];
    if (known === undefined) return;
    const name = this.name(text);
    if (name.length > longestLabel)
      throw new WireError(`a label of ${name.length} characters, at most ${longestLabel}`);
    addLabel(labels, known, name, counted);
  }

  private sums<S extends string, K extends string>(
    end: number,
    row: Record<S, number> & Readonly<Record<K, Sketch>>,
    sums: readonly S[],
    sketches: readonly K[],
    more: (field: number) => boolean = () => false,
  ): void {
    this.fields(end, (field, form) => {
      if (more(field)) return true;
      const sketch = sketches[field - firstSketch];
      if (field === 2) this.assign(row, sums, form);
      else if (sketch === undefined || this.unread.has(sketch as never)) return false;
      else this.sketch(row[sketch], form);
      return true;
    });
  }

  /** Fields of a row; what `read` does not know is passed over. */
  private fields(end: number, read: (field: number, form: Form) => boolean): void {
    const { reader } = this;
    while (reader.pos < end) {
      const tag = reader.uint32();
      const { field, form } = fieldOf(tag);
      if ((tag & 7) !== 2 || !read(field, form)) reader.skipType(tag & 7);
    }
    if (reader.pos !== end) throw new WireError('a row does not end where it says');
  }

  /** Names of a row come first. */
  private numbers(most: number): number[] {
    const { reader } = this;
    const tag = reader.uint32();
    if (tag !== ((1 << 3) | 2)) throw new WireError(`a row has to begin with its names, got tag ${tag}`);
    const end = endOf(reader);
    const numbers: number[] = [];
    while (reader.pos < end) {
      const number = reader.uint32();
      if (numbers.length < most) numbers.push(number);
    }
    return numbers;
  }

  private name(number: number): string {
    return nameOf(this.names, number);
  }

  private isNew(rows: ReadonlyMap<string, unknown>, before: number, name: string): void {
    if (rows.size === before) throw new WireError(`a row comes twice: ${JSON.stringify(name.slice(0, 200))}`);
  }

  private assign<K extends string>(row: Record<K, number>, keys: readonly K[], form: Form): void {
    assign(row, keys, readCounts(this.reader, form, keys.length));
  }
}

function assign<K extends string>(row: Record<K, number>, keys: readonly K[], counts: readonly number[]): void {
  for (const [i, key] of keys.entries()) row[key] = counts[i] ?? 0;
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function sorted<T>(rows: ReadonlyMap<string, T>): T[] {
  return [...rows].sort(byKey).map(([, row]) => row);
}
