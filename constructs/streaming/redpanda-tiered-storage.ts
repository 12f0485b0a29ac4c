import { Duration } from 'cdk8s';
import type { Construct } from 'constructs';
import type { TieredStorageSettings } from '../contracts';
import type { AccessKey, BucketAccess, IBucket } from '../core/bucket';
import { defined } from '../core/defined';
import { InvalidPropError } from '../core/errors';
import type { PlatformJob } from '../core/platform-job';
import { SecretRef } from '../core/secret-ref';
import { GeneratedSecret, type SecretSource } from '../core/secret-source';
import type { Workload } from '../core/workload';
import { copyConfigName } from './redpanda-copy-config';
import type { ClusterProperties } from './redpanda-config';

/** Options of {@link RedpandaBrokerProps.tieredStorage}. */
export interface TieredStorageProps {
  /** Where records are, beside volumes. Brokers own what is in it; nobody else may change it, and no lifecycle rule delete any of it. */
  readonly bucket: IBucket;
  /**
   * How long records stay on volumes at least, beside the bucket; for longer while there is room, as Redpanda has it.
   *
   * @default Duration.hours(6) - Redpanda's own is a day, which is all that topics keep by default: volumes would be none the smaller. Whoever
   * was away for a working morning still reads from volumes.
   */
  readonly localRetention?: Duration;
  /**
   * Where the Secret `<broker>-license` comes from, whose `license` brokers read when they start. It cannot be generated.
   *
   * @default - one that the cluster was given by other means, or the trial of a new cluster
   */
  readonly license?: SecretSource;
}

/** Variables of the container that writes the first properties. */
const variables = {
  cloud_storage_access_key: 'CLOUD_STORAGE_ACCESS_KEY',
  cloud_storage_secret_key: 'CLOUD_STORAGE_SECRET_KEY',
} as const;

const keyFolder = '/run/tiered-storage';
/** The port is a number of sixteen bits with a sign. */
const greatestPort = 32767;

/** The bucket of a Redpanda, as its brokers and the Job that reconciles its topics are told of it. */
export class RedpandaTieredStorage {
  /** Cluster properties, without those that are secret. */
  readonly properties: ClusterProperties;
  private readonly accessKey: (AccessKey & { readonly secret: SecretRef }) | undefined;

  /**
   * @param prop path of the props, for errors
   * @throws {InvalidPropError} if brokers could not reach the bucket in the way that its store is reached
   */
  constructor(
    scope: Construct,
    prop: string,
    private readonly workload: Workload,
    { bucket, localRetention = Duration.hours(6), license }: TieredStorageProps,
  ) {
    if (localRetention.toMilliseconds() < 60_000)
      throw new InvalidPropError(`${prop}.localRetention`, localRetention.toHumanString(), 'a minute or more');
    const access = bucket.grantOwn(workload);
    this.properties = tieredStorageProperties(`${prop}.bucket`, access, localRetention);
    this.accessKey = access.accessKey && mountable(`${prop}.bucket`, access.bucket, access.accessKey);
    if (this.accessKey !== undefined) {
      workload.setEnvFrom(variables.cloud_storage_access_key, this.accessKey.accessKeyId, copyConfigName);
      workload.setEnvFrom(variables.cloud_storage_secret_key, this.accessKey.secretAccessKey, copyConfigName);
    }
    if (license !== undefined)
      workload.setEnvFrom(
        'REDPANDA_LICENSE',
        licenseOf(scope, `${prop}.license`, workload.name, license).key('license'),
      );
  }

  /** Variables by the properties that they hold; none for a role. */
  get secretProperties(): Readonly<Record<string, string>> {
    return this.accessKey === undefined ? {} : variables;
  }

  /** Lets the Job change the key of a cluster that is there. */
  mountInto(job: PlatformJob): void {
    if (this.accessKey !== undefined) job.mount(job.addSecret('tiered-storage', this.accessKey.secret), keyFolder);
  }

  /** What the Job does. */
  get settings(): TieredStorageSettings {
    const { name, namespace } = this.workload;
    return {
      ...(this.accessKey !== undefined && { accessKeyDirectory: keyFolder }),
      restart: `kubectl -n ${namespace} rollout restart statefulset/${name}`,
    };
  }
}

/**
 * Cluster properties of tiered storage, without those that are secret.
 *
 * @param prop what the bucket is, for errors
 * @throws {InvalidPropError} for a store at a port, or with a certificate, that brokers have no property for
 * @see https://docs.redpanda.com/25.1/reference/properties/object-storage-properties/
 */
export function tieredStorageProperties(
  prop: string,
  access: BucketAccess,
  localRetention: Duration,
): ClusterProperties {
  return {
    cloud_storage_enabled: true,
    cloud_storage_bucket: access.bucket,
    cloud_storage_region: access.region,
    cloud_storage_url_style: access.forcePathStyle ? 'path' : 'virtual_host',
    // A role's credentials come by the token that the cloud has put into the pod.
    cloud_storage_credentials_source: access.accessKey === undefined ? 'sts' : 'config_file',
    ...(access.url !== undefined && endpointProperties(prop, access.url, access)),
    retention_local_target_ms_default: localRetention.toMilliseconds(),
  };
}

function endpointProperties(prop: string, url: string, { tls }: BucketAccess): ClusterProperties {
  const { hostname, port, protocol } = new URL(url);
  const number = port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port);
  if (number > greatestPort)
    throw new InvalidPropError(`${prop}.port`, number, `a port that Redpanda takes: up to ${greatestPort}`);
  if (tls?.serverName !== undefined)
    throw new InvalidPropError(`${prop}.tls.serverName`, tls.serverName, 'the name of the host');
  if (tls?.certificate !== undefined)
    throw new InvalidPropError(`${prop}.tls.certificate`, tls.certificate, 'absent: brokers show none');
  return {
    cloud_storage_api_endpoint: hostname,
    cloud_storage_api_endpoint_port: number,
    // Said either way: the Job changes no property of a cluster but those that it names.
    cloud_storage_disable_tls: tls === undefined,
    ...defined({ cloud_storage_trust_file: tls?.caFile }),
  };
}

/** @throws {InvalidPropError} if the key is in no Secret */
function mountable(prop: string, bucket: string, accessKey: AccessKey): AccessKey & { readonly secret: SecretRef } {
  const { secret } = accessKey;
  if (secret !== undefined) return { ...accessKey, secret };
  throw new InvalidPropError(prop, bucket, 'in a store whose keys are in Secrets, which a Job has to mount');
}

function licenseOf(scope: Construct, prop: string, broker: string, source: SecretSource): SecretRef {
  if (source instanceof GeneratedSecret)
    throw new InvalidPropError(prop, source.kind, 'of a Secret that is there: nobody can make a licence up');
  return new SecretRef(scope, 'license', {
    name: `${broker}-license`,
    keys: { license: { kind: 'password' } },
    source,
  });
}
