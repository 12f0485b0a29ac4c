import { Reader } from 'protobufjs/minimal';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { ByteWriter } from './byte-writer';
import { endOf, fieldOf, readCompactSketch, readCounts, readSketch, writeCounts, writeSketch } from './packed-numbers';
import { decodeSketch, type Sketch } from './sketch';
import { emptyTable, type StatsTable } from './stats';
import { intern } from './intern';
import { nameOf, NameWriter, readName, TableReader, writeTable, type ReadOptions } from './stats-codec';
import { statsTableFromJson, statsTableSchema } from './stats-json';
import { rankingModelSchema } from './ranking-model';
import type { StreamSpread } from './streams';

/** Names the meaning of the statistics in a bundle; a bundle with another one is refused. */
export const featureSchema = 'profile/3 gamma=1.05 unit=ms';

/** Largest bundle that is read, after decompression. */
const maxBundleBytes = 256 * 1024 * 1024;

const bundleJson = z.object({
  schema: z.literal(1),
  model: z.literal('profile'),
  version: z.string().min(1).max(128),
  featureSchema: z.string(),
  /** Traces with this event time or a later one are judged by this bundle. */
  effectiveFromMs: z.number(),
  learnt: z.object({
    fromMs: z.number(),
    /** End of the last window in the profile. */
    throughMs: z.number(),
    windows: z.number().int(),
    traces: z.number(),
  }),
  thresholds: z.object({
    /** Spans with p ≤ alpha exceed. */
    alpha: z.number().positive(),
    /** Operations with fewer observations abstain. */
    minSupport: z.number().positive(),
    /** Score from which a trace is anomalous, by entry key; `default` for others. */
    traceScore: z.record(z.string(), z.number()),
  }),
  /** What ranks services; a bundle without one is of a version that had one model for all. */
  ranking: rankingModelSchema.optional(),
  /**
   * How far the learner has come, by tenant; what a restart continues from. `throughMs` is the end of the last window that
   * was learnt or left out, `positions` the last source offset of each partition that has nothing later.
   */
  progress: z
    .record(z.string(), z.object({ throughMs: z.number(), positions: z.record(z.string(), z.number().int()) }))
    .optional(),
  profile: statsTableSchema,
  /** How each stream's share varies from block to block, by stream key. */
  spread: z.record(z.string(), z.object({ blocks: z.number().min(0), squares: z.array(z.number()).max(8192) })),
});

/** An immutable, versioned description of normal: what every verdict refers to. */
export interface Bundle extends Omit<z.infer<typeof bundleJson>, 'schema' | 'model' | 'profile' | 'spread'> {
  readonly profile: StatsTable;
  readonly spread: ReadonlyMap<string, StreamSpread>;
}

/** Pointer to the newest bundles, newest last; a reader keeps the ones whose time has not passed. */
export const bundlePointerSchema = z.object({
  schema: z.literal(1),
  bundles: z
    .array(z.object({ version: z.string(), key: z.string(), effectiveFromMs: z.number() }))
    .min(1)
    .max(16),
});
export type BundlePointer = z.infer<typeof bundlePointerSchema>;
/** A bundle as the pointer names it. */
export type PointerEntry = BundlePointer['bundles'][number];

/** A bundle that cannot be used, and why. */
export class BundleError extends Error {
  readonly code = 'PLUMBLINE_BUNDLE';
  override readonly name = 'BundleError';
}

/** Streams of one bundle that are read: a profile of the most rows has a third of it. */
const maxStreams = 1_000_000;
const fields = { head: 1, name: 2, profile: 3, spread: 4 } as const;

/**
 * The statistics of a bundle in the protobuf wire format, the rest as JSON in it, all of it gzipped; the same bundle gives the same bytes.
 *
 *   message Bundle { string head = 1; repeated string names = 2; Table profile = 3; repeated Spread spread = 4; }
 *   message Spread { packed uint32 key = 1; counts blocks = 2; sketch squares = 3; }   key: parts of the stream's key
 */
export function encodeBundle(bundle: Bundle): Uint8Array {
  const { profile, spread, ...rest } = bundle;
  const head = JSON.stringify({ schema: 2, model: 'profile', ...rest });
  const { names, content } = encodeStatistics({ profile, spread });
  const bytes = new ByteWriter().textField(fields.head, head).append(names).append(content);
  return gzipSync(bytes.finish(), { level: 6 });
}

/** What a bundle knows of normal, as bytes: equal for equal statistics, so that a hash of them tells versions apart. */
export function statisticsBytes(statistics: Pick<Bundle, 'profile' | 'spread'>): Uint8Array {
  const { names, content } = encodeStatistics(statistics);
  return names.append(content).finish();
}

