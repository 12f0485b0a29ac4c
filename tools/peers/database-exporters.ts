import { dataDirectory } from './guard';
import { program } from './installed';
import { freePort } from './ports';
import { PeerProcess, type Peer } from './process';
import { answers } from './readiness';
import { runProgram } from './run';

/** What asks a database, and answers with metrics of it. */
export interface DatabaseExporterPeer extends Peer {
  readonly host: string;
  readonly port: number;
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
}

/** How an exporter is started: as its container would be. */
export interface DatabaseExporterOptions {
  readonly kind: 'postgres_exporter' | 'redis_exporter' | 'mongodb_exporter';
  /** Flags, without the address that it listens on. @default - none */
  readonly args?: readonly string[];
  /** @default - none */
  readonly env?: Readonly<Record<string, string>>;
  /** Path that answers with 200 once it listens. */
  readonly ready: string;
}

/**
 * Starts an exporter of a database on loopback.
 *
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {PeerFailedError} if it refuses a flag
 */
export async function startDatabaseExporter(options: DatabaseExporterOptions): Promise<DatabaseExporterPeer> {
  const { kind, args = [], env = {}, ready } = options;
  const command = program(kind);
  const [host, port] = ['127.0.0.1', await freePort()];
  const url = `http://${host}:${port}`;
  const server = await PeerProcess.start({
    name: kind,
    command,
    args: [...args, `--web.listen-address=${host}:${port}`],
    env,
    directory: await dataDirectory(kind),
    ready: answers(`${url}${ready}`, 200),
  });
  return server.with({ host, port, url });
}

export interface RedisPeer extends Peer {
  readonly host: string;
  readonly port: number;
  readonly password: string;
  /** Runs a command by `redis-cli`. @returns what it prints */
  ask(...command: readonly string[]): Promise<string>;
}

/**
 * Starts Redis on loopback, with a password.
 *
 * @param settings arguments besides where it is, such as `['--maxmemory', '4mb']`
 * @throws {ToolMissingError} before `npm run tools`
 */
export async function startRedis(settings: readonly string[] = []): Promise<RedisPeer> {
  const command = program('redis', 'redis-server');
  const client = program('redis', 'redis-cli');
  const directory = await dataDirectory('redis');
  const [host, port, password] = ['127.0.0.1', await freePort(), 'pass-of-redis'];
  const ask = async (...asked: readonly string[]) => {
    const to = ['-h', host, '-p', String(port), '--no-auth-warning', '-a', password];
    return (await runProgram(client, [...to, ...asked])).stdout.trim();
  };
  const server = await PeerProcess.start({
    name: 'redis',
    command,
    args: [...['--bind', host, '--port', String(port), '--dir', directory, '--requirepass', password], ...settings],
    directory,
    ready: () =>
      ask('PING').then(
        (answer) => answer === 'PONG',
        () => false,
      ),
  });
  return server.with({ host, port, password, ask });
}
