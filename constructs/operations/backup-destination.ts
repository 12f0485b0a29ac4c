import { environmentKeys } from '../contracts';
import type { Component } from '../core/component';
import { defined } from '../core/defined';
import type { Endpoint } from '../core/endpoint';
import { InvalidPropError } from '../core/errors';
import { SecretRef } from '../core/secret-ref';
import { SecretSource } from '../core/secret-source';
import type { ServerTls } from '../core/server-tls';
import type { Workload } from '../core/workload';
import { accessKeySecret } from '../storage/access-key';
import { s3Endpoint, type S3Address } from '../storage/s3-endpoint';

/** Where backups are kept: another S3 than the one that is backed up, best in another place, with credentials of its own. */
export interface BackupDestination extends S3Address {
  /** It is there; with object lock or versions, nobody who takes the credentials can destroy what is in it. */
  readonly bucket: string;
  /** Path in the bucket, of this platform alone. @default 'plumbline' */
  readonly prefix?: string;
  /** @default - whether an endpoint is given */
  readonly forcePathStyle?: boolean;
  /**
   * Where its credentials come from: a Secret `<name>-destination` with `accessKeyId` and `secretAccessKey`. They read, list, write and delete
   * below the prefix. Keep them elsewhere, too: they are needed when the cluster is gone.
   *
   * @default SecretSource.existing()
   */
  readonly credentials?: SecretSource;
}

/**
 * The endpoint of a destination.
 *
 * @param tls of the platform, if it encrypts: then copies do not go in plain text either
 * @throws {InvalidPropError} if it is no URL that will do, or asks for a certificate
 */
export function destinationEndpoint(prop: string, to: BackupDestination, tls?: ServerTls): Endpoint {
  if (tls !== undefined && /^http:/i.test(to.endpoint ?? ''))
    throw new InvalidPropError(`${prop}.endpoint`, to.endpoint, 'an https URL, as the platform encrypts');
  const { clientCertificate } = to.tls ?? {};
  if (clientCertificate !== undefined)
    throw new InvalidPropError(`${prop}.tls`, clientCertificate, 'one without a client certificate');
  return s3Endpoint(`${prop}.endpoint`, to);
}

/** Credentials of a destination, in the namespace of the Jobs: one Secret for all of them. */
export function destinationSecret(scope: Component, { credentials }: BackupDestination): SecretRef {
  return new SecretRef(scope, 'destination', {
    name: `${scope.name}-destination`,
    namespace: scope.namespace,
    keys: accessKeySecret,
    source: credentials ?? SecretSource.existing(),
  });
}

/** Tells a Job where backups are kept. */
export function useDestination(job: Workload, to: BackupDestination, endpoint: Endpoint, secret: SecretRef): void {
  const { url, tls } = job.connectTo(endpoint);
  const { bucket, region, prefix, forcePathStyle = to.endpoint !== undefined } = to;
  const settings = defined({
    [environmentKeys.backupBucket]: bucket,
    [environmentKeys.backupRegion]: region,
    [environmentKeys.backupForcePathStyle]: String(forcePathStyle),
    [environmentKeys.backupEndpoint]: to.endpoint && url,
    [environmentKeys.backupPrefix]: prefix,
    [environmentKeys.backupCaFile]: tls?.caFile,
  });
  for (const [key, value] of Object.entries(settings)) job.setEnv(key, value);
  job.setEnvFrom(environmentKeys.backupAccessKeyId, secret.key('accessKeyId'));
  job.setEnvFrom(environmentKeys.backupSecretAccessKey, secret.key('secretAccessKey'));
}