function encodeStatistics({ profile, spread }: Pick<Bundle, 'profile' | 'spread'>) {
  const names = new NameWriter();
  const [table, row, scratch, content, nameTable] = Array.from({ length: 5 }, () => new ByteWriter()) as Writers;
  writeTable(table, profile, names);
  content.field(fields.profile, table);
  for (const [key, { blocks, squares }] of [...spread].sort(([a], [b]) => (a < b ? -1 : 1))) {
    scratch.clear();
    for (const part of key.split('\n')) scratch.varint(names.number(part));
    row.clear().field(1, scratch);
    writeCounts(row, scratch, 2, [blocks]);
    writeSketch(row, scratch, 3, squares);
    content.field(fields.spread, row);
  }
  names.write(nameTable, fields.name);
  return { names: nameTable, content };
}

/** How streams vary, as bytes. */
export function encodeSpread(spread: Bundle['spread']): Uint8Array {
  return statisticsBytes({ profile: emptyTable(), spread });
}

/** Reads {@link encodeSpread}'s bytes. @throws {WireError} when they are something else */
export function decodeSpread(bytes: Uint8Array): Bundle['spread'] {
  const reader = Reader.create(bytes);
  const names: string[] = [];
  const spread = new Map<string, StreamSpread>();
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === ((fields.name << 3) | 2)) names.push(readName(reader));
    else if (tag === ((fields.spread << 3) | 2)) readSpread(reader, names, spread, true);
    else reader.skipType(tag & 7);
  }
  return spread;
}

type Writers = [ByteWriter, ByteWriter, ByteWriter, ByteWriter, ByteWriter];

const bundleHead = bundleJson.pick({ version: true, featureSchema: true });

function refuseOther({ version, featureSchema: other }: z.infer<typeof bundleHead>): void {
  if (other === featureSchema) return;
  throw new BundleError(`bundle ${version} is of feature schema "${other}", this worker reads "${featureSchema}"`);
}

/**
 * Reads a bundle, also one of the first version, which was all JSON.
 *

 * @throws {BundleError} when it is no bundle, too large, or of another feature schema
 */
export function decodeBundle(bytes: Uint8Array, options?: ReadOptions): Bundle {
  try {
    const content = gunzipSync(bytes, { maxOutputLength: maxBundleBytes });
    return content[0] === 0x7b ? fromJson(content) : fromBinary(content, options);
  } catch (cause) {
    if (cause instanceof BundleError) throw cause;
    throw new BundleError(`not a bundle: ${cause instanceof Error ? cause.message.slice(0, 500) : 'unreadable'}`, {
      cause,
    });
  }
}

function fromJson(content: Buffer): Bundle {
  const parsed: unknown = JSON.parse(content.toString('utf8'));
  // Before anything else: a bundle of another schema may lack what this one has, and is to be refused by its name.
  refuseOther(bundleHead.parse(parsed));
  const { schema: _schema, model: _model, profile, spread, ...rest } = bundleJson.parse(parsed);
  return {
    ...rest,
    profile: statsTableFromJson(profile),
    spread: new Map(
      Object.entries(spread).map(([key, { blocks, squares }]) => [key, { blocks, squares: decodeSketch(squares) }]),
    ),
  };
}

const binaryHead = bundleJson.omit({ profile: true, spread: true }).extend({ schema: z.literal(2) });

function fromBinary(content: Buffer, options: ReadOptions | undefined): Bundle {
  const reader = Reader.create(content);
  const names: string[] = [];
  const spread = new Map<string, StreamSpread>();
  let head: z.infer<typeof binaryHead> | undefined;
  let profile: StatsTable | undefined;
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === ((fields.head << 3) | 2)) {
      const parsed: unknown = JSON.parse(reader.string());
      refuseOther(bundleHead.parse(parsed));
      head = binaryHead.parse(parsed);
    } else if (tag === ((fields.name << 3) | 2)) names.push(readName(reader));
    else if (tag === ((fields.profile << 3) | 2)) {
      profile = new TableReader(reader, names, options).read(endOf(reader));
    } else if (tag === ((fields.spread << 3) | 2)) {
      if (spread.size >= maxStreams) throw new BundleError(`a bundle has at most ${maxStreams} streams`);
      readSpread(reader, names, spread, options?.compact === true);
    } else reader.skipType(tag & 7);
  }
  if (head === undefined || profile === undefined) throw new BundleError('not a bundle: it has no head or no profile');
  const { schema: _schema, model: _model, ...rest } = head;
  return { ...rest, profile, spread };
}

function readSpread(reader: Reader, names: readonly string[], into: Map<string, StreamSpread>, compact: boolean): void {
  const end = endOf(reader);
  const parts: string[] = [];
  let squares: Sketch = new Map();
  let blocks = 0;
  while (reader.pos < end) {
    const tag = reader.uint32();
    const { field, form } = fieldOf(tag);
    if ((tag & 7) !== 2 || field > 3) reader.skipType(tag & 7);
    else if (field === 3 && compact) squares = readCompactSketch(reader, form);
    else if (field === 3) readSketch(reader, form, squares);
    else if (field === 2) [blocks = 0] = readCounts(reader, form, 1);
    else {
      const last = endOf(reader);
      while (reader.pos < last) parts.push(nameOf(names, reader.uint32()));
    }
  }
  into.set(intern(parts.join('\n')), { blocks, squares });
}
