import type { BucketAccess } from '../core/bucket';
import type { IEnvSource } from '../core/env-source';

/* How Grafana's stores are told of a bucket: by Thanos' client, in files whose `${…}` are variables. */

/** What the client calls the parts of TLS. */
export const s3TlsNames = {
  caFile: 'tls_ca_path',
  serverName: 'tls_server_name',
  certFile: 'tls_cert_path',
  keyFile: 'tls_key_path',
} as const;

/** Variables that the file names. */
const variables = { accessKeyId: 'AWS_ACCESS_KEY_ID', secretAccessKey: 'AWS_SECRET_ACCESS_KEY' } as const;

/** Variables with the credentials; none for a role. */
export function credentialVariables({ accessKey }: BucketAccess): Readonly<Record<string, IEnvSource>> {
  if (accessKey === undefined) return {};
  return { [variables.accessKeyId]: accessKey.accessKeyId, [variables.secretAccessKey]: accessKey.secretAccessKey };
}

/**
 * What the file says of the credentials, by the names that the product has for both. Without them its client finds a role's.
 *
 * @param id name of the field for the id
 * @param secret name of the field for the secret
 */
export function expandedCredentials(
  { accessKey }: BucketAccess,
  id: string,
  secret: string,
): Readonly<Record<string, string>> {
  if (accessKey === undefined) return {};
  return { [id]: `\${${variables.accessKeyId}}`, [secret]: `\${${variables.secretAccessKey}}` };
}
