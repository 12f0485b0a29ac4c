import type { Duration } from 'cdk8s';
import type { BucketAction } from '../contracts';
import type { ClientTls } from './connection';
import { defined } from './defined';
import type { IEnvSource } from './env-source';
import { InvalidPropError } from './errors';
import type { SecretRef } from './secret-ref';
import type { Workload } from './workload';

/** Credentials of one identity of an object store, by reference. */
export interface AccessKey {
  readonly accessKeyId: IEnvSource;
  readonly secretAccessKey: IEnvSource;
  /** The Secret that holds both, under these keys, for what reads files. @default - it cannot be mounted */
  readonly secret?: SecretRef;
}

/** How a client that was granted something reaches an object store. Whoever uses it says how it is configured. */
export interface ObjectStoreAccess {
  readonly kind: 'object-store';
  /** `http://host:port`; absent for AWS itself, whose address follows from the region. */
  readonly url?: string;
  /** `host:port`, for clients that take no scheme. */
  readonly authority: string;
  /** @default - plain HTTP */
  readonly tls?: ClientTls;
  readonly region: string;
  /** Whether buckets are path segments, not host names. */
  readonly forcePathStyle: boolean;
  /** Absent where the client's ServiceAccount has a role instead. */
  readonly accessKey?: AccessKey;
}

/** {@link ObjectStoreAccess} to one bucket. */
export interface BucketAccess extends ObjectStoreAccess {
  readonly bucket: string;
}

/** Who may do what with a bucket. */
export interface BucketGrant {
  readonly workload: Workload;
  readonly actions: readonly BucketAction[];
}

/** The store that a {@link Bucket} is in. */
export interface IBucketHost {
  /** Gives a workload an identity of its own and the way to the store. */
  admit(workload: Workload): ObjectStoreAccess;
}

/** Options of a {@link Bucket}. */
export interface BucketProps {
  /** Whether overwritten and deleted objects are kept. @default false */
  readonly versioning?: boolean;
  /** How long after it was written an object is deleted, checked once an hour. @default - it is kept */
  readonly expireAfter?: Duration;
  /**
   * How long after it was written an object goes to the store's class for archives, from which it takes hours to read again; only stores
   * of others have one.
   *
   * @default - it stays
   */
  readonly archiveAfter?: Duration;
  /** Overwritten and deleted versions of an object that are kept, of a bucket with {@link versioning}; only stores of others count them. @default - all */
  readonly keepVersions?: number;
}

/** A bucket that workloads are granted the use of. */
export interface IBucket {
  readonly name: string;
  /** Read and list objects. */
  grantRead(workload: Workload): BucketAccess;
  /** Put objects. */
  grantWrite(workload: Workload): BucketAccess;
  /** Read, list, put and delete objects: for the one workload that keeps its own data there. */
  grantOwn(workload: Workload): BucketAccess;
}

const order: readonly BucketAction[] = ['read', 'readVersions', 'list', 'write', 'delete'];

/** A bucket. Each grant is one call that makes identity, policy, credentials by reference and connection. */
export class Bucket implements IBucket {
  readonly versioning: boolean;
  readonly expireAfter: Duration | undefined;
  readonly archiveAfter: Duration | undefined;
  readonly keepVersions: number | undefined;
  private readonly granted = new Map<Workload, Set<BucketAction>>();

  /** @throws {InvalidPropError} if `name` is no bucket name */
  constructor(
    readonly name: string,
    props: BucketProps,
    private readonly host: IBucketHost,
  ) {
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)) {
      throw new InvalidPropError('Bucket.name', name, 'a bucket name of 3 to 63 lower-case letters, digits and dashes');
    }
    this.versioning = props.versioning === true;
    this.expireAfter = props.expireAfter;
    this.archiveAfter = props.archiveAfter;
    this.keepVersions = props.keepVersions;
    if (this.keepVersions !== undefined && !this.versioning)
      throw new InvalidPropError(`bucket ${name}.keepVersions`, this.keepVersions, 'for a bucket that keeps versions');
    if (this.expireAfter !== undefined && this.versioning)
      throw new InvalidPropError(
        `bucket ${name}.expireAfter`,
        this.expireAfter.toHumanString(),
        'for a bucket that keeps versions',
      );
    if (this.expireAfter !== undefined && this.expireAfter.toSeconds() < 60)
      throw new InvalidPropError(`bucket ${name}.expireAfter`, this.expireAfter.toHumanString(), 'a minute or more');
  }

  /** Every grant, for policies and for the page that says who may do what. */
  get grants(): readonly BucketGrant[] {
    return Array.from(this.granted, ([workload, actions]) => ({
      workload,
      actions: order.filter((action) => actions.has(action)),
    }));
  }

  grantRead(workload: Workload): BucketAccess {
    return this.grant(workload, ['read', 'list']);
  }

  grantWrite(workload: Workload): BucketAccess {
    return this.grant(workload, ['write']);
  }

  grantOwn(workload: Workload): BucketAccess {
    return this.grant(workload, ['read', 'list', 'write', 'delete']);
  }

  /** Read and list objects, with their versions where the bucket keeps any: for who copies them elsewhere. */
  grantBackup(workload: Workload): BucketAccess {
    return this.grant(workload, this.versioning ? ['read', 'readVersions', 'list'] : ['read', 'list']);
  }

  /** List and delete objects, without reading any: for who expires them. */
  grantExpire(workload: Workload): BucketAccess {
    return this.grant(workload, ['list', 'delete']);
  }

  private grant(workload: Workload, actions: readonly BucketAction[]): BucketAccess {
    this.granted.set(workload, new Set([...(this.granted.get(workload) ?? []), ...actions]));
    return { bucket: this.name, ...this.host.admit(workload) };
  }
}

/** The buckets of one store. */
export class Buckets {
  private readonly byName = new Map<string, Bucket>();

  /** @param prefix what stands before the name of each in the store */
  constructor(
    private readonly host: IBucketHost,
    private readonly prefix = '',
  ) {}

  /** Every bucket that was asked for. */
  get all(): readonly Bucket[] {
    return Array.from(this.byName.values());
  }

  /** @throws {InvalidPropError} if the bucket exists with other settings */
  bucket(name: string, props: BucketProps): Bucket {
    const present = this.byName.get(name);
    if (present === undefined) {
      const made = new Bucket(`${this.prefix}${name}`, props, this.host);
      this.byName.set(name, made);
      return made;
    }
    const { versioning, expireAfter, archiveAfter, keepVersions } = present;
    const asked = { versioning, expireAfter, archiveAfter, keepVersions, ...defined(props) };
    const [is, was] = [asked, present].map(settingsOf);
    if (is !== was)
      throw new InvalidPropError(`bucket ${name}`, JSON.parse(is ?? ''), `as it was asked for before: ${was ?? ''}`);
    return present;
  }
}

function settingsOf(bucket: Pick<Bucket, 'versioning' | 'expireAfter' | 'archiveAfter' | 'keepVersions'>): string {
  const { versioning, expireAfter, archiveAfter, keepVersions } = bucket;
  const [expireAfterSeconds, archiveAfterSeconds] = [expireAfter?.toSeconds(), archiveAfter?.toSeconds()];
  return JSON.stringify({ versioning, expireAfterSeconds, archiveAfterSeconds, keepVersions });
}
