import type { BucketAction, StorageJob } from './jobs';

type Bucket = Pick<StorageJob['buckets'][number], 'name' | 'grants'>;

/** What an action needs of the objects of a bucket. */
const objectActions: Readonly<Record<BucketAction, readonly string[]>> = {
  read: ['s3:GetObject'],
  readVersions: ['s3:GetObjectVersion'],
  // Large objects are written in parts, which their writer may give up.
  write: ['s3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
  delete: ['s3:DeleteObject'],
  list: [],
};

/** What an action needs of the bucket itself. */
const bucketActions: Readonly<Record<BucketAction, readonly string[]>> = {
  read: [],
  readVersions: ['s3:ListBucketVersions'],
  write: ['s3:ListBucketMultipartUploads'],
  delete: [],
  list: ['s3:ListBucket', 's3:GetBucketLocation'],
};

/** What is allowed, on what. */
export interface Allowed {
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
}

/** What is allowed to whom. */
export interface PolicyStatement extends Allowed {
  readonly Principal: { readonly AWS: readonly string[] };
}

/** A bucket policy. */
export interface BucketPolicy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly PolicyStatement[];
}

/** What somebody needs who may do `actions` with a bucket: on its objects, and on the bucket itself. */
export function actionsOn(bucket: string, actions: readonly BucketAction[]): readonly Allowed[] {
  const arn = `arn:aws:s3:::${bucket}`;
  return [
    { Effect: 'Allow' as const, Action: actions.flatMap((action) => objectActions[action]), Resource: [`${arn}/*`] },
    { Effect: 'Allow' as const, Action: actions.flatMap((action) => bucketActions[action]), Resource: [arn] },
  ].filter(({ Action }) => Action.length > 0);
}

/**
 * Least privilege: each identity may do what it was granted, and nobody else anything. `undefined` when nothing is granted.
 *
 * @param principalOf how the store names an identity: by its access key, or the ARN of its role
 */
export function bucketPolicy(bucket: Bucket, principalOf: (identity: string) => string): BucketPolicy | undefined {
  const statements = bucket.grants.flatMap(({ identity, actions }) =>
    actionsOn(bucket.name, actions).map(({ Effect, ...allowed }): PolicyStatement => {
      return { Effect, Principal: { AWS: [principalOf(identity)] }, ...allowed };
    }),
  );
  return statements.length === 0 ? undefined : { Version: '2012-10-17', Statement: statements };
}
