import { ObjectStoreError, type ObjectStoreErrorCode } from '../object-store';
import { errnoOf } from '../system-errors';
import { tlsFault } from '../tls-faults';

/** HTTP status of an answer that the SDK made an error of; `undefined` when there was none. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}

/** S3's code of an error, such as `NoSuchKey`. */
export function nameOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'name' in error ? String(error.name) : '';
}

/** Whether a condition of a put did not hold, or another conditional write of the same key is going on. */
export function isConditionFailed(error: unknown): boolean {
  return statusOf(error) === 412 || nameOf(error) === 'ConditionalRequestConflict';
}

/** Whether there is no such object; a missing bucket is something else. */
export function isNoSuchKey(error: unknown): boolean {
  return statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket';
}

/**
 * Gives an error of the SDK a stable code, and says it plainly where the store's certificate or our key does not hold.
 *
 * @param store URL of it, for the message
 */
export function toStoreError(error: unknown, what: string, store = 'the object store'): ObjectStoreError {
  if (error instanceof ObjectStoreError) return error;
  const code = codeOf(error);
  const fault = faultOf(error, code, store);
  if (fault !== undefined) return new ObjectStoreError(code, `${what}: ${fault}`, { cause: error, fault });
  const message = error instanceof Error ? error.message : String(error);
  return new ObjectStoreError(code, `${what}: ${nameOf(error)} ${message}`.trim(), { cause: error });
}

function faultOf(error: unknown, code: ObjectStoreErrorCode, store: string): string | undefined {
  if (code === 'PLUMBLINE_OBJECT_UNAUTHENTICATED')
    return `${store} refuses our access key: there is none, or its secret is another (${nameOf(error)})`;
  const ofTls = tlsFault(errnoOf(error));
  return ofTls === undefined ? undefined : `${store}: ${ofTls}`;
}

/** Of a key that is not there, or whose secret is another: nothing is said of what it may do. */
const unauthenticated = new Set(['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'ExpiredToken', 'InvalidToken']);

function codeOf(error: unknown): ObjectStoreErrorCode {
  const status = statusOf(error);
  if (nameOf(error) === 'NoSuchBucket') return 'PLUMBLINE_OBJECT_NO_BUCKET';
  // Without an answer the server was not reached; what it answers with 408, 429 and 5xx is over sooner or later.
  if (status === undefined || status === 408 || status === 429 || status >= 500) return 'PLUMBLINE_OBJECT_UNAVAILABLE';
  if (unauthenticated.has(nameOf(error))) return 'PLUMBLINE_OBJECT_UNAUTHENTICATED';
  if (status === 401 || status === 403) return 'PLUMBLINE_OBJECT_DENIED';
  return 'PLUMBLINE_OBJECT_REFUSED';
}
