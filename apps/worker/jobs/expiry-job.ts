import { DeleteObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import type { ExpiryJob } from '@plumbline/contracts';
import type { Logger } from 'pino';
import { z } from 'zod';
import { parseEnvironment, s3Connection, s3Settings, type Environment } from '../config';
import { s3Client } from '../s3/s3-client';
import { toStoreError } from '../s3/s3-errors';
import { runBounded } from '../serial';
import { runJob, type JobOptions } from './run-job';

const concurrentDeletes = 8;

const fileSchema = z.object({
  buckets: z.array(z.object({ name: z.string().min(3), olderThanSeconds: z.number().int().min(1) })),
}) satisfies z.ZodType<ExpiryJob>;

/**
 * Deletes what is older than its bucket says, for stores that have no lifecycle rules. Objects are as old as their last write.
 *
 * @returns the exit code
 */
export function runExpiryJob(environment: Environment, options?: JobOptions): Promise<number> {
  return runJob({ name: 'expiry', file: fileSchema, reconcile: expire }, environment, options);
}

async function expire(job: ExpiryJob, environment: Environment, logger: Logger): Promise<void> {
  const client = s3Client(s3Connection(parseEnvironment(s3Settings, environment)));
  try {
    for (const { name, olderThanSeconds } of job.buckets) {
      const deleted = await expireBucket(client, name, Date.now() - olderThanSeconds * 1000);
      logger.info({ bucket: name, deleted }, 'expired');
    }
  } finally {
    client.destroy();
  }
}

/** @returns how many objects were deleted */
async function expireBucket(client: S3Client, bucket: string, beforeMs: number): Promise<number> {
  let deleted = 0;
  let token: string | undefined;
  try {
    do {
      const page = await client.send(
        new ListObjectsV2Command({ Bucket: bucket, ...(token !== undefined && { ContinuationToken: token }) }),
      );
      const old = (page.Contents ?? []).flatMap(({ Key, LastModified }) =>
        Key !== undefined && LastModified !== undefined && LastModified.getTime() < beforeMs ? [Key] : [],
      );
      await runBounded(
        old.map((Key) => async () => {
          await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
        }),
        concurrentDeletes,
      );
      deleted += old.length;
      token = page.NextContinuationToken;
    } while (token !== undefined);
  } catch (error) {
    throw toStoreError(error, `expiry in bucket ${bucket}`);
  }
  return deleted;
}
