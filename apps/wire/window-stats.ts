import { Reader } from 'protobufjs/minimal';
import { z } from 'zod';
import { ByteWriter } from './byte-writer';
import { endOf } from './packed-numbers';
import type { StatsTable } from './stats';
import { NameWriter, readName, TableReader, writeTable, type ReadOptions } from './stats-codec';
import { windowStatsFromJson } from './window-stats-json';
import { WireError } from './wire-error';

/** Where a record came from; with it every effect of a record is recognized when it comes again. */
export const sourceSchema = z.object({
  /** Partition of `traces-preprocessed`. */
  partition: z.number().int().min(0),
  /** Offset there. */
  offset: z.number().int().min(0),
});
export type Source = z.infer<typeof sourceSchema>;

/** Records of one partition of `traces-preprocessed`, from the first to the last: what statistics are made from together. */
export interface SourceRange {
  readonly partition: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  /**
   * Newest record time of the partition up to its last record, milliseconds since the epoch: tells a topic that was made anew
   * from one that is read again. Absent in messages that do not tell.
   */
  readonly recordTimeMs?: number;
}

/** Statistics that a range of records of `traces-preprocessed` adds; its windows are by event time of the traces. */
export interface WindowStats {
  readonly tenant: string;
  readonly source: SourceRange;
  /** No trace with an earlier event time will come from this partition, but for late ones. Milliseconds since the epoch. */
  readonly watermarkMs: number;
  /** Verdicts that the same records gave rise to; they are on `anomalies` before this record is here. */
  readonly verdicts: number;
  readonly windows: readonly WindowDelta[];
}

