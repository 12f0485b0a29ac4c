import { retryTransient, runBounded, type RetryPolicy, type S3Connection } from '@plumbline/worker';
import { BackupError } from './errors';
import type { BucketContent, ObjectEntry, SnapshotOf } from './format';
import { readListings } from './listing';
import { defaultConcurrency, silentReport, type WorkOptions } from './report';
import { compareKeys, S3Bucket, type ListedObject } from './s3-bucket';
import type { Vault } from './vault';

/** Options of {@link restoreBuckets}. */
export interface RestoreBucketsOptions extends WorkOptions {
  readonly target: S3Connection;
  /** @default - every bucket of the backup */
  readonly buckets?: readonly string[];
}

/** What was restored of a bucket. */
export interface RestoredBucket {
  readonly bucket: string;
  readonly written: number;
  readonly writtenBytes: number;
  /** Those that were there as they should be. */
  readonly present: number;
}

const windowSize = 256;
const copyRetry: RetryPolicy = { startingDelayMs: 500, maxDelayMs: 10_000, attempts: 5 };

/**
 * Writes objects of a backup into buckets that are there. What is there with the same content is left, so that it may be run again and goes
 * on where it was interrupted; objects that the backup does not know stay.
 *
 * @throws {BackupError} if the backup lacks something or was changed: the object is named, and was not written
 * @throws {ObjectStoreError}
 */
export async function restoreBuckets(
  vault: Vault,
  snapshot: SnapshotOf<'buckets'>,
  options: RestoreBucketsOptions,
): Promise<readonly RestoredBucket[]> {
  const { report = silentReport } = options;
  const wanted = chosen(snapshot.contents, options.buckets, 'bucket');
  const restored: RestoredBucket[] = [];
  for (const content of wanted) {
    const bucket = new S3Bucket(content.name, options.target);
    try {
      const result = await restoreBucket(vault, snapshot.id, content, bucket, options);
      report('restored', { ...result });
      restored.push(result);
    } finally {
      bucket.close();
    }
  }
  return restored;
}

/** Those of the names, or all. @throws {BackupError} if the backup has none of a name */
export function chosen<T extends { readonly name: string }>(
  contents: readonly T[],
  names: readonly string[] | undefined,
  what: string,
): readonly T[] {
  const missing = names?.find((name) => !contents.some((each) => each.name === name));
  if (missing !== undefined) {
    const there = contents.map(({ name }) => name).join(', ');
    throw new BackupError('PLUMBLINE_BACKUP_NONE', `the backup has no ${what} ${missing}; it has ${there}`);
  }
  return contents.filter(({ name }) => names?.includes(name) ?? true);
}

async function restoreBucket(
  vault: Vault,
  id: string,
  content: BucketContent,
  bucket: S3Bucket,
  { concurrency = defaultConcurrency, signal }: RestoreBucketsOptions,
): Promise<RestoredBucket> {
  const present = new Present(content.versioned ? bucket.listVersions() : bucket.list());
  const counts = { written: 0, writtenBytes: 0, present: 0 };
  const write = async (entry: ObjectEntry): Promise<void> => {
    const { key, size, isDeletion } = entry;
    if (isDeletion === true) {
      await bucket.delete(key);
    } else {
      const retry = (): Promise<void> => restoreObject(vault, bucket, entry);
      await retryTransient(retry, copyRetry, () => signal?.aborted !== true);
    }
    counts.written += 1;
    counts.writtenBytes += size;
  };
  let tasks: (() => Promise<void>)[] = [];
  for await (const versions of byKey(readListings(vault, id, content.lists))) {
    signal?.throwIfAborted();
    const missing = missingOf(versions, await present.find(versions[0]?.key ?? ''));
    counts.present += versions.length - missing.length;
    if (missing.length > 0)
      tasks.push(async () => {
        for (const entry of missing) await write(entry);
      });
    if (tasks.length < windowSize) continue;
    await runBounded(tasks, concurrency);
    tasks = [];
  }
  await runBounded(tasks, concurrency);
  return { bucket: content.name, ...counts };
}

async function restoreObject(vault: Vault, bucket: S3Bucket, entry: ObjectEntry): Promise<void> {
  const { key, size, content, contentType, metadata } = entry;
  if (content === undefined) return;
  const { data, sha256 } = content;
  const body = vault.readData('buckets', { data, sha256, of: `bucket ${bucket.name}, object ${key}` });
  await bucket.write(key, body, size, {
    ...(contentType !== undefined && { contentType }),
    ...(metadata !== undefined && { metadata }),
  });
}

/**
 * Versions that are still to be written, the oldest first: those after the ones that are there already.
 *
 * @param wanted the newest first, as listed
 * @param there the newest first
 */
function missingOf(wanted: readonly ObjectEntry[], there: readonly ListedObject[]): readonly ObjectEntry[] {
  const [oldestFirst, thereFirst] = [wanted.toReversed(), there.toReversed()];
  for (let start = 0; ; start += 1) {
    let same = 0;
    while (start + same < thereFirst.length && isSame(oldestFirst[same], thereFirst[start + same])) same += 1;
    if (same === oldestFirst.length || start + same >= thereFirst.length) return oldestFirst.slice(same);
  }
}

/** Written again it has the etag of the stored bytes; where it never was lost, that of the source. */
function isSame(wanted: ObjectEntry | undefined, there: ListedObject | undefined): boolean {
  if (wanted === undefined || there === undefined) return false;
  if (wanted.isDeletion === true || there.isDeletion === true) return wanted.isDeletion === there.isDeletion;
  return wanted.size === there.size && [wanted.etag, wanted.content?.etag].includes(there.etag);
}

/** What a bucket has, looked up by rising keys. */
class Present {
  private readonly objects: AsyncIterator<ListedObject>;
  private next: ListedObject | undefined;
  private started = false;

  constructor(objects: AsyncIterable<ListedObject>) {
    this.objects = objects[Symbol.asyncIterator]();
  }

  async find(key: string): Promise<readonly ListedObject[]> {
    if (!this.started) await this.step();
    this.started = true;
    while (this.next !== undefined && compareKeys(this.next.key, key) < 0) await this.step();
    const found: ListedObject[] = [];
    while (this.next?.key === key) {
      found.push(this.next);
      await this.step();
    }
    return found;
  }

  private async step(): Promise<void> {
    const step = await this.objects.next();
    this.next = step.done === true ? undefined : step.value;
  }
}

async function* byKey(entries: AsyncIterable<ObjectEntry>): AsyncIterable<readonly ObjectEntry[]> {
  let versions: ObjectEntry[] = [];
  for await (const entry of entries) {
    if (versions.length > 0 && versions[0]?.key !== entry.key) {
      yield versions;
      versions = [];
    }
    versions.push(entry);
  }
  if (versions.length > 0) yield versions;
}
