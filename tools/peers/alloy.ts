import { join } from 'node:path';
import { configured } from './configured';
import { program } from './installed';
import { freePort } from './ports';
import { PeerProcess, type Peer } from './process';
import { answers } from './readiness';
import { runProgram } from './run';

export interface AlloyPeer extends Peer {
  /** `http://127.0.0.1:<port>` of its metrics. */
  readonly url: string;
}

/**
 * Starts Alloy, with the components of the log agent but for the journal, which needs a library of the node.
 *
 * @param env what `sys.env` reads
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {PeerFailedError} if it refuses the configuration
 */
export async function startAlloy(configText: string, env: Readonly<Record<string, string>> = {}): Promise<AlloyPeer> {
  const alloy = program('alloy');
  const { directory, file } = await configured('alloy', 'config.alloy', configText);
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  const agent = await PeerProcess.start({
    name: 'alloy',
    command: alloy,
    args: ['run', file, `--storage.path=${join(directory, 'data')}`, `--server.http.listen-addr=${address}`],
    env,
    directory,
    ready: answers(`${url}/-/ready`, 200),
  });
  return agent.with({ url });
}

/**
 * Lets Alloy check a configuration without starting it: its syntax, its components with their arguments, and what they refer to.
 *
 * @throws {ProgramFailedError} with what it objects to
 */
export async function validateAlloy(configText: string): Promise<void> {
  const { file } = await configured('alloy-validate', 'config.alloy', configText);
  await runProgram(program('alloy'), ['validate', file]);
}
