import type { AccessKey } from '../core/bucket';
import type { SecretRef } from '../core/secret-ref';

/** What a Secret of an identity holds. */
export const accessKeySecret = { accessKeyId: { kind: 'accessKeyId' }, secretAccessKey: { kind: 'password' } } as const;

export function accessKeyOf(secret: SecretRef): AccessKey {
  return { accessKeyId: secret.key('accessKeyId'), secretAccessKey: secret.key('secretAccessKey'), secret };
}
