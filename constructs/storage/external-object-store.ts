import { Construct } from 'constructs';
import {
  Buckets,
  type AccessKey,
  type Bucket,
  type BucketProps,
  type IBucketHost,
  type ObjectStoreAccess,
} from '../core/bucket';
import { defined } from '../core/defined';
import { Endpoint } from '../core/endpoint';
import { InvalidPropError } from '../core/errors';
import { SecretRef } from '../core/secret-ref';
import { refuseSharedSecret, SecretSource } from '../core/secret-source';
import type { IObjectStore } from '../core/stores';
import type { Workload } from '../core/workload';
import { accessKeyOf, accessKeySecret } from './access-key';
import { AwsRoles } from './aws-roles';
import { BucketsJob, type ReconciledBucketsProps } from './buckets-job';
import { s3Endpoint, type S3Address } from './s3-endpoint';

/** Options of {@link ObjectStore.fromExternal}. */
export interface ExternalObjectStoreProps extends S3Address {
  /** @default - whether an endpoint is given */
  readonly forcePathStyle?: boolean;
  /** What stands before the name of every bucket: on AWS a name is taken once in the world. @default - nothing */
  readonly bucketPrefix?: string;
  /**
   * Role of each workload, by its name or by {@link AwsRoles} for all: an ARN that is put on the workload's ServiceAccount, and no access key
   * is used.
   *
   * @default - every workload has an access key
   */
  readonly roles?: Readonly<Record<string, string>> | AwsRoles;
  /**
   * Where access keys come from: a Secret `<workload>-<id>-s3` with `accessKeyId` and `secretAccessKey` in each namespace.
   *
   * @default SecretSource.existing()
   */
  readonly credentials?: SecretSource;
  /**
   * Has a Job make the buckets, with versions and lifecycles, and, where workloads have roles, a policy of each bucket that lets each role do
   * what its workload was granted. The Job has an identity of its own, `<id>-buckets`, which `docs/reference/bucket-policies.md` says the rights of.
   *
   * @default - whoever runs the store makes them
   */
  readonly reconcile?: ReconciledBucketsProps;
}

/** An S3 service that is not ours: buckets and policies are made there, or by a Job, and grants are recorded and connected. */
export class ExternalObjectStore extends Construct implements IObjectStore, IBucketHost {
  private readonly endpoint: Endpoint;
  private readonly made: Buckets;
  private job: BucketsJob | undefined;
  /** Access key of each workload; of one with a role none. */
  private readonly identities = new Map<Workload, AccessKey | undefined>();

  /** @throws {InvalidPropError} if the endpoint is no http or https URL */
  constructor(
    scope: Construct,
    id: string,
    private readonly props: ExternalObjectStoreProps,
  ) {
    super(scope, id);
    refuseSharedSecret(`${this.node.path}.credentials`, props.credentials, 's3');
    this.made = new Buckets(this, props.bucketPrefix);
    this.endpoint = s3Endpoint('ExternalObjectStore.endpoint', props);
  }

  /** Every bucket that was asked for. */
  get buckets(): readonly Bucket[] {
    return this.made.all;
  }

  /** @throws {InvalidPropError} if the bucket was asked for with other settings, or with those that only a Job would make */
  bucket(name: string, props: BucketProps = {}): Bucket {
    const { reconcile } = this.props;
    if (reconcile === undefined) {
      const expected = 'for us to do: whoever runs the store sets a lifecycle rule, or `reconcile` has a Job do it';
      for (const only of ['expireAfter', 'archiveAfter', 'keepVersions'] as const)
        if (props[only] !== undefined) throw new InvalidPropError(`bucket ${name}.${only}`, props[only], expected);
    } else this.job ??= new BucketsJob(this, 'buckets', { ...reconcile, store: this });
    return this.made.bucket(name, props);
  }

  /** How policies of buckets name a workload, if it has a role. */
  principalOf({ name }: Workload): string | undefined {
    const { roles = {} } = this.props;
    return roles instanceof AwsRoles ? roles.of(name) : roles[name];
  }

  /** `namespace:name` of the account of the Job that makes buckets, if there is one. */
  get reconciler(): string | undefined {
    return this.job?.account;
  }

  /** Whether it is AWS itself, which has every kind of rule. */
  get isAws(): boolean {
    return this.props.endpoint === undefined;
  }

  admit(workload: Workload): ObjectStoreAccess {
    const { endpoint, props } = this;
    const { url, authority, tls } = workload.connectTo(endpoint);
    if (!this.identities.has(workload)) this.identities.set(workload, this.identify(workload));
    const accessKey = this.identities.get(workload);
    return {
      kind: 'object-store',
      ...defined({ url: props.endpoint && url }),
      authority,
      ...defined({ tls }),
      region: props.region,
      forcePathStyle: props.forcePathStyle ?? props.endpoint !== undefined,
      ...defined({ accessKey }),
    };
  }

  private identify(workload: Workload): AccessKey | undefined {
    const role = this.principalOf(workload);
    if (role !== undefined) {
      workload.annotateAccount('eks.amazonaws.com/role-arn', role);
      // Where the token of the account is changed into credentials of the role.
      workload.connectTo(Endpoint.external(`sts.${this.props.region}.amazonaws.com`, 443, { scheme: 'https' }));
      return undefined;
    }
    const secret = new SecretRef(this, `${workload.namespace}-${workload.name}`, {
      name: `${workload.name}-${this.node.id}-s3`,
      namespace: workload.namespace,
      keys: accessKeySecret,
      source: this.props.credentials ?? SecretSource.existing(),
    });
    return accessKeyOf(secret);
  }
}
