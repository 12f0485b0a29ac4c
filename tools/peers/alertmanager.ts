import { join } from 'node:path';
import { configured } from './configured';
import { program } from './installed';
import { freePort } from './ports';
import { PeerProcess, type Peer } from './process';
import { answers } from './readiness';
import { runProgram, type Printed } from './run';

export interface AlertmanagerPeer extends Peer {
  /** `http://127.0.0.1:<port>` of the API. */
  readonly url: string;
}

/**
 * Starts Alertmanager.
 *
 * @param args further flags; without any of its own it looks for no other member
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {PeerFailedError} if it refuses the configuration
 */
export async function startAlertmanager(
  configText: string,
  args: readonly string[] = ['--cluster.listen-address='],
): Promise<AlertmanagerPeer> {
  const alertmanager = program('alertmanager');
  const { directory, file } = await configured('alertmanager', 'alertmanager.yml', configText);
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  const server = await PeerProcess.start({
    name: 'alertmanager',
    command: alertmanager,
    args: [
      `--config.file=${file}`,
      `--web.listen-address=${address}`,
      `--storage.path=${join(directory, 'data')}`,
      ...args,
    ],
    directory,
    ready: answers(`${url}/-/ready`, 200),
  });
  return server.with({ url });
}

/**
 * Runs amtool, such as `['check-config', file]`.
 *
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {ProgramFailedError} with what it objects to
 */
export async function amtool(args: readonly string[]): Promise<Printed> {
  return runProgram(program('alertmanager', 'amtool'), args);
}
