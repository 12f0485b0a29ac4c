import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
  type CompletedPart,
  type S3Client,
} from '@aws-sdk/client-s3';

/** What an object says of itself. */
export interface ObjectHead {
  readonly contentType?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** An object that was written. */
export interface Uploaded {
  /** As the store answered; of the same bytes the same, wherever they are written, where it is made of MD5. */
  readonly etag: string;
  /** Of all bytes, hexadecimal. */
  readonly sha256: string;
}

interface Target {
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
  readonly head: ObjectHead;
}

/** Larger objects are written in parts of so many bytes: what one object takes of memory. */
const standardPartBytes = 8 * 2 ** 20;
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const mostParts = 10_000;

/**
 * Writes an object from a stream, in one request or in parts. Each request has its bytes in memory, so that the SDK may repeat it; the
 * size of parts follows from that of the object, so that the same bytes get the same etag again. Nothing is left of an object whose
 * body ends early.
 */
export async function upload(client: S3Client, target: Target, body: AsyncIterable<Uint8Array>): Promise<Uploaded> {
  const { bucket, key, size, head } = target;
  const partBytes = Math.max(standardPartBytes, Math.ceil(size / mostParts));
  const { contentType, metadata } = head;
  const about = {
    Bucket: bucket,
    Key: key,
    ...(contentType !== undefined && { ContentType: contentType }),
    ...(metadata !== undefined && { Metadata: { ...metadata } }),
  };
  const hash = createHash('sha256');
  const parts = partsOf(body, partBytes, size, hash);
  if (size <= partBytes) {
    const bytes = await wholeOf(parts);
    const { ETag = '' } = await client.send(
      new PutObjectCommand({ ...about, Body: bytes, ContentLength: bytes.length }),
    );
    return { etag: ETag, sha256: hash.digest('hex') };
  }
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(about));
  const of = { Bucket: bucket, Key: key, UploadId };
  try {
    const done: CompletedPart[] = [];
    for await (const part of parts) {
      const PartNumber = done.length + 1;
      const { ETag } = await client.send(
        new UploadPartCommand({ ...of, PartNumber, Body: part, ContentLength: part.length }),
      );
      done.push({ PartNumber, ETag });
    }
    const { ETag = '' } = await client.send(
      new CompleteMultipartUploadCommand({ ...of, MultipartUpload: { Parts: done } }),
    );
    return { etag: ETag, sha256: hash.digest('hex') };
  } catch (error) {
    await client.send(new AbortMultipartUploadCommand(of)).catch(() => undefined);
    throw error;
  }
}

/** @throws {RangeError} if the body is not of that size */
async function* partsOf(
  body: AsyncIterable<Uint8Array>,
  partBytes: number,
  size: number,
  hash: { update(bytes: Uint8Array): unknown },
): AsyncIterable<Uint8Array> {
  let chunks: Uint8Array[] = [];
  let held = 0;
  let total = 0;
  for await (const chunk of body) {
    hash.update(chunk);
    total += chunk.length;
    for (let at = 0; at < chunk.length;) {
      const taken = chunk.subarray(at, at + partBytes - held);
      chunks.push(taken);
      held += taken.length;
      at += taken.length;
      if (held < partBytes || total > size) continue;
      yield Buffer.concat(chunks, held);
      chunks = [];
      held = 0;
    }
  }
  if (total !== size) throw new RangeError(`its body has ${total} bytes, not ${size}`);
  if (held > 0) yield Buffer.concat(chunks, held);
}

async function wholeOf(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return Buffer.concat(all);
}
