import { readFileSync } from 'node:fs';
import { environmentKeys } from '@plumbline/contracts';
import { ConfigError, flag, parseEnvironment, type Environment, type S3Connection } from '@plumbline/worker';
import { z } from 'zod';
import { S3Bucket } from './s3-bucket';
import { Vault } from './vault';

/** Where backups are kept. */
const vaultSettings = z.object({
  [environmentKeys.backupBucket]: z.string(),
  [environmentKeys.backupPrefix]: z
    .string()
    .regex(/^[\w.-]+(\/[\w.-]+)*$/, 'must be a path without slashes around it')
    .default('plumbline'),
  [environmentKeys.backupEndpoint]: z.url({ protocol: /^https?$/ }).optional(),
  [environmentKeys.backupRegion]: z.string().default('us-east-1'),
  [environmentKeys.backupForcePathStyle]: flag.default(false),
  [environmentKeys.backupAccessKeyId]: z.string().optional(),
  [environmentKeys.backupSecretAccessKey]: z.string().optional(),
  [environmentKeys.backupCaFile]: z.string().optional(),
});

/**
 * Opens what `BACKUP_*` of the environment name.
 *
 * @throws {ConfigError} for half a credential, or a file that cannot be read
 */
export function openVault(environment: Environment): Vault {
  const settings = parseEnvironment(vaultSettings, environment);
  const { BACKUP_S3_ACCESS_KEY_ID: accessKeyId, BACKUP_S3_SECRET_ACCESS_KEY: secretAccessKey } = settings;
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined))
    throw new ConfigError(['BACKUP_S3_ACCESS_KEY_ID and BACKUP_S3_SECRET_ACCESS_KEY must be set both or neither']);
  const { BACKUP_S3_ENDPOINT: endpoint, BACKUP_S3_CA_FILE: caFile } = settings;
  const connection: S3Connection = {
    region: settings.BACKUP_S3_REGION,
    forcePathStyle: settings.BACKUP_S3_FORCE_PATH_STYLE,
    ...(endpoint !== undefined && { endpoint }),
    ...(caFile !== undefined && { certificateAuthority: readAuthority(caFile) }),
    ...(accessKeyId !== undefined &&
      secretAccessKey !== undefined && { credentials: { accessKeyId, secretAccessKey } }),
  };
  return new Vault(new S3Bucket(settings.BACKUP_BUCKET, connection), settings.BACKUP_PREFIX);
}

function readAuthority(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigError([`${environmentKeys.backupCaFile}=${JSON.stringify(path)}: ${String(cause)}`]);
  }
}
