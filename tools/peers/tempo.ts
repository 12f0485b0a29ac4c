import { configured } from './configured';
import { httpPort } from './http-port';
import { program } from './installed';
import { PeerProcess, type Peer } from './process';
import { answers, answersOverTls } from './readiness';

export interface TempoOptions {
  /** What `${…}` of the configuration resolves to. */
  readonly env?: Readonly<Record<string, string>>;
  /** PEM of the authority of its certificate. @default - it speaks in plain text */
  readonly authority?: string;
}

export interface TempoPeer extends Peer {
  /** `http://127.0.0.1:<port>` of the query API, `https` with a certificate. */
  readonly queryUrl: string;
}

/**
 * Starts Tempo with a configuration whose addresses and paths are this machine's; `server.http_listen_port` must be in
 * it. It takes about 16 s to become ready.
 *
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {PeerFailedError} if it refuses the configuration
 */
export async function startTempo(configText: string, options: TempoOptions = {}): Promise<TempoPeer> {
  const tempo = program('tempo');
  const { authority } = options;
  const queryUrl = `${authority === undefined ? 'http' : 'https'}://127.0.0.1:${httpPort(configText)}`;
  const { directory, file } = await configured('tempo', 'tempo.yaml', configText);
  const server = await PeerProcess.start({
    name: 'tempo',
    command: tempo,
    args: [`-config.file=${file}`, '-config.expand-env=true'],
    env: options.env ?? {},
    directory,
    ready: authority === undefined ? answers(`${queryUrl}/ready`, 200) : answersOverTls(`${queryUrl}/ready`, authority),
    startTimeoutMs: 90_000,
    // With traces in it, it writes them out within a second of SIGTERM and at times then hangs for 45 s.
    stopTimeoutMs: 5_000,
  });
  return server.with({ queryUrl });
}
