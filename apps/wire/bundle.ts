import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { statsTableFromJson, statsTableSchema, statsTableToJson } from './stats-json';
import { rankingModelSchema } from './ranking-model';
import { decodeSketch, encodeSketch } from './sketch';
import type { StatsTable } from './stats';
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

/** JSON, gzipped; the same bundle gives the same bytes. */
export function encodeBundle(bundle: Bundle): Uint8Array {
  const { profile, spread, ...rest } = bundle;
  const json = {
    schema: 1,
    model: 'profile',
    ...rest,
    profile: statsTableToJson(profile),
    spread: Object.fromEntries(
      [...spread]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, { blocks, squares }]) => [key, { blocks, squares: encodeSketch(squares) }]),
    ),
  };
  return gzipSync(JSON.stringify(json), { level: 6 });
}

const bundleHead = bundleJson.pick({ version: true, featureSchema: true });

function refuseOther({ version, featureSchema: other }: z.infer<typeof bundleHead>): void {
  if (other === featureSchema) return;
  throw new BundleError(`bundle ${version} is of feature schema "${other}", this worker reads "${featureSchema}"`);
}

/** @throws {BundleError} when it is no bundle, too large, or of another feature schema */
export function decodeBundle(bytes: Uint8Array): Bundle {
  let json: z.infer<typeof bundleJson>;
  try {
    const parsed: unknown = JSON.parse(gunzipSync(bytes, { maxOutputLength: maxBundleBytes }).toString('utf8'));
    // Before anything else: a bundle of another schema may lack what this one has, and is to be refused by its name.
    refuseOther(bundleHead.parse(parsed));
    json = bundleJson.parse(parsed);
  } catch (cause) {
    if (cause instanceof BundleError) throw cause;
    throw new BundleError(`not a bundle: ${cause instanceof Error ? cause.message.slice(0, 500) : 'unreadable'}`, {
      cause,
    });
  }
  const { schema: _schema, model: _model, profile, spread, ...rest } = json;
  return {
    ...rest,
    profile: statsTableFromJson(profile),
    spread: new Map(
      Object.entries(spread).map(([key, { blocks, squares }]) => [key, { blocks, squares: decodeSketch(squares) }]),
    ),
  };
}
