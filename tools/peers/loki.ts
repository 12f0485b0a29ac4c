import { configured } from './configured';
import { dataDirectory } from './guard';
import { httpPort } from './http-port';
import { program } from './installed';
import { freePorts } from './ports';
import { PeerProcess, type Peer } from './process';
import { answers, answersOverTls } from './readiness';
import { runProgram, type Printed } from './run';

export interface LokiOptions {
  /** What `${…}` of the configuration resolves to. */
  readonly env?: Readonly<Record<string, string>>;
  /** PEM of the authority of its certificate. @default - it speaks in plain text */
  readonly authority?: string;
}

export interface LokiPeer extends Peer {
  /** `http://127.0.0.1:<port>` of the API, `https` with a certificate. */
  readonly url: string;
}

/**
 * Starts Loki with a configuration whose addresses and paths are this machine's; `server.http_listen_port` must be in it. It takes about
 * 35 s to become ready.
 *
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {PeerFailedError} if it refuses the configuration
 */
export async function startLoki(configText: string, { env = {}, authority }: LokiOptions = {}): Promise<LokiPeer> {
  const loki = program('loki');
  const url = `${authority === undefined ? 'http' : 'https'}://127.0.0.1:${httpPort(configText)}`;
  const { directory, file } = await configured('loki', 'loki.yaml', configText);
  const server = await PeerProcess.start({
    name: 'loki',
    command: loki,
    args: argsOf(file),
    env,
    directory,
    ready: authority === undefined ? answers(`${url}/ready`, 200) : answersOverTls(`${url}/ready`, authority),
    startTimeoutMs: 120_000,
  });
  return server.with({ url });
}

/**
 * What takes the place of ports and folder of a rendered configuration, so that it is one of this machine: for `substituteAddresses`.
 */
export async function lokiOnLoopback(): Promise<Readonly<Record<string, string>>> {
  const [http = 0, grpc = 0] = await freePorts(2);
  return {
    'http_listen_port: 3100': `http_listen_port: ${http}`,
    'grpc_listen_port: 9095': `grpc_listen_port: ${grpc}`,
    '/var/loki': await dataDirectory('loki-data'),
  };
}

/**
 * Lets Loki check a configuration without starting it.
 *
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {ProgramFailedError} with what it objects to
 */
export async function validateLoki(configText: string, env: Readonly<Record<string, string>> = {}): Promise<Printed> {
  const { file } = await configured('loki-validate', 'loki.yaml', configText);
  return runProgram(program('loki'), [...argsOf(file), '-verify-config'], { env });
}

function argsOf(file: string): readonly string[] {
  return [`-config.file=${file}`, '-config.expand-env=true'];
}
