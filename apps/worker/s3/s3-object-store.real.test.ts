import { startS3, type S3Peer } from '@plumbline/tools/peers';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { putFuller, spanCountMetadata } from '../object-store';
import { s3Client, type S3Connection } from './s3-client';
import { S3ObjectStore } from './s3-object-store';

const bytes = (text: string): Uint8Array => Buffer.from(text);

describe('a bucket of S3', () => {
  let s3: S3Peer;
  let connection: S3Connection;
  let store: S3ObjectStore;

  beforeAll(async () => {
    s3 = await startS3();
    const { endpoint, region, credentials } = s3;
    connection = { endpoint, region, credentials, forcePathStyle: true };
    const client = s3Client(connection);
    await client.send(new CreateBucketCommand({ Bucket: 'bucket' }));
    client.destroy();
    store = new S3ObjectStore('bucket', connection, 10_000);
  });
  afterAll(async () => {
    await store.close();
    await s3.stop();
  });

  async function text(key: string): Promise<string | undefined> {
    const body = await store.get(key);
    return body === undefined ? undefined : Buffer.from(body).toString();
  }

  async function keysOf(prefix: string, startAfter?: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const key of store.list(prefix, startAfter)) keys.push(key);
    return keys;
  }

  it('gives back what was put, with its metadata', async () => {
    const key = 'date=2026-01-01/service=a%20b/trace_1.parquet';
    await store.put(key, bytes('content'), {
      metadata: { 'span-count': '3' },
      contentType: 'application/octet-stream',
    });
    expect(await text(key)).toBe('content');
    expect(await store.head(key)).toMatchObject({ key, size: 7, metadata: { 'span-count': '3' } });
  });

  it('says that there is no such object', async () => {
    expect(await store.get('missing')).toBeUndefined();
    expect(await store.head('missing')).toBeUndefined();
  });

  it('writes an object that must be absent only once, whoever tries', async () => {
    const puts = Array.from({ length: 16 }, (_, writer) =>
      store.put('once', bytes(`writer ${writer}`), { condition: { ifAbsent: true } }),
    );
    expect((await Promise.all(puts)).filter((written) => written)).toHaveLength(1);
  });

  it('writes over an object only if it is still the one that was seen', async () => {
    await store.put('seen', bytes('one'));
    const ifMatch = (await store.head('seen'))?.etag ?? '';
    await store.put('seen', bytes('two'));
    expect(await store.put('seen', bytes('three'), { condition: { ifMatch } })).toBe(false);
    expect(await store.put('never-there', bytes('three'), { condition: { ifMatch } })).toBe(false);
    expect(await text('seen')).toBe('two');
  });

  it('ends with the fullest version of a trace, however many write it at once', async () => {
    const counts = Array.from({ length: 12 }, (_, index) => ((index * 5) % 12) + 1);
    await Promise.all(counts.map((count) => putFuller(store, 'trace', bytes(`${count} spans`), count)));
    expect(await text('trace')).toBe('12 spans');
    expect((await store.head('trace'))?.metadata[spanCountMetadata]).toBe('12');
  });

  it('lists more keys than fit on a page, in order', async () => {
    const keys = Array.from({ length: 1_200 }, (_, index) => `many/${String(index).padStart(5, '0')}`);
    for (let at = 0; at < keys.length; at += 50) {
      await Promise.all(keys.slice(at, at + 50).map((key) => store.put(key, bytes('x'))));
    }
    expect(await keysOf('many/')).toEqual(keys);
    expect(await keysOf('many/', 'many/01197')).toEqual(keys.slice(1_198));
  });

  it('does not read an object larger than its limit', async () => {
    await store.put('large', new Uint8Array(10_001));
    await expect(store.get('large')).rejects.toMatchObject({ code: 'PLUMBLINE_OBJECT_TOO_LARGE' });
  });

  it('names a missing bucket and a refusal', async () => {
    const missing = new S3ObjectStore('no-such-bucket', connection);
    await expect(missing.get('key')).rejects.toMatchObject({ code: 'PLUMBLINE_OBJECT_NO_BUCKET', transient: false });
    const credentials = { accessKeyId: s3.credentials.accessKeyId, secretAccessKey: 'wrong' };
    const stranger = new S3ObjectStore('bucket', { ...connection, credentials });
    await expect(stranger.get('key')).rejects.toMatchObject({
      code: 'PLUMBLINE_OBJECT_UNAUTHENTICATED',
      transient: true,
      fault: expect.stringMatching(/^http:\S+ refuses our access key: /) as unknown,
    });
  });
});
