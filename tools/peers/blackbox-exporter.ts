import { configured } from './configured';
import { program } from './installed';
import { freePort } from './ports';
import { PeerProcess, type Peer } from './process';
import { answers } from './readiness';
import { runProgram, type Printed } from './run';

export interface BlackboxExporterPeer extends Peer {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
}

/**
 * Starts blackbox_exporter.
 *
 * @param args flags, without the configuration and the address that it listens on
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {PeerFailedError} if it refuses the configuration
 */
export async function startBlackboxExporter(
  configText: string,
  args: readonly string[] = [],
): Promise<BlackboxExporterPeer> {
  const command = program('blackbox_exporter');
  const { directory, file } = await configured('blackbox-exporter', 'blackbox.yml', configText);
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  const server = await PeerProcess.start({
    name: 'blackbox_exporter',
    command,
    args: [...args, `--config.file=${file}`, `--web.listen-address=${address}`],
    directory,
    ready: answers(`${url}/-/healthy`, 200),
  });
  return server.with({ url });
}

/**
 * Lets blackbox_exporter check a configuration without starting it.
 *
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {ProgramFailedError} with what it objects to
 */
export async function checkBlackboxConfig(configText: string): Promise<Printed> {
  const { file } = await configured('blackbox-check', 'blackbox.yml', configText);
  return runProgram(program('blackbox_exporter'), [`--config.file=${file}`, '--config.check']);
}
