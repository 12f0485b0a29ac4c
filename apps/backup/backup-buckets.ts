import {
  retryTransient,
  runBounded,
  type Clock,
  type RetryPolicy,
  type S3Connection,
  systemClock,
} from '@plumbline/worker';
import { BackupError } from './errors';
import type { BucketContent, ObjectEntry, SnapshotOf } from './format';
import { EarlierEntries, ListingWriter, readListings } from './listing';
import { defaultConcurrency, silentReport, type Report, type WorkOptions } from './report';
import { S3Bucket, type ListedObject } from './s3-bucket';
import { newSnapshotId } from './snapshot-id';
import { dataName, type Vault } from './vault';

/** Options of {@link backUpBuckets}. */
export interface BackUpBucketsOptions extends WorkOptions {
  readonly source: S3Connection;
  readonly buckets: readonly { readonly name: string; readonly versioned: boolean }[];
  /** Whether a bucket may be empty that was not when it was backed up last. @default false */
  readonly allowEmpty?: boolean;
  /** Whether all is read and stored again, which heals what was changed in the backup. @default false */
  readonly full?: boolean;
  readonly clock?: Clock;
}

/** Objects that are looked at together. */
const windowSize = 256;
/** An object that vanishes while a bucket is read was replaced, by compaction say: the bucket is looked at again. */
const mostLooks = 3;
/** What an interrupted backup stored is taken over by the next one, unless it is so old that it may have been swept. */
export const interruptedMs = 12 * 3_600_000;
/** A request is repeated by the SDK; this is for a body that ended early. */
const copyRetry: RetryPolicy = { startingDelayMs: 500, maxDelayMs: 10_000, attempts: 5 };

interface Counts {
  copied: number;
  copiedBytes: number;
  vanished: number;
}

/**
 * Stores what buckets hold now. Objects that an earlier backup stored are not read again: size, etag and time of writing tell them. It counts
 * when all of it is stored, and not before.
 *
 * @throws {BackupError} if a bucket is empty that was not
 * @throws {ObjectStoreError}
 */
export async function backUpBuckets(vault: Vault, options: BackUpBucketsOptions): Promise<SnapshotOf<'buckets'>> {
  const { clock = systemClock, report = silentReport } = options;
  const startedMs = clock.now();
  const id = newSnapshotId(startedMs);
  const earlier = await earlierSnapshots(vault, startedMs, report);
  const contents: BucketContent[] = [];
  for (const { name, versioned } of options.buckets) {
    const bucket = new S3Bucket(name, options.source);
    try {
      const counts: Counts = { copied: 0, copiedBytes: 0, vanished: 0 };
      const content = await backUpBucket(vault, { id, bucket, versioned, earlier, counts, options });
      refuseEmptied(content, earlier.complete, options.allowEmpty === true);
      contents.push(content);
      report('backed up', { bucket: name, objects: content.objects, bytes: content.bytes, ...counts });
    } finally {
      bucket.close();
    }
  }
  const [startedAt, finishedAt] = [startedMs, clock.now()].map((time) => new Date(time).toISOString());
  const made = { format: 1, part: 'buckets', id, startedAt, finishedAt, contents } as SnapshotOf<'buckets'>;
  await vault.commit(made);
  return made;
}

interface Earlier {
  readonly complete: SnapshotOf<'buckets'> | undefined;
  /** One that was interrupted since. */
  readonly interrupted: string | undefined;
}

async function earlierSnapshots(vault: Vault, nowMs: number, report: Report): Promise<Earlier> {
  const names = await vault.snapshots('buckets');
  const complete = await vault.newest('buckets', report);
  const interrupted = names.find((each) => !each.complete && nowMs - each.startedMs < interruptedMs);
  return {
    complete,
    interrupted: interrupted !== undefined && interrupted.id > (complete?.id ?? '') ? interrupted.id : undefined,
  };
}

interface BucketWork {
  readonly id: string;
  readonly bucket: S3Bucket;
  readonly versioned: boolean;
  readonly earlier: Earlier;
  readonly counts: Counts;
  readonly options: BackUpBucketsOptions;
}

async function backUpBucket(vault: Vault, work: BucketWork): Promise<BucketContent> {
  const { id, bucket, versioned, earlier, counts } = work;
  let previousLook: BucketContent | undefined;
  for (let look = 1; ; look += 1) {
    const bases = work.options.full === true ? [] : await basesOf(vault, bucket.name, earlier);
    if (previousLook !== undefined) bases.unshift(new EarlierEntries(readListings(vault, id, previousLook.lists)));
    const before = counts.vanished;
    const writer = new ListingWriter(vault, id, `lists/${bucket.name}/${look}`);
    const sum = { objects: 0, bytes: 0 };
    for await (const window of windows(versioned ? bucket.listVersions() : bucket.list())) {
      work.options.signal?.throwIfAborted();
      for (const entry of await storeWindow(vault, work, window, bases)) {
        await writer.add(entry);
        sum.objects += 1;
        sum.bytes += entry.size;
      }
    }
    previousLook = { name: bucket.name, versioned, ...sum, lists: [...(await writer.close())] };
    if (counts.vanished === before || look === mostLooks) return previousLook;
  }
}

