import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type GetObjectCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import {
  defaultMaxObjectBytes,
  ObjectStoreError,
  type ObjectInfo,
  type ObjectStore,
  type PutOptions,
} from '../object-store';
import { s3Client, type S3Connection } from './s3-client';
import { isConditionFailed, isNoSuchKey, toStoreError } from './s3-errors';

/** A bucket of S3, or of a server that speaks its protocol with conditional puts. */
export class S3ObjectStore implements ObjectStore {
  private readonly client: S3Client;
  private readonly endpoint: string | undefined;

  constructor(
    readonly bucket: string,
    connection: S3Connection,
    private readonly maxObjectBytes: number = defaultMaxObjectBytes,
  ) {
    this.client = s3Client(connection);
    this.endpoint = connection.endpoint;
  }

  async put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<boolean> {
    const { condition, contentType, metadata } = options;
    try {
      await this.client.send(
        new PutObjectCommand({
          Bucket: this.bucket,
          Key: key,
          Body: body,
          ContentLength: body.length,
          ...(contentType !== undefined && { ContentType: contentType }),
          ...(metadata !== undefined && { Metadata: { ...metadata } }),
          ...(condition !== undefined &&
            ('ifAbsent' in condition ? { IfNoneMatch: '*' } : { IfMatch: condition.ifMatch })),
        }),
      );
      return true;
    } catch (error) {
      // An object that was to be replaced and is gone fails the condition, too.
      const gone = condition !== undefined && 'ifMatch' in condition && isNoSuchKey(error);
      if (condition !== undefined && (gone || isConditionFailed(error))) return false;
      throw toStoreError(error, `put ${key} in ${this.bucket}`, this.endpoint);
    }
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    try {
      const answer = await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }));
      return await this.readBounded(key, answer);
    } catch (error) {
      if (isNoSuchKey(error)) return undefined;
      throw toStoreError(error, `get ${key} from ${this.bucket}`, this.endpoint);
    }
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    try {
      const answer = await this.client.send(new HeadObjectCommand({ Bucket: this.bucket, Key: key }));
      return { key, size: answer.ContentLength ?? 0, etag: answer.ETag ?? '', metadata: answer.Metadata ?? {} };
    } catch (error) {
      if (isNoSuchKey(error)) return undefined;
      throw toStoreError(error, `head ${key} in ${this.bucket}`, this.endpoint);
    }
  }

  async *list(prefix: string, startAfter?: string): AsyncIterable<string> {
    let token: string | undefined;
    do {
      const page = await this.listPage(prefix, startAfter, token);
      for (const { Key } of page.Contents ?? []) if (Key !== undefined) yield Key;
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  close(): Promise<void> {
    this.client.destroy();
    return Promise.resolve();
  }

  private async listPage(prefix: string, startAfter: string | undefined, token: string | undefined) {
    try {
      return await this.client.send(
        new ListObjectsV2Command({
          Bucket: this.bucket,
          Prefix: prefix,
          ...(startAfter !== undefined && startAfter !== '' && { StartAfter: startAfter }),
          ...(token !== undefined && { ContinuationToken: token }),
        }),
      );
    } catch (error) {
      throw toStoreError(error, `list ${prefix} in ${this.bucket}`, this.endpoint);
    }
  }

  /** Reads a body as far as it is allowed to go, whatever length was announced. */
  private async readBounded(key: string, answer: GetObjectCommandOutput): Promise<Uint8Array> {
    const body = answer.Body;
    if (body === undefined) return new Uint8Array();
    if ((answer.ContentLength ?? 0) > this.maxObjectBytes) {
      await body.transformToWebStream().cancel();
      throw this.tooLarge(key, answer.ContentLength ?? 0);
    }
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    const reader = body.transformToWebStream().getReader();
    for (;;) {
      const next: { readonly done: boolean; readonly value?: unknown } = await reader.read();
      if (next.done) return Buffer.concat(chunks);
      if (!ArrayBuffer.isView(next.value)) continue;
      const chunk = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
      bytes += chunk.length;
      if (bytes > this.maxObjectBytes) {
        await reader.cancel();
        throw this.tooLarge(key, bytes);
      }
      chunks.push(chunk);
    }
  }

  private tooLarge(key: string, size: number): ObjectStoreError {
    const message = `object ${key} in ${this.bucket} has ${size} bytes or more, at most ${this.maxObjectBytes} are read`;
    return new ObjectStoreError('PLUMBLINE_OBJECT_TOO_LARGE', message);
  }
}
