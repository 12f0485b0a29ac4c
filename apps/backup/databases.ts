import { spawn } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { systemClock, type Clock, type Environment } from '@plumbline/worker';
import { BackupError } from './errors';
import type { DatabaseContent, SnapshotOf } from './format';
import { silentReport, type WorkOptions } from './report';
import { chosen } from './restore-buckets';
import { newSnapshotId } from './snapshot-id';
import { dataName, type Vault } from './vault';

/** Options of {@link backUpDatabases}. */
export interface BackUpDatabasesOptions extends Pick<WorkOptions, 'report' | 'signal'> {
  /** With a file `<database>.dump` of each, as `pg_dump --format=custom` writes it. */
  readonly folder: string;
  readonly databases: readonly string[];
  readonly clock?: Clock;
}

/**
 * Stores dumps of databases.
 *
 * @throws {BackupError} if one is not there, or is no dump
 * @throws {ObjectStoreError}
 */
export async function backUpDatabases(vault: Vault, options: BackUpDatabasesOptions): Promise<SnapshotOf<'databases'>> {
  const { clock = systemClock, report = silentReport } = options;
  const startedMs = clock.now();
  const id = newSnapshotId(startedMs);
  const contents: DatabaseContent[] = [];
  for (const name of options.databases) {
    options.signal?.throwIfAborted();
    const file = dumpFile(options.folder, name);
    const bytes = await sizeOfDump(file);
    const data = dataName(id, name);
    const { sha256 } = await vault.writeData('databases', data, createReadStream(file), bytes);
    contents.push({ name, data, sha256, bytes });
    report('backed up', { database: name, bytes });
  }
  const [startedAt, finishedAt] = [startedMs, clock.now()].map((time) => new Date(time).toISOString());
  const made = { format: 1, part: 'databases', id, startedAt, finishedAt, contents } as SnapshotOf<'databases'>;
  await vault.commit(made);
  return made;
}

/** Options of {@link restoreDatabases}. */
export interface RestoreDatabasesOptions extends Pick<WorkOptions, 'report' | 'signal'> {
  /** @default - every database of the backup */
  readonly databases?: readonly string[];
  /** Where dumps are laid. */
  readonly folder: string;
  /** Says where the server is and as whom, by `PG…`, which `pg_restore` reads. @default - dumps are only laid into the folder */
  readonly server?: Environment;
}

/**
 * Lays dumps of a backup into a folder, whole and checked, and has `pg_restore` bring each into the database of its name: in one transaction,
 * in place of the tables that are there, as what the role of the database's name owns. So it may be run again.
 *
 * @throws {BackupError} if a dump was changed, or `pg_restore` refuses, with what it says
 */
export async function restoreDatabases(
  vault: Vault,
  snapshot: SnapshotOf<'databases'>,
  options: RestoreDatabasesOptions,
): Promise<void> {
  const { folder, server, report = silentReport } = options;
  await mkdir(folder, { recursive: true });
  for (const { name, data, sha256, bytes } of chosen(snapshot.contents, options.databases, 'database')) {
    options.signal?.throwIfAborted();
    const file = dumpFile(folder, name);
    const body = vault.readData('databases', { data, sha256, of: `database ${name}` });
    // Under its own name only once it was read to its end and is what it was.
    await pipeline(Readable.from(body), createWriteStream(`${file}.part`, { mode: 0o600 }));
    await rename(`${file}.part`, file);
    if (server !== undefined) await pgRestore(name, file, server);
    report(server === undefined ? 'fetched' : 'restored', { database: name, bytes });
  }
}

function dumpFile(folder: string, database: string): string {
  return join(folder, `${database}.dump`);
}

/** What a dump in the custom format begins with. */
const magic = 'PGDMP';

async function sizeOfDump(file: string): Promise<number> {
  const handle = await open(file).catch((cause: unknown) => {
    throw new BackupError('PLUMBLINE_BACKUP_SOURCE', `there is no dump ${file}: pg_dump did not write it`, { cause });
  });
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(magic.length), 0, magic.length, 0);
    if (buffer.subarray(0, bytesRead).toString() === magic) return (await stat(file)).size;
  } finally {
    await handle.close();
  }
  throw new BackupError(
    'PLUMBLINE_BACKUP_SOURCE',
    `${file} is no dump in PostgreSQL's custom format (pg_dump --format=custom)`,
  );
}

function pgRestore(database: string, file: string, server: Environment): Promise<void> {
  const args = [
    ...[`--dbname=${database}`, `--role=${database}`, '--no-owner', '--no-privileges'],
    ...['--clean', '--if-exists', '--single-transaction', '--exit-on-error', file],
  ];
  return new Promise((resolve, reject) => {
    const failed = (why: string, cause?: unknown): void => {
      const message = `database ${database} was not restored: ${why}. Its dump is ${file}`;
      reject(new BackupError('PLUMBLINE_BACKUP_TARGET', message, { cause }));
    };
    const child = spawn('pg_restore', args, { env: { ...server }, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said = `${said}${chunk.toString()}`.slice(-2_000);
    });
    child.on('error', (cause) =>
      failed('pg_restore is not here (Debian: postgresql-client, of the server’s version or newer)', cause),
    );
    child.on('close', (code) => {
      if (code === 0) resolve();
      else failed(`pg_restore ended with ${code ?? 'a signal'}: ${said.trim()}`);
    });
  });
}
