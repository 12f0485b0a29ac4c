import { ExternalObjectStore, type Bucket, type PlatformApp } from '../constructs';
import { actionsOn } from '../constructs/contracts';
import { compareText } from '../constructs/core/content-hash';
import { code, page } from '../tools/markdown';

/** What the Job that makes buckets calls itself. */
const jobActions: readonly string[] = [
  's3:CreateBucket',
  's3:ListBucket',
  's3:GetBucketVersioning',
  's3:PutBucketVersioning',
  's3:GetLifecycleConfiguration',
  's3:PutLifecycleConfiguration',
  's3:GetBucketPolicy',
  's3:PutBucketPolicy',
  's3:DeleteBucketPolicy',
];

/** What each identity at a store that is not ours needs there, as documents of its administrator. */
export function bucketPoliciesPage(apps: readonly { readonly name: string; readonly app: PlatformApp }[]): string {
  const sections = apps.flatMap(({ name, app }) => {
    const stores = app.node.findAll().filter((each) => each instanceof ExternalObjectStore);
    return stores.map((store) => `## ${name}\n\n${policiesOf(store)}`);
  });
  return page(
    'Bucket policies',
    'Where objects are at an S3 service that is not ours, every workload has an identity of its own there, and its administrator gives each ' +
      'what stands here, and no more. On AWS, where `reconcile` has a Job make the buckets, the Job puts the same into a policy of each ' +
      'bucket: then only the role of the Job needs a document. Every role trusts the OIDC provider of the cluster, for the ServiceAccount of ' +
      'its name: `system:serviceaccount:<namespace>:<name>`.',
    sections,
  );
}

function policiesOf(store: ExternalObjectStore): string {
  const byWorkload = new Map<string, Bucket[]>();
  for (const bucket of store.buckets)
    for (const { workload } of bucket.grants) {
      const key = `${workload.namespace}:${workload.name}`;
      byWorkload.set(key, [...(byWorkload.get(key) ?? []), bucket]);
    }
  const documents = Array.from(byWorkload)
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([key, buckets]) => document(key, policyOf(key, buckets)));
  const job = {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: jobActions, Resource: store.buckets.map(({ name }) => `arn:aws:s3:::${name}`).sort() },
    ],
  };
  return [...(store.reconciler === undefined ? [] : [document(store.reconciler, job)]), ...documents].join('\n\n');
}

function policyOf(key: string, buckets: readonly Bucket[]): object {
  const statements = buckets.flatMap((bucket) => {
    const grants = bucket.grants.filter(({ workload }) => `${workload.namespace}:${workload.name}` === key);
    return grants.flatMap(({ actions }) => actionsOn(bucket.name, actions));
  });
  return { Version: '2012-10-17', Statement: statements };
}

function document(account: string, policy: object): string {
  return `### ${code(account)}\n\n<!-- prettier-ignore -->\n\`\`\`json\n${JSON.stringify(policy, undefined, 2)}\n\`\`\``;
}
