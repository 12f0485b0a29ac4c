import { join } from 'node:path';
import { configured } from './configured';
import { program } from './installed';
import { freePort } from './ports';
import { PeerProcess, type Peer } from './process';
import { answers } from './readiness';
import { runProgram, type Printed } from './run';

export interface PrometheusPeer extends Peer {
  /** `http://127.0.0.1:<port>` of the API. */
  readonly url: string;
}

/**
 * Starts Prometheus, which also takes samples by remote write.
 *
 * @param args further flags
 * @param env what variables in external labels resolve to
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {PeerFailedError} if it refuses the configuration
 */
export async function startPrometheus(
  configText: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<PrometheusPeer> {
  const prometheus = program('prometheus');
  const { directory, file } = await configured('prometheus', 'prometheus.yaml', configText);
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  const server = await PeerProcess.start({
    name: 'prometheus',
    command: prometheus,
    args: [
      ...[`--config.file=${file}`, `--web.listen-address=${address}`, `--storage.tsdb.path=${join(directory, 'data')}`],
      ...['--web.enable-remote-write-receiver', ...args],
    ],
    directory,
    env,
    ready: answers(`${url}/-/ready`, 200),
  });
  return server.with({ url });
}

/**
 * Runs promtool, such as `['check', 'config', '--syntax-only', file]`.
 *
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {ProgramFailedError} with what it objects to
 */
export async function promtool(args: readonly string[]): Promise<Printed> {
  return runProgram(program('prometheus', 'promtool'), args);
}
