import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { buckets } from '@plumbline/contracts';
import { readTraceParquet } from '@plumbline/wire';

/** Spans of one object, by trace. */
export interface StoredObject {
  readonly key: string;
  /** Span ids by trace id. */
  readonly traces: ReadonlyMap<string, readonly string[]>;
}

/** Keys of the Parquet objects in the bucket of anomalies. */
export async function storedKeys(client: S3Client): Promise<string[]> {
  const keys: string[] = [];
  let token: string | undefined;
  do {
    const request = new ListObjectsV2Command({ Bucket: buckets.anomalyData, ContinuationToken: token });
    const { Contents = [], NextContinuationToken } = await client.send(request);
    keys.push(...Contents.flatMap(({ Key = '' }) => (Key.endsWith('.parquet') ? [Key] : [])));
    token = NextContinuationToken;
  } while (token !== undefined);
  return keys;
}

/** The object as bytes. */
export async function objectBytes(client: S3Client, bucket: string, key: string): Promise<Uint8Array> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return (await Body?.transformToByteArray()) ?? new Uint8Array();
}

/** Every object of the bucket of anomalies, read whole. */
export async function storedObjects(client: S3Client, keys?: readonly string[]): Promise<StoredObject[]> {
  const waiting = [...(keys ?? (await storedKeys(client)))];
  const objects: StoredObject[] = [];
  const readers = Array.from({ length: 8 }, async () => {
    for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
      const traces = new Map<string, string[]>();
      for (const { traceId, spanId } of readTraceParquet(await objectBytes(client, buckets.anomalyData, key))) {
        const spans = traces.get(traceId);
        if (spans === undefined) traces.set(traceId, [spanId]);
        else spans.push(spanId);
      }
      objects.push({ key, traces });
    }
  });
  await Promise.all(readers);
  return objects;
}
