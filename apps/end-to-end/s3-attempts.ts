import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3ServiceException,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { BucketAction } from '../../constructs/contracts';

/** What is there to be read and deleted: no worker looks there. */
const prefix = 'attempts';
export const bucketActions = ['read', 'write', 'delete', 'list'] as const satisfies readonly BucketAction[];

/** Puts what is to be read in a bucket, as root. */
export async function prepareBucket(root: S3Client, Bucket: string): Promise<void> {
  await root.send(new PutObjectCommand({ Bucket, Key: `${prefix}/there`, Body: 'x' }));
}

/** Whether the store refuses an identity something for want of a right. */
export function isRefusedBucket(
  client: S3Client,
  action: (typeof bucketActions)[number],
  Bucket: string,
): Promise<boolean> {
  const attempts: Readonly<Record<(typeof bucketActions)[number], () => Promise<unknown>>> = {
    read: () => client.send(new GetObjectCommand({ Bucket, Key: `${prefix}/there` })),
    write: () => client.send(new PutObjectCommand({ Bucket, Key: `${prefix}/written`, Body: 'x' })),
    // Of what is not there: whoever may delete is told that it is gone.
    delete: () => client.send(new DeleteObjectCommand({ Bucket, Key: `${prefix}/never-there` })),
    list: () => client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 1 })),
  };
  return refuses(attempts[action]);
}

/** Whether it may neither make a bucket nor say who may do what with one. */
export async function isRefusedRule(client: S3Client, Bucket: string): Promise<boolean> {
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: [`arn:aws:s3:::${Bucket}/*`] }],
  });
  const [make, rule] = [
    await refuses(() => client.send(new CreateBucketCommand({ Bucket: 'forged' }))),
    await refuses(() => client.send(new PutBucketPolicyCommand({ Bucket, Policy }))),
  ];
  return make && rule;
}

/** @throws any error but a refusal: it would say nothing of rights */
async function refuses(attempt: () => Promise<unknown>): Promise<boolean> {
  try {
    await attempt();
    return false;
  } catch (error) {
    if (error instanceof S3ServiceException && error.name === 'AccessDenied') return true;
    throw error;
  }
}
