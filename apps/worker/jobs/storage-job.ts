import { join } from 'node:path';
import {
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  HeadBucketCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { bucketPolicy, type BucketLifecycle, type StorageJob } from '@plumbline/contracts';
import type { Logger } from 'pino';
import { z } from 'zod';
import { ConfigError, parseEnvironment, s3Connection, s3Settings, type Environment } from '../config';
import { s3Client } from '../s3/s3-client';
import { nameOf, statusOf, toStoreError } from '../s3/s3-errors';
import { ensureLifecycle } from './bucket-lifecycle';
import { JobError } from './job-error';
import { readMounted } from './mounted-secret';
import { runJob, type JobOptions } from './run-job';
import { VersitygwAdmin, type AccessKey } from './versitygw-admin';

const name = z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/);

const days = z.int().min(1);

const lifecycle = z.object({
  archiveAfterDays: days.exactOptional(),
  expireAfterDays: days.exactOptional(),
  keepVersions: z.int().min(1).max(100).exactOptional(),
  abortUploadsAfterDays: days.exactOptional(),
}) satisfies z.ZodType<BucketLifecycle>;

const fileSchema = z.object({
  buckets: z.array(
    z.object({
      name,
      versioning: z.boolean(),
      lifecycle: lifecycle.exactOptional(),
      grants: z.array(
        z.object({
          identity: z.string().min(1),
          actions: z.array(z.enum(['read', 'readVersions', 'write', 'delete', 'list'])),
        }),
      ),
    }),
  ),
  identities: z.array(z.object({ name: z.string().min(1), directory: z.string().min(1) })),
  adminEndpoint: z.url({ protocol: /^https?$/ }).exactOptional(),
  principals: z.record(z.string(), z.string().min(1)).exactOptional(),
}) satisfies z.ZodType<StorageJob>;

/**
 * Makes buckets, identities and policies as the job file says, with the root credentials of the environment. Objects are never
 * touched, and buckets that the file does not name are left alone.
 *
 * @returns the exit code
 */
export function runStorageJob(environment: Environment, options?: JobOptions): Promise<number> {
  return runJob({ name: 'storage', file: fileSchema, reconcile: reconcileStorage }, environment, options);
}

async function reconcileStorage(job: StorageJob, environment: Environment, logger: Logger): Promise<void> {
  const connection = s3Connection(parseEnvironment(s3Settings, environment));
  const client = s3Client(connection);
  try {
    for (const bucket of job.buckets) {
      await ensureBucket(client, bucket.name, logger);
      await ensureVersioning(client, bucket.name, bucket.versioning, logger);
      if (bucket.lifecycle !== undefined) await ensureLifecycle(client, bucket.name, bucket.lifecycle, logger);
    }
    const principals = await principalsOf(job, connection, logger);
    if (principals === undefined) {
      logger.warn('no adminEndpoint and no principals: policies are left to whoever administers the store');
      return;
    }
    for (const bucket of job.buckets) {
      const policy = bucketPolicy(bucket, (identity) => principalOf(principals, bucket.name, identity));
      await ensurePolicy(client, bucket.name, policy && JSON.stringify(policy), logger);
    }
  } catch (error) {
    throw error instanceof JobError || error instanceof ConfigError ? error : toStoreError(error, 'object store');
  } finally {
    client.destroy();
  }
}

/** How the store names identities, by their names here. @returns nothing if that is nobody's business here */
async function principalsOf(
  job: StorageJob,
  { credentials, region }: ReturnType<typeof s3Connection>,
  logger: Logger,
): Promise<ReadonlyMap<string, string> | undefined> {
  if (job.principals !== undefined) return new Map(Object.entries(job.principals));
  if (job.adminEndpoint === undefined) return undefined;
  if (credentials === undefined) throw new ConfigError(['AWS_ACCESS_KEY_ID is not set: root administers users']);
  const admin = new VersitygwAdmin(new URL(job.adminEndpoint), region, credentials);
  const keys = await ensureIdentities(admin, job.identities, logger);
  return new Map(Array.from(keys, ([identity, { accessKeyId }]) => [identity, accessKeyId]));
}

async function ensureBucket(client: S3Client, bucket: string, logger: Logger): Promise<void> {
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket }));
    return;
  } catch (error) {
    if (statusOf(error) !== 404) throw toStoreError(error, `bucket ${bucket}`);
  }
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    logger.info({ bucket }, 'created');
  } catch (error) {
    if (nameOf(error) !== 'BucketAlreadyOwnedByYou') throw toStoreError(error, `create bucket ${bucket}`);
  }
}

async function ensureVersioning(client: S3Client, bucket: string, wanted: boolean, logger: Logger): Promise<void> {
  try {
    const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket: bucket }));
    if ((Status === 'Enabled') === wanted) return;
    const status = wanted ? 'Enabled' : 'Suspended';
    await client.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: status } }));
    logger.info({ bucket, versioning: status }, 'versioning changed');
  } catch (error) {
    // A server that cannot keep versions has none to switch off.
    const cannot = statusOf(error) === 501 || nameOf(error) === 'VersioningNotConfigured';
    if (!cannot) throw toStoreError(error, `versioning of bucket ${bucket}`);
    if (wanted)
      throw new JobError('PLUMBLINE_JOB_BUCKET', `the store keeps no versions, bucket ${bucket} is to have them`);
  }
}

async function ensureIdentities(
  admin: VersitygwAdmin,
  identities: StorageJob['identities'],
  logger: Logger,
): Promise<ReadonlyMap<string, AccessKey>> {
  const keys = new Map<string, AccessKey>();
  for (const { name: identity, directory } of identities) {
    const key = {
      accessKeyId: await readMounted(`identity ${identity}`, join(directory, 'accessKeyId')),
      secretAccessKey: await readMounted(`identity ${identity}`, join(directory, 'secretAccessKey')),
    };
    const made = await admin.ensureUser(key);
    if (made) logger.info({ identity }, 'identity created');
    keys.set(identity, key);
  }
  return keys;
}

function principalOf(principals: ReadonlyMap<string, string>, bucket: string, identity: string): string {
  const principal = principals.get(identity);
  if (principal !== undefined) return principal;
  const message = `bucket ${bucket} grants to ${identity}, which is not among the identities`;
  throw new JobError('PLUMBLINE_JOB_IDENTITY', message);
}

async function ensurePolicy(
  client: S3Client,
  bucket: string,
  wanted: string | undefined,
  logger: Logger,
): Promise<void> {
  try {
    const present = await policyOf(client, bucket);
    if (present === wanted) return;
    if (wanted === undefined) await client.send(new DeleteBucketPolicyCommand({ Bucket: bucket }));
    else await client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: wanted }));
    logger.info({ bucket }, wanted === undefined ? 'policy removed' : 'policy set');
  } catch (error) {
    throw toStoreError(error, `policy of bucket ${bucket}`);
  }
}

/** The policy as the server keeps it, in the spelling of {@link bucketPolicy}. */
async function policyOf(client: S3Client, bucket: string): Promise<string | undefined> {
  try {
    const { Policy } = await client.send(new GetBucketPolicyCommand({ Bucket: bucket }));
    return Policy === undefined ? undefined : JSON.stringify(JSON.parse(Policy));
  } catch (error) {
    if (nameOf(error) === 'NoSuchBucketPolicy') return undefined;
    throw error;
  }
}
