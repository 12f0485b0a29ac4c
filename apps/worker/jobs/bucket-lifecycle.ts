import {
  GetBucketLifecycleConfigurationCommand,
  PutBucketLifecycleConfigurationCommand,
  DeleteBucketLifecycleCommand,
  type LifecycleRule,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { BucketLifecycle } from '@plumbline/contracts';
import type { Logger } from 'pino';
import { nameOf, statusOf, toStoreError } from '../s3/s3-errors';
import { JobError } from './job-error';

/** What tells our rules from those of others in the same bucket. */
const prefix = 'plumbline-';

/** The rules of a bucket, each for all of its objects, in the order of their names. */
export function lifecycleRules(lifecycle: BucketLifecycle): readonly LifecycleRule[] {
  const { abortUploadsAfterDays, archiveAfterDays, expireAfterDays, keepVersions } = lifecycle;
  const rule = (name: string, what: Partial<LifecycleRule>): LifecycleRule => ({
    ID: `${prefix}${name}`,
    Status: 'Enabled',
    Filter: { Prefix: '' },
    ...what,
  });
  return [
    ...(abortUploadsAfterDays === undefined
      ? []
      : [rule('abort', { AbortIncompleteMultipartUpload: { DaysAfterInitiation: abortUploadsAfterDays } })]),
    ...(archiveAfterDays === undefined
      ? []
      : [rule('archive', { Transitions: [{ Days: archiveAfterDays, StorageClass: 'GLACIER' }] })]),
    ...(expireAfterDays === undefined ? [] : [rule('expire', { Expiration: { Days: expireAfterDays } })]),
    ...(keepVersions === undefined
      ? []
      : [
          rule('versions', {
            NoncurrentVersionExpiration: { NoncurrentDays: 1, NewerNoncurrentVersions: keepVersions },
          }),
        ]),
  ];
}

/**
 * Has the store do what {@link BucketLifecycle} says. Rules of others stay.
 *
 * @throws {JobError} if the store has no such rules
 */
export async function ensureLifecycle(
  client: S3Client,
  bucket: string,
  lifecycle: BucketLifecycle,
  logger: Logger,
): Promise<void> {
  const what = `lifecycle of bucket ${bucket}`;
  const present = await rulesOf(client, bucket, what);
  const others = present.filter(({ ID = '' }) => !ID.startsWith(prefix));
  const wanted = lifecycleRules(lifecycle);
  const ours = present.filter(({ ID = '' }) => ID.startsWith(prefix));
  if (fingerprint(ours) === fingerprint(wanted)) return;
  await putRules(client, bucket, [...others, ...wanted], what);
  // A store that forgets half of a rule would delete what the other half kept.
  const kept = (await rulesOf(client, bucket, what)).filter(({ ID = '' }) => ID.startsWith(prefix));
  if (fingerprint(kept) !== fingerprint(wanted)) {
    await putRules(client, bucket, present, what);
    throw notTaken(bucket, 'it forgot a part of it, and has the rules again that it had');
  }
  logger.info({ bucket, rules: wanted.map(({ ID }) => ID) }, 'lifecycle changed');
}

async function putRules(
  client: S3Client,
  bucket: string,
  rules: readonly LifecycleRule[],
  what: string,
): Promise<void> {
  const LifecycleConfiguration = { Rules: [...rules] };
  try {
    if (rules.length === 0) await client.send(new DeleteBucketLifecycleCommand({ Bucket: bucket }));
    else await client.send(new PutBucketLifecycleConfigurationCommand({ Bucket: bucket, LifecycleConfiguration }));
  } catch (error) {
    throw refused(error, bucket) ?? toStoreError(error, what);
  }
}

async function rulesOf(client: S3Client, bucket: string, what: string): Promise<readonly LifecycleRule[]> {
  try {
    const { Rules = [] } = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }));
    return Rules;
  } catch (error) {
    if (nameOf(error) === 'NoSuchLifecycleConfiguration') return [];
    throw refused(error, bucket) ?? toStoreError(error, what);
  }
}

/** A store that has no lifecycles, or not of this kind, never will: trying again would not help. */
function refused(error: unknown, bucket: string): JobError | undefined {
  const name = nameOf(error);
  const isNever = statusOf(error) === 501 || ['NotImplemented', 'MalformedXML', 'InvalidStorageClass'].includes(name);
  return isNever ? notTaken(bucket, name) : undefined;
}

function notTaken(bucket: string, why: string): JobError {
  const message = `the store does not take the lifecycle of bucket ${bucket} (${why}): leave out what it has no rules for`;
  return new JobError('PLUMBLINE_JOB_BUCKET', message);
}

/** Servers fill in defaults and sort as they like, so what counts is compared. */
function fingerprint(rules: readonly LifecycleRule[]): string {
  const known = rules.map((rule) => [
    rule.ID,
    rule.Status,
    rule.Filter?.Prefix ?? '',
    rule.Expiration?.Days,
    rule.Transitions?.map(({ Days, StorageClass }) => [Days, StorageClass]),
    rule.NoncurrentVersionExpiration?.NewerNoncurrentVersions,
    rule.NoncurrentVersionExpiration?.NoncurrentDays,
    rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation,
  ]);
  return JSON.stringify(known.toSorted(([a = ''], [b = '']) => (String(a) < String(b) ? -1 : 1)));
}
