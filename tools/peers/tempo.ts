import { join } from 'node:path';
import { configured } from './configured';
import { dataDirectory } from './guard';
import { httpPort } from './http-port';
import { program } from './installed';
import { freePorts } from './ports';
import { PeerProcess, type Peer } from './process';
import { answers, answersOverTls, type Authority } from './readiness';

export interface TempoOptions {
  /** What `${…}` of the configuration resolves to. */
  readonly env?: Readonly<Record<string, string>>;
  /** PEM of the authority of its certificate. @default - it speaks in plain text */
  readonly authority?: Authority;
  /** What it is started with beside its configuration. @default - nothing */
  readonly args?: readonly string[];
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
    args: [`-config.file=${file}`, '-config.expand-env=true', ...(options.args ?? [])],
    env: options.env ?? {},
    directory,
    ready: authority === undefined ? answers(`${queryUrl}/ready`, 200) : answersOverTls(`${queryUrl}/ready`, authority),
    startTimeoutMs: 90_000,
    // With traces in it, it writes them out within a second of SIGTERM and at times then hangs for 45 s.
    stopTimeoutMs: 5_000,
  });
  return server.with({ queryUrl });
}

/** Where a Tempo of the tests' own takes spans. */
export interface LocalTempoPeer extends TempoPeer {
  /** OTLP over gRPC, `127.0.0.1:<port>`. */
  readonly otlpGrpc: string;
  /** OTLP over HTTP, `http://127.0.0.1:<port>`. */
  readonly otlpHttp: string;
}

/**
 * Starts Tempo with a configuration that no manifest of ours says: everything on loopback and in a folder, and traces are searchable within seconds.
 *
 * @throws {ToolMissingError} before `npm run tools`
 */
export async function startLocalTempo(): Promise<LocalTempoPeer> {
  const [http, internal, gossip, grpc, otlp] = await freePorts(5);
  const data = await dataDirectory('tempo-blocks');
  const tempo = await startTempo(`
server: {http_listen_address: 127.0.0.1, http_listen_port: ${http}, grpc_listen_address: 127.0.0.1, grpc_listen_port: ${internal}}
distributor: {receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:${grpc}"}, http: {endpoint: "127.0.0.1:${otlp}"}}}}}
ingester:
  trace_idle_period: 1s
  flush_check_period: 1s
  lifecycler: {address: 127.0.0.1, ring: {kvstore: {store: inmemory}, replication_factor: 1}}
memberlist: {bind_addr: [127.0.0.1], bind_port: ${gossip}, leave_timeout: 1s}
querier: {frontend_worker: {frontend_address: "127.0.0.1:${internal}"}}
storage: {trace: {backend: local, local: {path: ${join(data, 'blocks')}}, wal: {path: ${join(data, 'wal')}}}}
usage_report: {reporting_enabled: false}
`);
  return Object.assign(tempo, { otlpGrpc: `127.0.0.1:${grpc}`, otlpHttp: `http://127.0.0.1:${otlp}` });
}
