import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../system-errors';

interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
}

/**
 * Keys of the files below a folder that begin with `prefix` and come after `startAfter`, in the byte order of their UTF-8, as
 * S3 lists them. Folders that can hold none of them are not opened.
 */
export async function* keysBelow(
  root: string,
  prefix: string,
  startAfter: string,
  exclude: string,
): AsyncIterable<string> {
  yield* walk('');

  async function* walk(base: string): AsyncIterable<string> {
    for (const { name, isFolder } of await entriesOf(join(root, base))) {
      if (base === '' && name === exclude) continue;
      const key = `${base}${name}`;
      if (isFolder) {
        const below = `${key}/`;
        const mayMatch = below.startsWith(prefix) || prefix.startsWith(below);
        const mayFollow = startAfter.startsWith(below) || compareBytes(below, startAfter) > 0;
        if (mayMatch && mayFollow) yield* walk(below);
      } else if (key.startsWith(prefix) && compareBytes(key, startAfter) > 0) {
        yield key;
      }
    }
  }
}

/** Compares as S3 does: by the bytes of the UTF-8. */
export function compareBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

async function entriesOf(folder: string): Promise<Entry[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    // The folder may go while it is listed.
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  });
  return entries
    .filter((entry) => entry.isFile() || entry.isDirectory())
    .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }))
    .sort((left, right) => compareBytes(orderName(left), orderName(right)));
}

/** A folder's keys sort as if its name ended with a slash. */
function orderName({ name, isFolder }: Entry): string {
  return isFolder ? `${name}/` : name;
}
