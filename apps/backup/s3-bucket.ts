import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type ObjectVersion,
  type S3Client,
} from '@aws-sdk/client-s3';
import { isNoSuchKey, isConditionFailed, s3Client, toStoreError, type S3Connection } from '@plumbline/worker';
import { BackupError } from './errors';
import { upload, type ObjectHead, type Uploaded } from './upload';

/** An object, or one version of it, as a bucket lists it. */
export interface ListedObject {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly modifiedMs: number;
  /** Only of buckets that keep versions. */
  readonly versionId?: string;
  /** Whether it is what a reader gets, of those that keep versions. */
  readonly isLatest?: boolean;
  /** A marker of a deletion, which has no content. */
  readonly isDeletion?: boolean;
}

/** An object that is being read. */
export interface OpenObject extends ObjectHead {
  readonly size: number;
  readonly body: AsyncIterable<Uint8Array>;
}

/** A bucket whose objects are streamed, of any size, within a few MiB of memory. Every method throws `ObjectStoreError`. */
export class S3Bucket {
  private readonly client: S3Client;
  /** For errors: there are two stores, and one of them refuses. */
  private readonly store: string;

  constructor(
    readonly name: string,
    connection: S3Connection,
  ) {
    this.client = s3Client(connection);
    this.store = connection.endpoint ?? `S3 in ${connection.region}`;
  }

  /** Objects below a prefix, by rising key. */
  async *list(prefix = ''): AsyncIterable<ListedObject> {
    let token: string | undefined;
    do {
      const page = await this.ask(`list ${prefix || 'objects'} in ${this.name}`, () =>
        this.client.send(
          new ListObjectsV2Command({
            Bucket: this.name,
            Prefix: prefix,
            ...(token !== undefined && { ContinuationToken: token }),
          }),
        ),
      );
      for (const { Key, Size = 0, ETag = '', LastModified } of page.Contents ?? [])
        if (Key !== undefined) yield { key: Key, size: Size, etag: ETag, modifiedMs: LastModified?.getTime() ?? 0 };
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  /** Every version of every object, and markers of deletions: by rising key, the newest of a key first. */
  async *listVersions(prefix = ''): AsyncIterable<ListedObject> {
    let at: Marker | undefined = {};
    while (at !== undefined) {
      const from: Marker = at;
      const page: ListObjectVersionsCommandOutput = await this.ask(`list versions in ${this.name}`, () =>
        this.client.send(new ListObjectVersionsCommand({ Bucket: this.name, Prefix: prefix, ...from })),
      );
      const versions = (page.Versions ?? []).map(({ Size = 0, ETag = '', ...version }) => ({
        ...{ ...versionOf(version), size: Size, etag: ETag },
      }));
      const deletions = (page.DeleteMarkers ?? []).map((marker) => ({
        ...{ ...versionOf(marker), size: 0, etag: '', isDeletion: true },
      }));
      yield* merge(versions, deletions);
      const { NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page;
      at =
        page.IsTruncated === true && KeyMarker !== undefined
          ? { KeyMarker, ...(VersionIdMarker !== undefined && { VersionIdMarker }) }
          : undefined;
    }
  }

  /**
   * Opens an object, if it is still the one that was listed.
   *
   * @returns `undefined` if it is gone or another by now
   */
  async open(
    key: string,
    seen: { readonly etag?: string; readonly versionId?: string } = {},
  ): Promise<OpenObject | undefined> {
    try {
      const answer = await this.client.send(
        new GetObjectCommand({
          Bucket: this.name,
          Key: key,
          ...(seen.versionId !== undefined
            ? { VersionId: seen.versionId }
            : seen.etag !== undefined && { IfMatch: seen.etag }),
        }),
      );
      const { Body: body, ContentLength: size = 0, ContentType: contentType, Metadata: metadata } = answer;
      return {
        size,
        body: body === undefined ? nothing() : (body as unknown as AsyncIterable<Uint8Array>),
        ...(contentType !== undefined && { contentType }),
        ...(metadata !== undefined && Object.keys(metadata).length > 0 && { metadata }),
      };
    } catch (error) {
      if (isNoSuchKey(error) || isConditionFailed(error)) return undefined;
      throw toStoreError(error, `get ${key} from ${this.name}`, this.store);
    }
  }

  /** Writes an object of so many bytes. @throws {ObjectStoreError} also if the body has more or less */
  write(key: string, body: AsyncIterable<Uint8Array>, size: number, head: ObjectHead = {}): Promise<Uploaded> {
    return this.ask(`put ${key} in ${this.name}`, () =>
      upload(this.client, { bucket: this.name, key, size, head }, body),
    );
  }

  put(key: string, bytes: Uint8Array, head: ObjectHead = {}): Promise<Uploaded> {
    return this.write(key, once(bytes), bytes.length, head);
  }

  /** The whole of a small object; `undefined` when there is none. */
  async get(key: string): Promise<Buffer | undefined> {
    const object = await this.open(key);
    if (object === undefined) return undefined;
    const chunks: Uint8Array[] = [];
    return this.ask(`get ${key} from ${this.name}`, async () => {
      for await (const chunk of object.body) chunks.push(chunk);
      return Buffer.concat(chunks);
    });
  }

  async sizeOf(key: string): Promise<number | undefined> {
    try {
      const { ContentLength } = await this.client.send(new HeadObjectCommand({ Bucket: this.name, Key: key }));
      return ContentLength ?? 0;
    } catch (error) {
      if (isNoSuchKey(error)) return undefined;
      throw toStoreError(error, `head ${key} in ${this.name}`, this.store);
    }
  }

  async delete(key: string): Promise<void> {
    await this.ask(`delete ${key} in ${this.name}`, () =>
      this.client.send(new DeleteObjectCommand({ Bucket: this.name, Key: key })),
    );
  }

  close(): void {
    this.client.destroy();
  }

  private async ask<T>(what: string, request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      // Of a body that is read from a backup: what is wrong with that is no matter of this bucket.
      throw error instanceof BackupError ? error : toStoreError(error, what, this.store);
    }
  }
}

/** Compares keys as object stores sort them: by their bytes. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Versions and deletions of a page come apart; of one key the newest is first. */
function merge(versions: readonly ListedObject[], deletions: readonly ListedObject[]): readonly ListedObject[] {
  if (deletions.length === 0) return versions;
  return [...versions, ...deletions].sort((a, b) => compareKeys(a.key, b.key) || age(a) - age(b));
}

/** Of versions of a key: the latest is the youngest, whatever a clock of seconds says. */
function age({ isLatest, modifiedMs }: ListedObject): number {
  return isLatest === true ? -Number.MAX_SAFE_INTEGER : -modifiedMs;
}

/** Where a page of versions begins. */
interface Marker {
  readonly KeyMarker?: string;
  readonly VersionIdMarker?: string;
}

type Version = Pick<ObjectVersion, 'Key' | 'LastModified' | 'VersionId' | 'IsLatest'>;

function versionOf({ Key = '', LastModified, VersionId = '', IsLatest = false }: Version) {
  return { key: Key, modifiedMs: LastModified?.getTime() ?? 0, versionId: VersionId, isLatest: IsLatest };
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield await Promise.resolve(bytes);
}

async function* nothing(): AsyncIterable<Uint8Array> {
  // An object of no bytes.
}
