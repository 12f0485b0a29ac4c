import { configured } from './configured';
import { dataDirectory } from './guard';
import { httpPort } from './http-port';
import { program } from './installed';
import { freePorts } from './ports';
import { PeerProcess, type Peer } from './process';
import { answers, answersOverTls } from './readiness';
import { runProgram, type Printed } from './run';

export interface MimirOptions {
  /** What `${…}` of the configuration resolves to. */
  readonly env?: Readonly<Record<string, string>>;
  /** PEM of the authority of its certificate. @default - it speaks in plain text */
  readonly authority?: string;
}

export interface MimirPeer extends Peer {
  /** `http://127.0.0.1:<port>` of the API, `https` with a certificate. */
  readonly url: string;
}

/**
 * Starts a member of Mimir with a configuration whose addresses and paths are this machine's; `server.http_listen_port` must be in it. It
 * takes about 20 s to become ready, and of several all have to be there.
 *
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {PeerFailedError} if it refuses the configuration
 */
export async function startMimir(configText: string, { env = {}, authority }: MimirOptions = {}): Promise<MimirPeer> {
  const mimir = program('mimir');
  const url = `${authority === undefined ? 'http' : 'https'}://127.0.0.1:${httpPort(configText)}`;
  const { directory, file } = await configured('mimir', 'mimir.yaml', configText);
  const server = await PeerProcess.start({
    name: 'mimir',
    command: mimir,
    args: [`-config.file=${file}`, '-config.expand-env=true'],
    env,
    directory,
    ready: authority === undefined ? answers(`${url}/ready`, 200) : answersOverTls(`${url}/ready`, authority),
    startTimeoutMs: 120_000,
  });
  return server.with({ url });
}

/**
 * Lets Mimir read and validate a configuration without starting it.
 *
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {ProgramFailedError} with what it objects to
 */
export async function validateMimir(configText: string, env: Readonly<Record<string, string>>): Promise<Printed> {
  const { file } = await configured('mimir-validate', 'mimir.yaml', configText);
  // Asked for its list of parts, it reads the file first.
  return runProgram(program('mimir'), [`-config.file=${file}`, '-config.expand-env=true', '-modules'], { env });
}

/** Where members of one ring listen, on loopback: each is at another port, and all look for the first. */
export interface MimirPlace {
  /** What takes the place of addresses and folder of a rendered configuration: for `substituteAddresses`. */
  readonly table: Readonly<Record<string, string>>;
  /** What is merged into the configuration: ports that each member tells others of, which all have in common in a cluster. */
  readonly config: object;
}

/** Places for as many members of the Mimir of this name. @param host of all members, as it is rendered */
export async function mimirOnLoopback(host: string, members: number): Promise<readonly MimirPlace[]> {
  const ports = await freePorts(3 * members);
  const [, , first = 0] = ports;
  return Promise.all(
    Array.from({ length: members }, async (_, index) => {
      const [http = 0, grpc = 0, gossip = 0] = ports.slice(3 * index);
      return {
        table: {
          'http_listen_port: 8080': `http_listen_port: ${http}`,
          'grpc_listen_port: 9095': `grpc_listen_port: ${grpc}`,
          [`dns+${host}:7946`]: `127.0.0.1:${first}`,
          // Here each asks itself: a name has one port.
          [`${host}:9095`]: `127.0.0.1:${grpc}`,
          '/data': await dataDirectory('mimir-data'),
        },
        config: {
          memberlist: { bind_addr: ['127.0.0.1'], bind_port: gossip, advertise_port: gossip },
          ...Object.fromEntries(
            ['distributor', 'ingester', 'querier', 'ruler'].map((part) => [
              part,
              { ring: { instance_id: `member-${index}` } },
            ]),
          ),
          ...Object.fromEntries(
            ['store_gateway', 'compactor'].map((part) => [part, { sharding_ring: { instance_id: `member-${index}` } }]),
          ),
        },
      };
    }),
  );
}