/** What is added to one window; counts are negative where a revision takes back what the one before it said. */
export interface WindowDelta {
  /** Start of the window, event time, milliseconds since the epoch; a multiple of `durationMs`. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly stats: StatsTable;
}

/** Windows of one message that are read. */
const maxWindows = 10_000;
const maxTenantLength = 256;

const fields = {
  tenant: 1,
  partition: 2,
  firstOffset: 3,
  lastOffset: 4,
  watermarkMs: 5,
  verdicts: 6,
  name: 7,
  window: 8,
  recordTimeMs: 9,
} as const;
const windowFields = { startMs: 1, durationMs: 2, table: 3 } as const;

/**
 * `window-stats/2`, in the protobuf wire format; equal messages give equal bytes. Offsets are doubles, since they may pass 2³².
 *
 *   message WindowStats { string tenant = 1; uint32 partition = 2; double first_offset = 3; double last_offset = 4;
 *                         double watermark_ms = 5; uint32 verdicts = 6; repeated string names = 7; repeated Window windows = 8;
 *                         double record_time_ms = 9; }
 *   message Window { double start_ms = 1; double duration_ms = 2; Table table = 3; }
 */
export function encodeWindowStats(message: WindowStats): Uint8Array {
  const names = new NameWriter();
  const [windows, window, table] = [new ByteWriter(), new ByteWriter(), new ByteWriter()];
  for (const { startMs, durationMs, stats } of message.windows) {
    writeTable(table.clear(), stats, names);
    window.clear().doubleField(windowFields.startMs, startMs).doubleField(windowFields.durationMs, durationMs);
    windows.field(fields.window, window.field(windowFields.table, table));
  }
  const { tenant, source, watermarkMs, verdicts } = message;
  const bytes = new ByteWriter()
    .textField(fields.tenant, tenant)
    .varintField(fields.partition, source.partition)
    .doubleField(fields.firstOffset, source.firstOffset)
    .doubleField(fields.lastOffset, source.lastOffset)
    .doubleField(fields.watermarkMs, watermarkMs)
    .varintField(fields.verdicts, verdicts);
  if (source.recordTimeMs !== undefined) bytes.doubleField(fields.recordTimeMs, source.recordTimeMs);
  names.write(bytes, fields.name);
  return bytes.append(windows).finish();
}

/**
 * Reads both versions of the message.
 *
 * @throws {WireError} when the bytes are no such message
 */
export function decodeWindowStats(bytes: Uint8Array, options?: ReadOptions): WindowStats {
  try {
    // A message of the second version cannot begin so: it would be the start of a group, which there are none of.
    return bytes[0] === 0x7b ? windowStatsFromJson(bytes) : readMessage(Reader.create(bytes), options);
  } catch (cause) {
    if (cause instanceof WireError) throw cause;
    const reason = cause instanceof Error ? cause.message.slice(0, 500) : 'unreadable';
    throw new WireError(`no window statistics: ${reason}`, { cause });
  }
}

function readMessage(reader: Reader, options: ReadOptions | undefined): WindowStats {
  const names: string[] = [];
  const windows: WindowDelta[] = [];
  let tenant: string | undefined;
  const numbers = new Map<number, number>();
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const [field, type] = [tag >>> 3, tag & 7];
    if (field === fields.tenant && type === 2) tenant = reader.string();
    else if (field === fields.name && type === 2) names.push(readName(reader));
    else if (field === fields.window && type === 2) {
      if (windows.length >= maxWindows) throw new WireError(`a message has at most ${maxWindows} windows`);
      windows.push(readWindow(reader, names, options));
    } else if (type === 0) numbers.set(field, reader.uint32());
    else if (type === 1) numbers.set(field, reader.double());
    else reader.skipType(type);
  }
  if (tenant === undefined || tenant.length > maxTenantLength) {
    throw new WireError(
      `a tenant of at most ${maxTenantLength} characters, got ${JSON.stringify(tenant?.slice(0, 99))}`,
    );
  }
  const firstOffset = whole(numbers, 'firstOffset');
  const lastOffset = whole(numbers, 'lastOffset');
  if (lastOffset < firstOffset) throw new WireError(`a range ends at or after ${firstOffset}, got ${lastOffset}`);
  const watermarkMs = finite(numbers.get(fields.watermarkMs), 'watermark');
  const recordTimeMs = numbers.get(fields.recordTimeMs);
  const source = {
    partition: whole(numbers, 'partition'),
    firstOffset,
    lastOffset,
    ...(recordTimeMs === undefined ? {} : { recordTimeMs: finite(recordTimeMs, 'record time') }),
  };
  return { tenant, source, watermarkMs, verdicts: whole(numbers, 'verdicts'), windows };
}

function readWindow(reader: Reader, names: readonly string[], options: ReadOptions | undefined): WindowDelta {
  const end = endOf(reader);
  let [startMs, durationMs]: (number | undefined)[] = [];
  let stats: StatsTable | undefined;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === ((windowFields.startMs << 3) | 1)) startMs = reader.double();
    else if (tag === ((windowFields.durationMs << 3) | 1)) durationMs = reader.double();
    else if (tag === ((windowFields.table << 3) | 2))
      stats = new TableReader(reader, names, options).read(endOf(reader));
    else reader.skipType(tag & 7);
  }
  const duration = finite(durationMs, 'duration');
  if (stats === undefined || duration <= 0 || reader.pos !== end) {
    throw new WireError(`a window has statistics and lasts longer than 0 ms, got ${duration}`);
  }
  return { startMs: finite(startMs, 'start'), durationMs: duration, stats };
}

function whole(numbers: ReadonlyMap<number, number>, field: keyof typeof fields): number {
  const n = numbers.get(fields[field]);
  if (n === undefined || !Number.isSafeInteger(n) || n < 0) {
    throw new WireError(`${field} has to be a whole number from 0, got ${n ?? 'none'}`);
  }
  return n;
}

function finite(n: number | undefined, name: string): number {
  if (n === undefined || !Number.isFinite(n)) throw new WireError(`${name} has to be finite, got ${n ?? 'none'}`);
  return n;
}
