import { existsSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { ProgramMissingError } from './errors';
import { dataDirectory } from './guard';
import { freePort } from './ports';
import { PeerProcess, type Peer } from './process';
import { runProgram } from './run';

export interface PostgresPeer extends Peer {
  readonly host: string;
  readonly port: number;
  /** Of the administrator `postgres`. */
  readonly password: string;
}

export interface PostgresOptions {
  /** Arguments besides those that say where it is. @default - none */
  readonly args?: readonly string[];
  /** Arguments of `initdb` besides those. @default - none */
  readonly setUp?: readonly string[];
  /** A server that lets its administrator replicate from loopback, of which it becomes a replica. @default - it is no replica */
  readonly replicaOf?: PostgresPeer;
}

/**
 * Starts PostgreSQL on loopback, with passwords by SCRAM-SHA-256: that of Debian's package `postgresql`, of the highest version there is.
 *
 * @throws {ProgramMissingError} if there is none
 * @throws {PeerFailedError} if it does not start
 */
export async function startPostgres({ args = [], setUp = [], replicaOf }: PostgresOptions = {}): Promise<PostgresPeer> {
  const programs = postgresPrograms();
  const directory = await dataDirectory('postgres');
  const data = join(directory, 'data');
  const password = replicaOf?.password ?? randomBytes(12).toString('hex');
  if (replicaOf === undefined) {
    const passwordFile = join(directory, 'password');
    await writeFile(passwordFile, `${password}\n`);
    const standard = ['--pgdata', data, '--username', 'postgres', '--auth', 'scram-sha-256', '--pwfile', passwordFile];
    const [initdb = '', ...initdbArgs] = asUser([join(programs, 'initdb'), ...standard, ...setUp, '--no-sync']);
    await runProgram(initdb, initdbArgs, { env: { LC_ALL: 'C.UTF-8' } });
  } else {
    const from = [
      '--host',
      replicaOf.host,
      '--port',
      String(replicaOf.port),
      '--username',
      'postgres',
      '--no-password',
    ];
    const whole = ['--pgdata', data, '--checkpoint=fast', '--wal-method=stream', '--write-recovery-conf', '--no-sync'];
    const [copy = '', ...copyArgs] = asUser([join(programs, 'pg_basebackup'), ...from, ...whole]);
    await runProgram(copy, copyArgs, { env: { PGPASSWORD: password } });
  }
  const port = await freePort();
  const host = '127.0.0.1';
  const [command = '', ...all] = asUser([
    join(programs, 'postgres'),
    ...['-D', data, `--listen_addresses=${host}`, `--port=${port}`, `--unix_socket_directories=${directory}`],
    ...args,
  ]);
  const server = await PeerProcess.start({
    name: 'postgres',
    command,
    args: all,
    directory,
    ready: async () => {
      // 0 is for a server that takes connections, whoever may log in.
      const asked = ['--host', host, '--port', String(port), '--username', 'postgres', '--quiet'];
      return runProgram('pg_isready', asked).then(
        () => true,
        () => false,
      );
    },
  });
  return server.with({ host, port, password });
}

const debianFolder = '/usr/lib/postgresql';

/** The folder with `initdb` and `postgres`: `PLUMBLINE_POSTGRES`, or Debian's, which keeps them out of the path. */
function postgresPrograms(): string {
  const { PLUMBLINE_POSTGRES: named } = process.env;
  if (named !== undefined) return named;
  const versions = existsSync(debianFolder) ? readdirSync(debianFolder) : [];
  const folders = [
    ...versions.toSorted((a, b) => Number(b) - Number(a)).map((version) => join(debianFolder, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  const found = folders.find((folder) => ['initdb', 'postgres'].every((each) => existsSync(join(folder, each))));
  if (found === undefined) throw new ProgramMissingError('postgres', 'postgresql');
  return found;
}

/** PostgreSQL refuses to run as root: then it is somebody else in its own eyes, in a user namespace. */
function asUser(command: readonly string[]): readonly string[] {
  if (process.getuid?.() !== 0) return command;
  return ['unshare', '--user', '--map-user=65534', '--map-group=65534', '--', ...command];
}

/** Major version of the programs that {@link startPostgres} starts. */
export async function postgresVersion(): Promise<number> {
  const { stdout } = await runProgram(join(postgresPrograms(), 'postgres'), ['--version']);
  return Number(/\d+/.exec(stdout)?.[0]);
}
