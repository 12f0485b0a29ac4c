import { bucketPolicy } from './bucket-policy';

describe('the policy of a bucket', () => {
  it('allows each identity what it was granted, by its access key, and nothing more', () => {
    const grants = [
      { identity: 'writer', actions: ['write'] as const },
      { identity: 'reader', actions: ['read', 'list'] as const },
    ];
    const policy = bucketPolicy({ name: 'anomaly-data', grants }, (name) => `KEY-${name}`);
    expect(policy?.Statement.map(({ Principal, Action, Resource }) => [Principal.AWS[0], Action, Resource[0]])).toEqual(
      [
        [
          'KEY-writer',
          ['s3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
          'arn:aws:s3:::anomaly-data/*',
        ],
        ['KEY-writer', ['s3:ListBucketMultipartUploads'], 'arn:aws:s3:::anomaly-data'],
        ['KEY-reader', ['s3:GetObject'], 'arn:aws:s3:::anomaly-data/*'],
        ['KEY-reader', ['s3:ListBucket', 's3:GetBucketLocation'], 'arn:aws:s3:::anomaly-data'],
      ],
    );
  });

  it('is absent where nothing is granted', () => {
    const grants = [{ identity: 'nobody', actions: [] }];
    expect(bucketPolicy({ name: 'b', grants }, () => 'KEY')).toBeUndefined();
  });
});
