import { mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { errnoOf } from '../system-errors';
import { StreamError } from '../stream-error';

/** Folders open in this process; a process id in a file cannot tell two users within one process. */
const openHere = new Set<string>();

/**
 * Takes a folder for this process, by a file with its process id. The file of a process that is gone is taken over.
 *
 * @returns releases the folder
 * @throws {StreamError} `PLUMBLINE_STREAM_LOCKED`
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const folder = resolve(directory);
  const path = join(folder, 'lock');
  if (openHere.has(folder)) throw locked(folder, process.pid);
  openHere.add(folder);
  try {
    await mkdir(folder, { recursive: true });
    await writeLock(path, folder);
  } catch (error) {
    openHere.delete(folder);
    throw error;
  }
  return async () => {
    await unlink(path).catch(() => undefined);
    openHere.delete(folder);
  };
}

async function writeLock(path: string, folder: string): Promise<void> {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
      const owner = Number(await readFile(path, 'utf8').catch(() => ''));
      // In a container every process has the same id as the one that was killed before it.
      if (owner !== process.pid && isAlive(owner)) throw locked(folder, owner);
      await unlink(path).catch(() => undefined);
    }
  }
  throw locked(folder, undefined);
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

function locked(folder: string, owner: number | undefined): StreamError {
  const by = owner === undefined ? 'another process' : `process ${owner}`;
  return new StreamError('PLUMBLINE_STREAM_LOCKED', `${folder} is in use by ${by}`);
}
