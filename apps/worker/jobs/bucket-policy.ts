import type { BucketAction, StorageJob } from '@plumbline/contracts';

type Bucket = StorageJob['buckets'][number];

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

interface Statement {
  readonly Effect: 'Allow';
  readonly Principal: { readonly AWS: readonly string[] };
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
}

/** A bucket policy. */
export interface BucketPolicy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Statement[];
}

/**
 * Least privilege: each identity may do what it was granted, and nobody else anything. `undefined` when nothing is granted.
 *
 * @param accessKeyOf access key id of an identity, by which policies of versitygw name users
 */
export function bucketPolicy(bucket: Bucket, accessKeyOf: (identity: string) => string): BucketPolicy | undefined {
  const arn = `arn:aws:s3:::${bucket.name}`;
  const statements = bucket.grants.flatMap(({ identity, actions }): Statement[] => {
    const Principal = { AWS: [accessKeyOf(identity)] };
    const onObjects = actions.flatMap((action) => objectActions[action]);
    const onBucket = actions.flatMap((action) => bucketActions[action]);
    return [
      { Effect: 'Allow' as const, Principal, Action: onObjects, Resource: [`${arn}/*`] },
      { Effect: 'Allow' as const, Principal, Action: onBucket, Resource: [arn] },
    ].filter(({ Action }) => Action.length > 0);
  });
  return statements.length === 0 ? undefined : { Version: '2012-10-17', Statement: statements };
}
