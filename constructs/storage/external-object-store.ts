import { Construct } from 'constructs';
import { environmentKeys } from '../contracts';
import { Bucket, type BucketProps, type IBucketHost, type ObjectStoreAccess } from '../core/bucket';
import { Endpoint } from '../core/endpoint';
import { InvalidPropError } from '../core/errors';
import { SecretRef } from '../core/secret-ref';
import { SecretSource } from '../core/secret-source';
import type { IObjectStore } from '../core/stores';
import type { Workload } from '../core/workload';

/** Options of {@link ObjectStore.fromExternal}. */
export interface ExternalObjectStoreProps {
  /** URL of the S3 endpoint. @default - AWS's own of the region */
  readonly endpoint?: string;
  readonly region: string;
  /** @default - whether an endpoint is given */
  readonly forcePathStyle?: boolean;
  /** Address ranges of the endpoint. @default - any address */
  readonly ranges?: readonly string[];
  /**
   * Role of each workload, by its name: an ARN that is put on the workload's ServiceAccount, and no access key is used.
   *
   * @default - every workload has an access key
   */
  readonly roles?: Readonly<Record<string, string>>;
  /**
   * Where access keys come from: a Secret `<workload>-s3` with `accessKeyId` and `secretAccessKey` in each namespace.
   *
   * @default SecretSource.existing()
   */
  readonly credentials?: SecretSource;
}

/** An S3 service that is not ours: buckets and policies are made there, grants are recorded and connected. */
export class ExternalObjectStore extends Construct implements IObjectStore, IBucketHost {
  private readonly endpoint: Endpoint;
  private readonly byName = new Map<string, Bucket>();
  private readonly admitted = new Set<Workload>();

  /** @throws {InvalidPropError} if the endpoint is no http or https URL */
  constructor(
    scope: Construct,
    id: string,
    private readonly props: ExternalObjectStoreProps,
  ) {
    super(scope, id);
    const url = parseUrl(props.endpoint ?? `https://s3.${props.region}.amazonaws.com`);
    const scheme = url.protocol.slice(0, -1);
    const port = url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port);
    this.endpoint = Endpoint.external(url.hostname, port, {
      scheme,
      ...(props.ranges !== undefined && { ranges: props.ranges }),
    });
  }

  /** Every bucket that was asked for. */
  get buckets(): readonly Bucket[] {
    return Array.from(this.byName.values());
  }

  bucket(name: string, props: BucketProps = {}): Bucket {
    const bucket = this.byName.get(name) ?? new Bucket(name, props, this);
    this.byName.set(name, bucket);
    return bucket;
  }

  admit(workload: Workload): ObjectStoreAccess {
    const { endpoint, props } = this;
    const address = workload.connectTo(endpoint);
    if (!this.admitted.has(workload)) {
      this.admitted.add(workload);
      this.identify(workload);
    }
    return {
      ...(props.endpoint !== undefined && { url: address }),
      authority: endpoint.authority,
      insecure: endpoint.scheme === 'http',
      region: props.region,
      forcePathStyle: props.forcePathStyle ?? props.endpoint !== undefined,
    };
  }

  private identify(workload: Workload): void {
    const role = this.props.roles?.[workload.name];
    if (role !== undefined) {
      workload.annotateAccount('eks.amazonaws.com/role-arn', role);
      return;
    }
    const secret = new SecretRef(this, `${workload.namespace}-${workload.name}`, {
      name: `${workload.name}-s3`,
      namespace: workload.namespace,
      keys: { accessKeyId: { kind: 'accessKeyId' }, secretAccessKey: { kind: 'password' } },
      source: this.props.credentials ?? SecretSource.existing(),
    });
    workload.setEnvFrom(environmentKeys.s3AccessKeyId, secret.key('accessKeyId'));
    workload.setEnvFrom(environmentKeys.s3SecretAccessKey, secret.key('secretAccessKey'));
  }
}

function parseUrl(endpoint: string): URL {
  try {
    const url = new URL(endpoint);
    if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  } catch {
    // Reported below, like any other URL that cannot be used.
  }
  throw new InvalidPropError('ExternalObjectStore.endpoint', endpoint, 'an http or https URL');
}
