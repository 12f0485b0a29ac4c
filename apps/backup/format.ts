import type { BackupPart } from '@plumbline/contracts';
import { z } from 'zod';
import { snapshotIdPattern } from './snapshot-id';

/** What a backup is of; each part has snapshots of its own, at times of its own. */
export const parts = ['buckets', 'topics', 'databases'] as const satisfies readonly BackupPart[];
export type Part = (typeof parts)[number];

const count = z.int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const data = z.string().regex(/^[0-9a-f]{40}$/);

/** A line of the list of a bucket: an object, or one version of it. A marker of a deletion has no content. */
export const objectEntry = z.object({
  key: z.string(),
  size: count,
  /** As the source said. */
  etag: z.string(),
  modifiedMs: z.number(),
  versionId: z.string().exactOptional(),
  isDeletion: z.boolean().exactOptional(),
  contentType: z.string().exactOptional(),
  metadata: z.record(z.string(), z.string()).exactOptional(),
  content: z
    .object({
      /** Name of the stored bytes. */
      data,
      sha256,
      /** Of the stored bytes: restored ones have it, too, where etags are made of MD5. */
      etag: z.string(),
    })
    .exactOptional(),
});
export type ObjectEntry = z.infer<typeof objectEntry>;

/** A file with lines of {@link objectEntry}, gzip. */
const listing = z.object({ file: z.string(), sha256, bytes: count, entries: count });
export type Listing = z.infer<typeof listing>;

const bucketContent = z.object({
  name: z.string(),
  versioned: z.boolean(),
  objects: count,
  bytes: count,
  lists: z.array(listing),
});
export type BucketContent = z.infer<typeof bucketContent>;

/** Records of a partition from an offset to before another: lines of JSON, gzip. */
const segment = z.object({ data, sha256, bytes: count, records: count, from: count, to: count });
export type Segment = z.infer<typeof segment>;

const partitionContent = z.object({
  partition: count,
  /** Where the next backup goes on. */
  next: count,
  segments: z.array(segment),
  /** The record before {@link next}, by which a topic that was made anew is told from the one that was read. */
  last: z.object({ offset: count, digest: z.string() }).exactOptional(),
});
export type PartitionContent = z.infer<typeof partitionContent>;

const topicContent = z.object({
  name: z.string(),
  /** Of the topic, so that it can be made anew. */
  config: z.record(z.string(), z.string()),
  partitions: z.array(partitionContent),
});
export type TopicContent = z.infer<typeof topicContent>;

const groupOffset = z.object({ group: z.string(), topic: z.string(), partition: count, offset: count });
export type GroupOffset = z.infer<typeof groupOffset>;

const databaseContent = z.object({ name: z.string(), data, sha256, bytes: count });
export type DatabaseContent = z.infer<typeof databaseContent>;

const about = {
  format: z.literal(1),
  id: z.string().regex(snapshotIdPattern),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
};

/** One backup of one part. */
export const snapshot = z.discriminatedUnion('part', [
  z.object({ ...about, part: z.literal('buckets'), contents: z.array(bucketContent) }),
  z.object({
    ...about,
    part: z.literal('topics'),
    contents: z.array(topicContent),
    groups: z.array(groupOffset),
  }),
  z.object({ ...about, part: z.literal('databases'), contents: z.array(databaseContent) }),
]);
export type Snapshot = z.infer<typeof snapshot>;
export type SnapshotOf<P extends Part> = Extract<Snapshot, { readonly part: P }>;

/** Stored bytes that a snapshot needs, and what of. */
export interface StoredContent {
  readonly data: string;
  readonly sha256: string;
  readonly bytes: number;
  /** `bucket tempo-traces, object a/b`. */
  readonly of: string;
}
