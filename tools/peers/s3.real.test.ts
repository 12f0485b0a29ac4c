import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { startS3, type S3Peer } from './s3';

describe('versitygw', () => {
  let s3: S3Peer;
  let client: S3Client;
  beforeAll(async () => {
    s3 = await startS3();
    client = new S3Client({
      endpoint: s3.endpoint,
      region: s3.region,
      credentials: s3.credentials,
      forcePathStyle: true,
      maxAttempts: 1,
    });
    await client.send(new CreateBucketCommand({ Bucket: 'anomaly-data' }));
  });
  afterAll(async () => {
    client.destroy();
    await s3.stop();
  });

  async function text(key: string): Promise<string | undefined> {
    const object = await client.send(new GetObjectCommand({ Bucket: 'anomaly-data', Key: key }));
    return object.Body?.transformToString();
  }

  it('keeps what was put when it is killed', async () => {
    await client.send(new PutObjectCommand({ Bucket: 'anomaly-data', Key: 'kept', Body: 'whole' }));
    await s3.kill();
    await s3.restart();
    expect(await text('kept')).toBe('whole');
  });

  it('lets only the first of many create an object', async () => {
    const puts = Array.from({ length: 8 }, (_, index) =>
      client.send(
        new PutObjectCommand({ Bucket: 'anomaly-data', Key: 'contested', Body: String(index), IfNoneMatch: '*' }),
      ),
    );
    const outcomes = await Promise.allSettled(puts);
    const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await text('contested')).toBe(String(winner));
  });

  it('replaces an object only for who has read its present state', async () => {
    const put = (body: string, etag?: string) =>
      client.send(new PutObjectCommand({ Bucket: 'anomaly-data', Key: 'state', Body: body, IfMatch: etag }));
    const { ETag: first } = await put('1');
    await put('2', first);
    await expect(put('3', first)).rejects.toMatchObject({ $metadata: { httpStatusCode: 412 } });
    expect(await text('state')).toBe('2');
  });

  it('lets its administrator make users', async () => {
    await s3.admin(['create-user', '--access', 'reader', '--secret', 'reader-secret', '--role', 'user']);
    expect((await s3.admin(['list-users'])).stdout).toMatch(/reader\s+user/);
  });
});
