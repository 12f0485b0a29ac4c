import { CreateBucketCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import type { S3Peer } from '@plumbline/tools/peers';
import { s3Client, type S3Connection } from '@plumbline/worker';
import { S3Bucket } from './s3-bucket';
import { Vault } from './vault';

export function connectionTo({ endpoint, region, credentials }: S3Peer): S3Connection {
  return { endpoint, region, credentials, forcePathStyle: true };
}

/** @param versioned those of them that keep versions */
export async function makeBuckets(
  peer: S3Peer,
  names: readonly string[],
  versioned: readonly string[] = [],
): Promise<void> {
  const client = s3Client(connectionTo(peer));
  try {
    for (const Bucket of names) {
      await client.send(new CreateBucketCommand({ Bucket }));
      if (versioned.includes(Bucket))
        await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    }
  } finally {
    client.destroy();
  }
}

/** A place for backups in a bucket of its own. */
export async function vaultIn(peer: S3Peer, bucket = 'backups'): Promise<Vault> {
  await makeBuckets(peer, [bucket]);
  return new Vault(new S3Bucket(bucket, connectionTo(peer)), 'test');
}

/** Objects of a bucket by key, as text. */
export async function textsOf(bucket: S3Bucket): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { key } of bucket.list()) found[key] = (await bucket.get(key))?.toString('latin1') ?? '';
  return found;
}