/** Lists of earlier backups of a bucket, the best first. */
async function basesOf(vault: Vault, name: string, { complete, interrupted }: Earlier): Promise<EarlierEntries[]> {
  const bases: EarlierEntries[] = [];
  if (interrupted !== undefined) {
    const files = (await vault.files('buckets', interrupted)).filter((file) => file.startsWith(`lists/${name}/1/`));
    bases.push(
      new EarlierEntries(
        readListings(
          vault,
          interrupted,
          files.map((file) => ({ file })),
        ),
      ),
    );
  }
  const content = complete?.contents.find((each) => each.name === name);
  if (complete !== undefined && content !== undefined)
    bases.push(new EarlierEntries(readListings(vault, complete.id, content.lists)));
  return bases;
}

/** Stores objects of a window, several at once. @returns their entries in the order of the window, without what vanished */
async function storeWindow(
  vault: Vault,
  { bucket, counts, options }: BucketWork,
  window: readonly ListedObject[],
  bases: readonly EarlierEntries[],
): Promise<readonly ObjectEntry[]> {
  const entries: (ObjectEntry | undefined)[] = [];
  const copies: (() => Promise<void>)[] = [];
  for (const [index, object] of window.entries()) {
    entries[index] = object.isDeletion === true ? about(object) : await findIn(bases, object);
    if (entries[index] !== undefined) continue;
    copies.push(async () => {
      const retry = (): Promise<ObjectEntry | undefined> => store(vault, bucket, object);
      entries[index] = await retryTransient(retry, copyRetry, () => options.signal?.aborted !== true);
      if (entries[index] === undefined) {
        counts.vanished += 1;
      } else {
        counts.copied += 1;
        counts.copiedBytes += object.size;
      }
    });
  }
  await runBounded(copies, options.concurrency ?? defaultConcurrency);
  return entries.filter((entry) => entry !== undefined);
}

async function findIn(bases: readonly EarlierEntries[], object: ListedObject): Promise<ObjectEntry | undefined> {
  let found: ObjectEntry | undefined;
  // Each is asked, so that each goes on with the keys.
  for (const base of bases) found = (await base.find(object)) ?? found;
  return found;
}

/** @returns `undefined` if it is not there any more, or not as it was listed */
async function store(vault: Vault, bucket: S3Bucket, object: ListedObject): Promise<ObjectEntry | undefined> {
  const { key, size, etag, modifiedMs, versionId } = object;
  const open = await bucket.open(key, versionId === undefined ? { etag } : { versionId });
  if (open === undefined) return undefined;
  const data = dataName(bucket.name, key, etag, size, modifiedMs, versionId ?? '');
  const { etag: storedEtag, sha256 } = await vault.writeData('buckets', data, open.body, size);
  const { contentType, metadata } = open;
  return {
    ...about(object),
    ...(contentType !== undefined && { contentType }),
    ...(metadata !== undefined && { metadata: { ...metadata } }),
    content: { data, sha256, etag: storedEtag },
  };
}

function about({ key, size, etag, modifiedMs, versionId, isDeletion }: ListedObject): ObjectEntry {
  return {
    ...{ key, size, etag, modifiedMs },
    ...(versionId !== undefined && { versionId }),
    ...(isDeletion === true && { isDeletion }),
  };
}

/** A bucket that lost everything must not become the newest backup without somebody saying so. */
function refuseEmptied(
  { name, objects }: BucketContent,
  before: SnapshotOf<'buckets'> | undefined,
  allowEmpty: boolean,
): void {
  const had = before?.contents.find((each) => each.name === name)?.objects ?? 0;
  if (objects > 0 || had === 0 || allowEmpty) return;
  const message = `bucket ${name} is empty and had ${had} objects when it was backed up last: this backup does not count. Restore the bucket, or give --allow-empty`;
  throw new BackupError('PLUMBLINE_BACKUP_SOURCE', message);
}

async function* windows(objects: AsyncIterable<ListedObject>): AsyncIterable<readonly ListedObject[]> {
  let window: ListedObject[] = [];
  for await (const object of objects) {
    window.push(object);
    if (window.length < windowSize) continue;
    yield window;
    window = [];
  }
  if (window.length > 0) yield window;
}
