import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  PutBucketLifecycleConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { BucketLifecycle, StorageJob } from '@plumbline/contracts';
import { startAws, startS3, type AwsPeer } from '../../../tools/peers';
import { runStorageJob } from './storage-job';
import { runWith } from './testing';

const role = (name: string) => `arn:aws:iam::111122223333:role/plumbline-${name}`;

const job: StorageJob = {
  identities: [],
  principals: { tempo: role('tempo'), 'root-cause': role('root-cause'), training: role('training') },
  buckets: [
    {
      name: 'own-tempo-traces',
      versioning: false,
      lifecycle: { abortUploadsAfterDays: 7 },
      grants: [{ identity: 'tempo', actions: ['read', 'list', 'write', 'delete'] }],
    },
    {
      name: 'own-incident-archive',
      versioning: false,
      lifecycle: { abortUploadsAfterDays: 7, archiveAfterDays: 90, expireAfterDays: 365 },
      grants: [{ identity: 'root-cause', actions: ['write'] }],
    },
    {
      name: 'own-ml-models',
      versioning: true,
      lifecycle: { abortUploadsAfterDays: 7 },
      grants: [{ identity: 'training', actions: ['read', 'list', 'write'] }],
    },
  ],
};

function environmentOf({ endpoint, region, credentials }: Pick<AwsPeer, 'endpoint' | 'region' | 'credentials'>) {
  return {
    S3_ENDPOINT: endpoint,
    S3_REGION: region,
    S3_FORCE_PATH_STYLE: 'true',
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
}

describe('Buckets of an S3 service that is not ours', () => {
  let aws: AwsPeer;
  let client: S3Client;
  beforeAll(async () => {
    aws = await startAws();
    const { endpoint, region, credentials } = aws;
    client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    expect((await runWith(runStorageJob, job, environmentOf(aws))).code).toBe(0);
  });
  afterAll(async () => {
    client.destroy();
    await aws.stop();
  });

  const lifecycleOf = async (Bucket: string) => {
    const { Rules = [] } = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
    return Rules;
  };

  it('have the rules that were asked for: to the archive after 90 days, gone after 365', async () => {
    expect(await lifecycleOf('own-incident-archive')).toMatchObject([
      { ID: 'plumbline-abort', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
      { ID: 'plumbline-archive', Transitions: [{ Days: 90, StorageClass: 'GLACIER' }] },
      { ID: 'plumbline-expire', Expiration: { Days: 365 } },
    ]);
    const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket: 'own-ml-models' }));
    expect(Status).toBe('Enabled');
  });

  it('never have Tempo’s blocks expire, which its own compaction deletes', async () => {
    expect((await lifecycleOf('own-tempo-traces')).map(({ ID }) => ID)).toEqual(['plumbline-abort']);
  });

  it('let each role do what its workload was granted', async () => {
    const { Policy = '' } = await client.send(new GetBucketPolicyCommand({ Bucket: 'own-incident-archive' }));
    const { Statement } = JSON.parse(Policy) as { Statement: { Principal: { AWS: string[] }; Action: string[] }[] };
    expect(Statement.map(({ Principal }) => Principal.AWS)).toEqual([[role('root-cause')], [role('root-cause')]]);
    expect(Statement.flatMap(({ Action }) => Action)).not.toContain('s3:GetObject');
  });

  it('are not changed by a second run, and keep rules of others in a changed one', async () => {
    const again = await runWith(runStorageJob, job, environmentOf(aws));
    expect([again.code, again.log]).toEqual([0, expect.not.stringMatching(/created|set|changed/)]);
    const theirs = { ID: 'audit', Status: 'Enabled', Filter: { Prefix: 'audit/' }, Expiration: { Days: 30 } } as const;
    const Rules = [...(await lifecycleOf('own-incident-archive')), theirs];
    await client.send(
      new PutBucketLifecycleConfigurationCommand({ Bucket: 'own-incident-archive', LifecycleConfiguration: { Rules } }),
    );
    const { log } = await runWith(runStorageJob, withArchive({ archiveAfterDays: 30 }), environmentOf(aws));
    expect(log).toContain('lifecycle changed');
    expect(await lifecycleOf('own-incident-archive')).toMatchObject([
      { ID: 'audit', Expiration: { Days: 30 } },
      { ID: 'plumbline-archive', Transitions: [{ Days: 30 }] },
    ]);
  });

  it('have the rules again that they had if the store forgets a part: it would delete what that part keeps', async () => {
    const before = await lifecycleOf('own-incident-archive');
    // This one forgets how many versions are to be kept, and would delete all but the newest.
    const { code, log } = await runWith(runStorageJob, withArchive({ keepVersions: 10 }), environmentOf(aws));
    expect([code, log]).toEqual([1, expect.stringContaining('it forgot a part of it')]);
    expect(await lifecycleOf('own-incident-archive')).toEqual(before);
  });
});

function withArchive(lifecycle: BucketLifecycle): StorageJob {
  const buckets = job.buckets.map((each) => (each.name === 'own-incident-archive' ? { ...each, lifecycle } : each));
  return { ...job, buckets };
}

describe('A store without lifecycles', () => {
  it('says which bucket asks for what it has not', async () => {
    const s3 = await startS3();
    const { code, log } = await runWith(runStorageJob, { ...job, buckets: job.buckets.slice(0, 1) }, environmentOf(s3));
    await s3.stop();
    expect(code).toBe(1);
    expect(log).toContain('the store does not take the lifecycle of bucket own-tempo-traces');
  });
});
