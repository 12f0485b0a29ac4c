import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  UploadPartCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { BackupJob } from '@plumbline/contracts';
import { createHash, randomBytes } from 'node:crypto';
import { fileOf } from '../../../constructs/testing';
import { objects } from './servers';

/** What the rendered CronJob copies. */
export const copiedBuckets = (
  JSON.parse(fileOf(objects, 'backup-buckets-job', 'job.json')) as Extract<BackupJob, { readonly part: 'buckets' }>
).buckets;

const mebi = 2 ** 20;

/** Fills every bucket: small objects, one of no bytes, one of many parts, names that want quoting, types, metadata, versions and deletions. */
export async function fillBuckets(store: S3Client): Promise<void> {
  for (const { name: Bucket, versioned } of copiedBuckets) {
    const put = (Key: string, Body: Uint8Array | string, more: object = {}) =>
      store.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
    for (let at = 0; at < 40; at += 1) await put(`tenant/${at % 4}/block-${at}/data`, randomBytes(1_000 + 97 * at));
    await put('tenant/empty', Buffer.alloc(0));
    await put('tenant/a b+c%20ä&=/?#.json', '{"name":"quoted"}', {
      ContentType: 'application/json',
      Metadata: { spans: '17', origin: 'checkout' },
    });
    if (versioned) await fillVersions(store, Bucket);
  }
  await putInParts(store, 'tempo-traces', 'tenant/large/data', 4, 8 * mebi);
}

async function fillVersions(store: S3Client, Bucket: string): Promise<void> {
  for (const text of ['one', 'two', 'three'])
    await store.send(new PutObjectCommand({ Bucket, Key: 'profile/current.json', Body: text }));
  await store.send(new PutObjectCommand({ Bucket, Key: 'profile/old.json', Body: 'was here' }));
  await store.send(new DeleteObjectCommand({ Bucket, Key: 'profile/old.json' }));
}

/** An object as a client writes it that does not know our size of parts. */
export async function putInParts(
  store: S3Client,
  Bucket: string,
  Key: string,
  parts: number,
  partBytes: number,
): Promise<void> {
  const of = { Bucket, Key };
  const { UploadId } = await store.send(new CreateMultipartUploadCommand(of));
  const Parts = [];
  for (let PartNumber = 1; PartNumber <= parts; PartNumber += 1) {
    const Body = randomBytes(partBytes);
    const { ETag } = await store.send(new UploadPartCommand({ ...of, UploadId, PartNumber, Body }));
    Parts.push({ PartNumber, ETag });
  }
  await store.send(new CompleteMultipartUploadCommand({ ...of, UploadId, MultipartUpload: { Parts } }));
}

/** What buckets hold: of each object, the newest version first, what tells it from every other. */
export async function bucketStates(store: S3Client): Promise<Readonly<Record<string, readonly string[]>>> {
  const states: Record<string, readonly string[]> = {};
  for (const { name, versioned } of copiedBuckets) states[name] = await stateOf(store, name, versioned);
  return states;
}

async function stateOf(store: S3Client, Bucket: string, versioned: boolean): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { Key, VersionId, isDeletion } of await listed(store, Bucket, versioned)) {
    if (isDeletion) {
      found.push(`${Key} deleted`);
      continue;
    }
    const got = await store.send(new GetObjectCommand({ Bucket, Key, ...(VersionId !== undefined && { VersionId }) }));
    const hash = createHash('sha256');
    for await (const chunk of got.Body as unknown as AsyncIterable<Uint8Array>) hash.update(chunk);
    const metadata = Object.entries(got.Metadata ?? {}).sort(([a], [b]) => a.localeCompare(b));
    found.push(`${Key} ${hash.digest('hex')} ${got.ContentType ?? ''} ${JSON.stringify(metadata)}`);
  }
  return found;
}

interface Listed {
  readonly Key: string;
  readonly VersionId?: string;
  readonly isDeletion: boolean;
}

/** By key; of one key the newest version first. */
async function listed(store: S3Client, Bucket: string, versioned: boolean): Promise<readonly Listed[]> {
  if (!versioned) {
    const found: Listed[] = [];
    for await (const { Contents = [] } of paginateListObjectsV2({ client: store }, { Bucket }))
      found.push(...Contents.map(({ Key = '' }) => ({ Key, isDeletion: false })));
    return found;
  }
  const { Versions = [], DeleteMarkers = [] } = await store.send(new ListObjectVersionsCommand({ Bucket }));
  const all = [
    ...Versions.map((each) => ({ ...each, isDeletion: false })),
    ...DeleteMarkers.map((each) => ({ ...each, isDeletion: true })),
  ];
  return all
    .map(({ Key = '', VersionId = '', IsLatest = false, LastModified, isDeletion }) => ({
      ...{ Key, VersionId, isDeletion },
      age: IsLatest ? -Infinity : -(LastModified?.getTime() ?? 0),
    }))
    .sort((a, b) => Buffer.compare(Buffer.from(a.Key), Buffer.from(b.Key)) || a.age - b.age)
    .map(({ Key, VersionId, isDeletion }) => ({ Key, VersionId, isDeletion }));
}

/** Deletes every object with all versions of it. @param names @default - of every bucket that is copied. @returns how many */
export async function emptyBuckets(store: S3Client, names?: readonly string[]): Promise<number> {
  let gone = 0;
  for (const { name: Bucket, versioned } of copiedBuckets.filter(({ name }) => names?.includes(name) ?? true)) {
    for (const { Key, VersionId } of await listed(store, Bucket, versioned)) {
      await store.send(new DeleteObjectCommand({ Bucket, Key, ...(VersionId !== undefined && { VersionId }) }));
      gone += 1;
    }
  }
  return gone;
}
