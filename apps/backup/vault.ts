import { createHash } from 'node:crypto';
import { gunzip, gzip } from 'node:zlib';
import { promisify } from 'node:util';
import { BackupError } from './errors';
import { snapshot, type Part, type Snapshot, type SnapshotOf } from './format';
import type { Report } from './report';
import type { S3Bucket } from './s3-bucket';
import { snapshotIdPattern, startOf } from './snapshot-id';
import type { Uploaded } from './upload';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** A snapshot that is there, by what its name tells. */
export interface SnapshotName {
  readonly id: string;
  readonly startedMs: number;
  /** Whether it was brought to its end, so that it can be restored. */
  readonly complete: boolean;
}

/**
 * Where backups are: below a prefix of a bucket `<part>/snapshots/<id>/` with `snapshot.json`, which is written last, and `<part>/data/` with
 * bytes that snapshots share. Nothing is ever written over.
 */
export class Vault {
  constructor(
    readonly bucket: S3Bucket,
    private readonly prefix: string,
  ) {}

  /** Where it is, for people. */
  get place(): string {
    return `${this.bucket.name}/${this.prefix}`;
  }

  /** The newest first. */
  async snapshots(part: Part): Promise<readonly SnapshotName[]> {
    const root = this.key(part, 'snapshots/');
    const found = new Map<string, boolean>();
    for await (const { key } of this.bucket.list(root)) {
      const [id = '', file] = key.slice(root.length).split('/');
      if (snapshotIdPattern.test(id)) found.set(id, found.get(id) === true || file === 'snapshot.json');
    }
    return Array.from(found, ([id, complete]) => ({ id, complete, startedMs: startOf(id) })).sort((a, b) =>
      a.id < b.id ? 1 : -1,
    );
  }

  /** The newest one that is complete, or the one that is named. @throws {BackupError} if there is none, or it was changed */
  async read<P extends Part>(part: P, id?: string): Promise<SnapshotOf<P>> {
    const found = id ?? (await this.snapshots(part)).find(({ complete }) => complete)?.id;
    const present = found === undefined ? undefined : await this.find(part, found);
    if (present !== undefined) return present;
    const which = id === undefined ? `no complete backup of ${part}` : `no complete backup ${id} of ${part}`;
    throw new BackupError('PLUMBLINE_BACKUP_NONE', `there is ${which} in ${this.place}; see plumbline backup list`);
  }

  /** `undefined` if it is not there, or was not brought to its end. */
  async find<P extends Part>(part: P, id: string): Promise<SnapshotOf<P> | undefined> {
    const key = this.snapshotKey(part, id, 'snapshot.json');
    const bytes = await this.bucket.get(key);
    if (bytes === undefined) return undefined;
    return readSnapshot(key, part, bytes);
  }

  /** The newest one that can be read, for the next backup to go on from; what cannot be read is told of, and helps nobody. */
  async newest<P extends Part>(part: P, report: Report): Promise<SnapshotOf<P> | undefined> {
    for (const { id } of (await this.snapshots(part)).filter(({ complete }) => complete)) {
      try {
        return await this.find(part, id);
      } catch (error) {
        if (!(error instanceof BackupError)) throw error;
        report('not used', { backup: id, why: error.message });
      }
    }
    return undefined;
  }

  /** Makes a snapshot count. */
  async commit(made: Snapshot): Promise<void> {
    const text = JSON.stringify(made);
    const document = Buffer.from(`{"sha256":"${sha256Of(text)}","snapshot":${text}}\n`);
    await this.bucket.put(this.snapshotKey(made.part, made.id, 'snapshot.json'), document, {
      contentType: 'application/json',
    });
  }

  /** Lines of JSON, compressed, that belong to one snapshot. */
  async writeLines(
    part: Part,
    id: string,
    file: string,
    lines: readonly string[],
  ): Promise<{ sha256: string; bytes: number }> {
    const bytes = await compress(lines.join(''));
    const { sha256 } = await this.bucket.put(this.snapshotKey(part, id, file), bytes, {
      contentType: 'application/gzip',
    });
    return { sha256, bytes: bytes.length };
  }

