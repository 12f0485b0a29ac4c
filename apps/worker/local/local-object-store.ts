import { createHash, randomUUID } from 'node:crypto';
import { constants, type BigIntStats } from 'node:fs';
import { access, link, mkdir, open, readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { errnoOf } from '../system-errors';
import {
  defaultMaxObjectBytes,
  ObjectStoreError,
  type ObjectInfo,
  type ObjectStore,
  type PutOptions,
} from '../object-store';
import { SerialQueue } from '../serial';
import { checkKey } from './keys';
import { keysBelow } from './walk';

/** Where the store keeps what is not an object; no key can reach it. */
export const privateFolder = '.plumbline';

const metadataSchema = z.record(z.string(), z.string());

/** Writers of the same file in this process, whichever store object they use. */
const writers = new Map<string, { readonly queue: SerialQueue; users: number }>();

/**
 * A bucket as a folder: each object is the file its key names, so other programs read them in place. Metadata lies beside in
 * `.plumbline`. A put with `ifAbsent` is exclusive between processes, one with `ifMatch` between users in this process.
 */
export class LocalObjectStore implements ObjectStore {
  private constructor(
    readonly bucket: string,
    private readonly root: string,
    private readonly maxObjectBytes: number,
  ) {}

  /**
   * Opens `<directory>/<bucket>`, made when absent.
   *
   * @throws {ObjectStoreError} `PLUMBLINE_OBJECT_DENIED` when the folder cannot be written
   */
  static async open(
    directory: string,
    bucket: string,
    maxObjectBytes: number = defaultMaxObjectBytes,
  ): Promise<LocalObjectStore> {
    checkKey(bucket);
    const root = join(directory, bucket);
    try {
      await mkdir(join(root, privateFolder, 'unfinished'), { recursive: true });
      await removeAbandoned(join(root, privateFolder, 'unfinished'));
      await access(root, constants.W_OK);
    } catch (cause) {
      throw new ObjectStoreError('PLUMBLINE_OBJECT_DENIED', `cannot write to ${root}: ${String(cause)}`, { cause });
    }
    return new LocalObjectStore(bucket, root, maxObjectBytes);
  }

  async put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<boolean> {
    const path = this.path(key);
    const unfinished = join(this.root, privateFolder, 'unfinished', randomUUID());
    try {
      await mkdir(dirname(path), { recursive: true });
      const etag = await writeSynced(unfinished, body);
      return await exclusively(path, async () => {
        const present = await this.statOf(path);
        const { condition } = options;
        if (condition !== undefined && 'ifMatch' in condition && condition.ifMatch !== present) return false;
        await this.writeMetadata(key, etag, options.metadata ?? {});
        if (condition !== undefined && 'ifAbsent' in condition) {
          if (!(await linked(unfinished, path))) return false;
        } else {
          await rename(unfinished, path);
        }
        await this.removeOtherMetadata(key, etag);
        return true;
      });
    } catch (cause) {
      throw asStoreError(cause, `put ${key} in ${this.bucket}`);
    } finally {
      await rm(unfinished, { force: true });
    }
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const path = this.path(key);
    try {
      const { size } = await stat(path);
      if (size > this.maxObjectBytes) throw this.tooLarge(key, size);
      return await readFile(path);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw asStoreError(error, `get ${key} from ${this.bucket}`);
    }
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    const path = this.path(key);
    try {
      const status = await stat(path, { bigint: true });
      if (!status.isFile()) return undefined;
      const etag = etagOf(status);
      return { key, size: Number(status.size), etag, metadata: await this.readMetadata(key, etag) };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw asStoreError(error, `head ${key} in ${this.bucket}`);
    }
  }

  async *list(prefix: string, startAfter = ''): AsyncIterable<string> {
    yield* keysBelow(this.root, prefix, startAfter, privateFolder);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private path(key: string): string {
    checkKey(key);
    return join(this.root, key);
  }

  private async statOf(path: string): Promise<string | undefined> {
    try {
      return etagOf(await stat(path, { bigint: true }));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** One folder a key, one file a version of it: so a body is never seen with the metadata of another. */
  private metadataFolder(key: string): string {
    const name = createHash('sha256').update(key).digest('hex');
    return join(this.root, privateFolder, 'metadata', name.slice(0, 2), name);
  }

  private async writeMetadata(key: string, etag: string, metadata: Readonly<Record<string, string>>): Promise<void> {
    if (Object.keys(metadata).length === 0) return;
    const folder = this.metadataFolder(key);
    await mkdir(folder, { recursive: true });
    await writeSynced(join(folder, `${etag}.json`), Buffer.from(JSON.stringify(metadata)));
  }

  private async readMetadata(key: string, etag: string): Promise<Readonly<Record<string, string>>> {
    try {
      const text = await readFile(join(this.metadataFolder(key), `${etag}.json`), 'utf8');
      return metadataSchema.parse(JSON.parse(text));
    } catch (error) {
      if (isMissing(error)) return {};
      throw error;
    }
  }

  private async removeOtherMetadata(key: string, etag: string): Promise<void> {
    const folder = this.metadataFolder(key);
    const names = await readdir(folder).catch(() => []);
    for (const name of names) if (name !== `${etag}.json`) await unlink(join(folder, name));
  }

  private tooLarge(key: string, size: number): ObjectStoreError {
    const message = `object ${key} in ${this.bucket} has ${size} bytes, at most ${this.maxObjectBytes} are read`;
    return new ObjectStoreError('PLUMBLINE_OBJECT_TOO_LARGE', message);
  }
}

/** Removes what killed processes had not finished; a put that lasts an hour has no process any more. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const status = await stat(path).catch(() => undefined);
    if (status !== undefined && status.mtimeMs < Date.now() - 3_600_000) await rm(path, { force: true });
  }
}

/** Identifies a version of a file: a new version is always a new file. */
function etagOf({ ino, mtimeNs, size }: BigIntStats): string {
  return [ino, mtimeNs, size].map((part) => part.toString(36)).join('-');
}

/** @returns the etag of what was written */
async function writeSynced(path: string, body: Uint8Array): Promise<string> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(body);
    await file.datasync();
    return etagOf(await file.stat({ bigint: true }));
  } finally {
    await file.close();
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function exclusively<T>(path: string, task: () => Promise<T>): Promise<T> {
  const writer = writers.get(path) ?? { queue: new SerialQueue(), users: 0 };
  writers.set(path, writer);
  writer.users += 1;
  try {
    return await writer.queue.run(task);
  } finally {
    writer.users -= 1;
    if (writer.users === 0) writers.delete(path);
  }
}

/** A key below another key's file is as absent as any: `a/b` when `a` is an object. */
function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(errnoOf(error) ?? '');
}

function asStoreError(error: unknown, what: string): ObjectStoreError {
  if (error instanceof ObjectStoreError) return error;
  const errno = errnoOf(error) ?? '';
  if (['EEXIST', 'ENOTDIR', 'EISDIR', 'ENOTEMPTY'].includes(errno)) {
    const message = `${what}: another object's key is a part of this one, which a folder cannot hold`;
    return new ObjectStoreError('PLUMBLINE_OBJECT_BAD_KEY', message, { cause: error });
  }
  const denied = ['EACCES', 'EROFS', 'EPERM'].includes(errno);
  const code = denied ? 'PLUMBLINE_OBJECT_DENIED' : 'PLUMBLINE_OBJECT_UNAVAILABLE';
  return new ObjectStoreError(code, `${what}: ${String(error)}`, { cause: error });
}
