import { Construct } from 'constructs';
import type { BucketLifecycle, StorageJob } from '../contracts';
import type { Bucket, BucketGrant, IBucketHost } from '../core/bucket';
import { present } from '../core/choice';
import { ConfigFile } from '../core/config-file';
import { compareText } from '../core/content-hash';
import { defined } from '../core/defined';
import { InvalidPropError } from '../core/errors';
import { PlatformJob } from '../core/platform-job';
import type { Workload } from '../core/workload';

/** How the Job that makes buckets of a store of others is. */
export interface ReconciledBucketsProps {
  /** Image of the Job. @default - the worker image of this version */
  readonly jobImage?: string;
  /** After how many days parts of uploads that nobody finished are deleted; whole ones. @default 7 on AWS, else never: some stores have no such rule */
  readonly abortUploadsAfterDays?: number;
}

/** The store that a {@link BucketsJob} makes buckets at. */
export interface IReconciledStore extends IBucketHost {
  readonly isAws: boolean;
  readonly buckets: readonly Bucket[];
  principalOf(workload: Workload): string | undefined;
}

/** Makes the buckets of a store that is not ours, with their versions, lifecycles and policies. */
export class BucketsJob extends Construct {
  /** `namespace:name` of its account. */
  readonly account: string;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ReconciledBucketsProps & { readonly store: IReconciledStore },
  ) {
    super(scope, id);
    const store = scope.node.id;
    const job = new PlatformJob(this, 'job', {
      name: `${store}-buckets`,
      instance: store,
      job: 'storage',
      file: ConfigFile.json('job.json', () => this.content()),
      ...defined({ image: props.jobImage }),
    });
    job.use(props.store.admit(job));
    this.account = `${job.namespace}:${job.name}`;
  }

  private content(): StorageJob {
    const { store } = this.props;
    const buckets = store.buckets.toSorted((a, b) => compareText(a.name, b.name));
    const granted = new Map(buckets.map((bucket) => [bucket, this.grantsOf(bucket)]));
    const workloads = Array.from(granted.values()).flatMap((grants) => grants.map(({ workload }) => workload));
    const principals = workloads
      .flatMap((workload) => present([store.principalOf(workload)]).map((arn) => [workload.name, arn] as const))
      .toSorted(([a], [b]) => compareText(a, b));
    return {
      buckets: buckets.map((bucket) => ({
        name: bucket.name,
        versioning: bucket.versioning,
        ...defined({ lifecycle: this.lifecycleOf(bucket) }),
        grants: (granted.get(bucket) ?? []).map(({ workload, actions }) => ({ identity: workload.name, actions })),
      })),
      identities: [],
      ...(principals.length > 0 && { principals: Object.fromEntries(principals) }),
    };
  }

  /** Those to workloads with roles; what an access key may do is not said by a bucket. */
  private grantsOf(bucket: Bucket): readonly BucketGrant[] {
    return bucket.grants
      .filter(({ workload }) => this.props.store.principalOf(workload) !== undefined)
      .toSorted((a, b) => compareText(a.workload.name, b.workload.name));
  }

  private lifecycleOf(bucket: Bucket): BucketLifecycle | undefined {
    const { store, abortUploadsAfterDays = store.isAws ? 7 : undefined } = this.props;
    const lifecycle = defined({
      abortUploadsAfterDays,
      archiveAfterDays: wholeDays(bucket, 'archiveAfter'),
      expireAfterDays: wholeDays(bucket, 'expireAfter'),
      keepVersions: bucket.keepVersions,
    });
    return Object.keys(lifecycle).length === 0 ? undefined : lifecycle;
  }
}

/** @throws {InvalidPropError} if it is no whole number of days: rules of stores have no other */
function wholeDays(bucket: Bucket, prop: 'archiveAfter' | 'expireAfter'): number | undefined {
  const duration = bucket[prop];
  if (duration === undefined) return undefined;
  const days = duration.toDays({ integral: false });
  if (!Number.isInteger(days))
    throw new InvalidPropError(`bucket ${bucket.name}.${prop}`, duration.toHumanString(), 'whole days');
  return days;
}