  /** @param expected of {@link writeLines}; absent for what no snapshot vouches for yet. @throws {BackupError} */
  async readLines(
    part: Part,
    id: string,
    file: string,
    expected?: { readonly sha256: string },
  ): Promise<readonly string[]> {
    const key = this.snapshotKey(part, id, file);
    const bytes = await this.bucket.get(key);
    if (bytes === undefined) throw missing(key);
    if (expected !== undefined && sha256Of(bytes) !== expected.sha256) throw corrupt(key);
    return unpack(key, bytes);
  }

  /** Files of a snapshot, without what makes it count. */
  async files(part: Part, id: string): Promise<readonly string[]> {
    const root = this.snapshotKey(part, id, '');
    const found: string[] = [];
    for await (const { key } of this.bucket.list(root)) found.push(key.slice(root.length));
    return found.filter((file) => file !== 'snapshot.json');
  }

  writeData(part: Part, name: string, body: AsyncIterable<Uint8Array>, size: number): Promise<Uploaded> {
    return this.bucket.write(this.dataKey(part, name), body, size);
  }

  /**
   * Stored bytes. What was changed is found when the last of them was read.
   *
   * @throws {BackupError} that names what they are of
   */
  async *readData(
    part: Part,
    stored: { readonly data: string; readonly sha256: string; readonly of: string },
  ): AsyncIterable<Uint8Array> {
    const key = this.dataKey(part, stored.data);
    const object = await this.bucket.open(key);
    if (object === undefined) throw missing(key, stored.of);
    const hash = createHash('sha256');
    for await (const chunk of object.body) {
      hash.update(chunk);
      yield chunk;
    }
    if (hash.digest('hex') !== stored.sha256) throw corrupt(key, stored.of);
  }

  /** {@link readData} of lines of JSON, compressed. */
  async readDataLines(
    part: Part,
    stored: { readonly data: string; readonly sha256: string; readonly of: string },
  ): Promise<readonly string[]> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.readData(part, stored)) chunks.push(chunk);
    return unpack(this.dataKey(part, stored.data), Buffer.concat(chunks));
  }

  dataKey(part: Part, name: string): string {
    return this.key(part, `data/${name.slice(0, 2)}/${name}`);
  }

  snapshotKey(part: Part, id: string, file: string): string {
    return this.key(part, `snapshots/${id}/${file}`);
  }

  key(part: Part, below: string): string {
    return `${this.prefix}${this.prefix === '' ? '' : '/'}${part}/${below}`;
  }
}

/** Name of stored bytes, made of what tells them from all others. */
export function dataName(...identity: readonly (string | number)[]): string {
  return sha256Of(JSON.stringify(identity)).slice(0, 40);
}

export function sha256Of(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function readSnapshot<P extends Part>(key: string, part: P, bytes: Buffer): SnapshotOf<P> {
  try {
    const document = JSON.parse(bytes.toString()) as { readonly sha256?: unknown; readonly snapshot?: unknown };
    if (sha256Of(JSON.stringify(document.snapshot)) === document.sha256) {
      const read = snapshot.parse(document.snapshot);
      // What is in the folder of a part is of that part.
      if (read.part === part) return read as SnapshotOf<P>;
    }
  } catch (cause) {
    throw corrupt(key, undefined, cause);
  }
  throw corrupt(key);
}

async function unpack(key: string, bytes: Uint8Array): Promise<readonly string[]> {
  try {
    return (await decompress(bytes)).toString().split('\n').slice(0, -1);
  } catch (cause) {
    throw corrupt(key, undefined, cause);
  }
}

function missing(key: string, of?: string): BackupError {
  const what = of === undefined ? '' : ` (${of})`;
  return new BackupError(
    'PLUMBLINE_BACKUP_CORRUPT',
    `${key}${what} is missing from the backup; restore an older one by --snapshot`,
  );
}

function corrupt(key: string, of?: string, cause?: unknown): BackupError {
  const what = of === undefined ? '' : ` (${of})`;
  const message = `${key}${what} is not what was written; restore an older backup by --snapshot`;
  return new BackupError('PLUMBLINE_BACKUP_CORRUPT', message, { cause });
}
