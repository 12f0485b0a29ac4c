import { GetBucketVersioningCommand, HeadBucketCommand, S3ServiceException, type S3Client } from '@aws-sdk/client-s3';
import { environmentKeys } from '@plumbline/contracts';
import { s3Client } from '@plumbline/worker';
import { count, failed, passed, VerifyError, type Check } from '../check';
import { expectedBuckets } from '../expected';

export const buckets: Check = {
  name: 'buckets',
  claim: 'all buckets are there',
  why: 'Tempo ends without its bucket; anomalous traces and models have nowhere to go',
  async run({ rendered, servers }) {
    const { items, workload } = expectedBuckets(rendered);
    const endpoint = await servers.url('s3');
    const accessKeyId = await servers.variable('s3', workload, environmentKeys.s3AccessKeyId);
    const secretAccessKey = await servers.variable('s3', workload, environmentKeys.s3SecretAccessKey);
    if (accessKeyId === undefined || secretAccessKey === undefined) {
      throw new VerifyError(
        `${workload.metadata.name} has no credentials of the object store`,
        `set the variables ${environmentKeys.s3AccessKeyId} and ${environmentKeys.s3SecretAccessKey}`,
      );
    }
    const region = (await servers.variable('s3', workload, environmentKeys.s3Region)) ?? 'us-east-1';
    const client = s3Client({ endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } });
    try {
      const details: string[] = [];
      for (const { name, versioning } of items) {
        if (!(await exists(client, name, endpoint))) details.push(`${name} is not there`);
        else if (versioning && !(await isVersioned(client, name))) details.push(`${name} does not keep versions`);
      }
      if (details.length === 0)
        return passed(`${count(items.length, 'bucket')}: ${items.map(({ name }) => name).join(', ')}`);
      const { name, namespace } = workload.metadata;
      return failed(
        `${details.length} of ${count(items.length, 'bucket')} not as rendered`,
        `look at the log of job ${namespace}/${name}; delete it and apply it again: it makes buckets`,
        details,
      );
    } finally {
      client.destroy();
    }
  },
};

async function exists(client: S3Client, bucket: string, endpoint: string): Promise<boolean> {
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket }));
    return true;
  } catch (cause) {
    const status = cause instanceof S3ServiceException ? cause.$metadata.httpStatusCode : undefined;
    if (status === 404) return false;
    const message =
      status === undefined ? (cause instanceof Error ? cause.message : String(cause)) : `status ${status}`;
    throw new VerifyError(
      `the object store at ${endpoint} does not say whether there is a bucket ${bucket}: ${message}`,
      status === 403
        ? `the credentials are refused: set ${environmentKeys.s3AccessKeyId} and ${environmentKeys.s3SecretAccessKey} to those of its root account`
        : 'look whether the object store is up',
      { cause },
    );
  }
}

async function isVersioned(client: S3Client, bucket: string): Promise<boolean> {
  const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket: bucket }));
  return Status === 'Enabled';
}
