import { ObjectStoreError } from '../object-store';

const maxKeyBytes = 1024;
const maxSegmentBytes = 255;

/**
 * Keys that a folder can hold and that cannot leave it: segments that are neither empty nor begin with a dot, without control
 * characters and backslashes, at most 255 bytes each and 1024 together.
 *
 * @throws {ObjectStoreError} `PLUMBLINE_OBJECT_BAD_KEY`
 */
export function checkKey(key: string): void {
  const bad = (why: string): never => {
    throw new ObjectStoreError('PLUMBLINE_OBJECT_BAD_KEY', `object key ${JSON.stringify(key.slice(0, 200))} ${why}`);
  };
  if (Buffer.byteLength(key) > maxKeyBytes) bad(`is longer than ${maxKeyBytes} bytes`);
  if (/[\p{Cc}\\]/u.test(key)) bad('has a control character or a backslash');
  for (const segment of key.split('/')) {
    if (segment === '') bad('has an empty segment');
    if (segment.startsWith('.')) bad('has a segment that begins with a dot');
    if (Buffer.byteLength(segment) > maxSegmentBytes) bad(`has a segment longer than ${maxSegmentBytes} bytes`);
  }
}
