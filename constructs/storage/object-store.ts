import { Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { ports, type ExpiryJob, type StorageJob } from '../contracts';
import { images } from '../images';
import { Buckets, type Bucket, type BucketProps, type IBucketHost, type ObjectStoreAccess } from '../core/bucket';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import { ConfigFile } from '../core/config-file';
import { compareText } from '../core/content-hash';
import { defined } from '../core/defined';
import type { ServiceEndpoint } from '../core/endpoint';
import { DuplicateNameError, InvalidPropError } from '../core/errors';
import { PlatformCronJob } from '../core/platform-cron-job';
import { PlatformJob } from '../core/platform-job';
import { SecretRef } from '../core/secret-ref';
import { refuseSharedSecret, type SecretSource } from '../core/secret-source';
import type { ServerProps } from '../core/server-description';
import type { ServerTls } from '../core/server-tls';
import type { IObjectStore } from '../core/stores';
import { accessKeyOf, accessKeySecret } from './access-key';
import { objectStoreAlerts } from './object-store-alerts';
import { objectStoreDashboard } from './object-store-dashboard';
import type { ClaimProps } from '../core/volume';
import type { Workload } from '../core/workload';
import { ExternalObjectStore, type ExternalObjectStoreProps } from './external-object-store';

/** Options of an {@link ObjectStore}. */
export interface ObjectStoreProps extends ComponentProps, ServerProps {
  /** @default 20 GiB of the environment's storage class */
  readonly volume?: ClaimProps;
  /** Name the region is given. @default 'us-east-1' */
  readonly region?: string;
  /** Who makes the credentials of the administrator and of every workload. @default SecretSource.generated() */
  readonly credentials?: SecretSource;
  /** Image of the Job that makes buckets and identities. @default - the worker image of this version */
  readonly jobImage?: string;
}

/** Of one volume, side by side: the server refuses versions or users below the objects, and makes neither. */
const folders = {
  objects: '/var/lib/versitygw/objects',
  versions: '/var/lib/versitygw/versions',
  iam: '/var/lib/versitygw/iam',
} as const;

/**
 * An S3 server over one volume, in the cluster: versitygw. Buckets, identities and their policies are reconciled by a
 * Job. For a laptop, a thesis or a small site; where there is managed object storage, use {@link ObjectStore.fromExternal}.
 * Its volume must support extended attributes. It has no lifecycle API: what expires, expires by a job of ours.
 */
export class ObjectStore extends Component implements IObjectStore, IBucketHost {
  /** An S3 service that is not ours. */
  static fromExternal(scope: Construct, id: string, props: ExternalObjectStoreProps): IObjectStore {
    return new ExternalObjectStore(scope, id, props);
  }

  readonly software = [images.objectStore];
  /** It publishes statistics by StatsD only. */
  readonly scrapeTargets: readonly ScrapeTarget[] = [];
  override readonly alerts = objectStoreAlerts(this.name, this.namespace);
  override readonly dashboards = [objectStoreDashboard(this.name)];
  /** S3 over HTTP, port 7070. */
  readonly s3: ServiceEndpoint;
  /** Administration of users, port 7071. */
  readonly admin: ServiceEndpoint;
  private readonly region: string;
  private readonly source: SecretSource | undefined;
  private readonly jobImage: string | undefined;
  private readonly made = new Buckets(this);
  private readonly identities = new Map<Workload, SecretRef>();
  private readonly job: PlatformJob;
  private readonly expiring: Bucket[] = [];
  private expiry: PlatformCronJob | undefined;

  constructor(scope: Construct, id: string, props: ObjectStoreProps = {}) {
    super(scope, id, props);
    refuseSharedSecret(`${this.node.path}.credentials`, props.credentials, 's3');
    this.region = props.region ?? 'us-east-1';
    this.source = props.credentials;
    const root = this.secret(`${this.name}-root`);
    const { endpoints } = this.statefulSet('server', props, {
      image: images.objectStore,
      user: 10001,
      role: 'object-store',
      args: [
        '--quiet',
        `--region=${this.region}`,
        `--port=:${ports.s3}`,
        `--admin-port=:${ports.s3Admin}`,
        '--health=/health',
        '--iam-dir=/var/lib/versitygw/iam',
        ...encryptionOf(this.tls),
        'posix',
        '--versioning-dir=/var/lib/versitygw/versions',
        '/var/lib/versitygw/objects',
      ],
      envFrom: { ROOT_ACCESS_KEY: root.key('accessKeyId'), ROOT_SECRET_KEY: root.key('secretAccessKey') },
      resources: { cpu: '100m', memory: '128Mi', memoryLimit: '256Mi' },
      ports: {
        s3: { port: ports.s3, scheme: 'http', tls: true },
        admin: { port: ports.s3Admin, scheme: 'http', tls: true },
      },
      probes: { ready: '/health' },
      claims: { data: { ...(props.volume ?? { size: Size.gibibytes(20) }), folders } },
      scratch: { tmp: { path: '/tmp', size: Size.mebibytes(64) } },
    });
    this.s3 = endpoints.s3;
    this.admin = endpoints.admin;
    this.job = this.reconciler(props, root);
    this.jobImage = props.jobImage;
  }

  /** Every bucket that was asked for. */
  get buckets(): readonly Bucket[] {
    return this.made.all;
  }

  /** @throws {InvalidPropError} if the bucket exists with other settings, or is to have what only stores of others do */
  bucket(name: string, props: BucketProps = {}): Bucket {
    for (const only of ['archiveAfter', 'keepVersions'] as const)
      if (props[only] !== undefined)
        throw new InvalidPropError(`bucket ${name}.${only}`, props[only], 'for a store of others: this one cannot');
    const bucket = this.made.bucket(name, props);
    if (bucket.expireAfter !== undefined && !this.expiring.includes(bucket)) {
      this.expiring.push(bucket);
      this.expiry ??= this.expirer();
      this.expiry.use(bucket.grantExpire(this.expiry));
    }
    return bucket;
  }

  /** @throws {DuplicateNameError} if a workload of the same name in another namespace has an identity already */
  admit(workload: Workload): ObjectStoreAccess {
    const secret = this.identities.get(workload) ?? this.identify(workload);
    return this.accessOf(workload, secret);
  }

  private accessOf(workload: Workload, secret: SecretRef): ObjectStoreAccess {
    const { url, authority, tls } = workload.connectTo(this.s3);
    return {
      kind: 'object-store',
      url,
      authority,
      ...defined({ tls }),
      region: this.region,
      forcePathStyle: true,
      accessKey: accessKeyOf(secret),
    };
  }

  /** An identity of the workload's own: its Secret is made here, for the Job, and copied to the workload. */
  private identify(workload: Workload): SecretRef {
    for (const { name } of this.identities.keys()) {
      if (name === workload.name) throw new DuplicateNameError('identity', name, `object store ${this.name}`);
    }
    const secret = this.secret(`${workload.name}-${this.name}-s3`, workload.namespace);
    this.identities.set(workload, secret);
    this.job.mount(this.job.addSecret(`identity-${workload.name}`, secret), identityDirectory(workload));
    return secret;
  }

  private secret(name: string, copiedTo = this.namespace): SecretRef {
    return new SecretRef(this, name, {
      name,
      keys: accessKeySecret,
      copies: copiedTo === this.namespace ? [] : [{ namespace: copiedTo, name }],
      ...defined({ source: this.source }),
    });
  }

  private reconciler(props: ObjectStoreProps, root: SecretRef): PlatformJob {
    const job = new PlatformJob(this, 'job', {
      ...this.common,
      name: `${this.name}-buckets`,
      job: 'storage',
      file: ConfigFile.json('job.json', () => this.jobContent()),
      ...defined({ image: props.jobImage }),
    });
    job.use(this.accessOf(job, root));
    job.trust(job.connectTo(this.admin));
    return job;
  }

  private expirer(): PlatformCronJob {
    return new PlatformCronJob(this, 'expiry', {
      ...this.common,
      name: `${this.name}-expiry`,
      job: 'expiry',
      schedule: '17 * * * *',
      file: ConfigFile.json('job.json', () => this.expiryContent()),
      ...defined({ image: this.jobImage }),
    });
  }

  private expiryContent(): ExpiryJob {
    const buckets = this.expiring.map(({ name, expireAfter }) => ({
      name,
      olderThanSeconds: expireAfter?.toSeconds() ?? Infinity,
    }));
    return { buckets: buckets.sort((a, b) => compareText(a.name, b.name)) };
  }

  private jobContent(): StorageJob {
    return {
      adminEndpoint: this.admin.address,
      buckets: this.buckets
        .map(({ name, versioning, grants }) => ({
          name,
          versioning,
          grants: grants
            .map(({ workload, actions }) => ({ identity: workload.name, actions }))
            .sort((a, b) => compareText(a.identity, b.identity)),
        }))
        .sort((a, b) => compareText(a.name, b.name)),
      identities: Array.from(this.identities.keys(), (workload) => ({
        name: workload.name,
        directory: identityDirectory(workload),
      })).sort((a, b) => compareText(a.name, b.name)),
    };
  }
}

function identityDirectory({ name }: Workload): string {
  return `/run/identities/${name}`;
}

/** Both of its listeners show the same certificate. */
function encryptionOf(tls: ServerTls | undefined): readonly string[] {
  if (tls === undefined) return [];
  const { certFile, keyFile } = tls;
  return [`--cert=${certFile}`, `--key=${keyFile}`, `--admin-cert=${certFile}`, `--admin-cert-key=${keyFile}`];
}
