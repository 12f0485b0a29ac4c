import { runBounded } from '@plumbline/worker';
import { BackupError } from './errors';
import type { Snapshot, StoredContent } from './format';
import { readListings } from './listing';
import { defaultConcurrency, type WorkOptions } from './report';
import type { Vault } from './vault';

/** What verification found. */
export interface Verification {
  /** Stored contents that were looked at. */
  readonly contents: number;
  readonly bytes: number;
  /** What is missing or was changed, each named with what it is of; none: it can be restored. */
  readonly problems: readonly string[];
}

/** Options of {@link verifySnapshot}. */
export interface VerifyOptions extends WorkOptions {
  /** Only whether all is there with its size; what it holds is not read. @default false */
  readonly quick?: boolean;
}

/** So many are named. */
const mostProblems = 100;
const windowSize = 256;

/**
 * Reads a backup as a restore would, and compares what it reads with what was written.
 *
 * @throws {ObjectStoreError} if the store cannot be asked
 */
export async function verifySnapshot(
  vault: Vault,
  snapshot: Snapshot,
  options: VerifyOptions = {},
): Promise<Verification> {
  const problems: string[] = [];
  let [contents, bytes] = [0, 0];
  const check = async (stored: StoredContent): Promise<void> => {
    try {
      if (options.quick === true) await checkSize(vault, snapshot, stored);
      else await drain(vault.readData(snapshot.part, stored));
    } catch (error) {
      if (!(error instanceof BackupError)) throw error;
      if (problems.length < mostProblems) problems.push(error.message);
    }
  };
  const lookAt = async (window: readonly StoredContent[]): Promise<void> => {
    options.signal?.throwIfAborted();
    const tasks = window.map((stored) => () => check(stored));
    await runBounded(tasks, options.concurrency ?? defaultConcurrency);
    contents += window.length;
    bytes += window.reduce((sum, each) => sum + each.bytes, 0);
  };
  let window: StoredContent[] = [];
  try {
    for await (const stored of contentsOf(vault, snapshot)) {
      window.push(stored);
      if (window.length < windowSize) continue;
      await lookAt(window);
      window = [];
    }
  } catch (error) {
    // A list that was changed hides what is in it.
    if (!(error instanceof BackupError)) throw error;
    problems.push(error.message);
  }
  await lookAt(window);
  return { contents, bytes, problems };
}

/** Reads to the end. */
export async function drain(body: AsyncIterable<unknown> | undefined): Promise<void> {
  const chunks = body?.[Symbol.asyncIterator]();
  while (chunks !== undefined && (await chunks.next()).done !== true) continue;
}

async function checkSize(vault: Vault, { part }: Snapshot, { data, bytes, of }: StoredContent): Promise<void> {
  const key = vault.dataKey(part, data);
  const size = await vault.bucket.sizeOf(key);
  if (size === bytes) return;
  const is = size === undefined ? 'is missing' : `has ${size} bytes, not ${bytes}`;
  throw new BackupError('PLUMBLINE_BACKUP_CORRUPT', `${key} (${of}) ${is}; restore an older backup by --snapshot`);
}

/** All that a restore would read. @throws {BackupError} if a list is missing or was changed */
export async function* contentsOf(vault: Vault, snapshot: Snapshot): AsyncIterable<StoredContent> {
  if (snapshot.part === 'buckets') {
    for (const { name, lists } of snapshot.contents)
      for await (const { key, size, content } of readListings(vault, snapshot.id, lists))
        if (content !== undefined)
          yield { data: content.data, sha256: content.sha256, bytes: size, of: `bucket ${name}, object ${key}` };
    return;
  }
  if (snapshot.part === 'topics') {
    for (const { name, partitions } of snapshot.contents)
      for (const { partition, segments } of partitions)
        for (const { data, sha256, bytes, from, to } of segments)
          yield { data, sha256, bytes, of: `topic ${name}, partition ${partition}, records ${from} to ${to - 1}` };
    return;
  }
  for (const { name, data, sha256, bytes } of snapshot.contents) yield { data, sha256, bytes, of: `database ${name}` };
}
