import { readFile } from 'node:fs/promises';
import { configured } from './configured';
import { homeOf, program } from './installed';
import { freePort } from './ports';
import { PeerProcess, type Peer } from './process';
import { answers, logged } from './readiness';
import { runProgram, type Printed } from './run';

/** A folder of Debian's SmokePing, Apache or fping, as they are unpacked. @throws {ToolMissingError} before `npm run tools` */
export function smokepingFiles(...path: readonly string[]): string {
  return homeOf('smokeping').path('smokeping', ...path);
}

/** Has SmokePing read a configuration. @throws {ProgramFailedError} with what it objects to */
export async function checkSmokeping(configFile: string): Promise<Printed> {
  return runProgram(program('smokeping'), [`--config=${configFile}`, '--check']);
}

/** Starts what measures for SmokePing's page. @param directory of its log */
export async function startSmokeping(configFile: string, directory: string): Promise<Peer> {
  const server = await PeerProcess.start({
    name: 'smokeping',
    command: program('smokeping'),
    args: [`--config=${configFile}`, '--nodaemon'],
    directory,
    ready: logged('All probe processes started successfully'),
  });
  return server.with({});
}

/**
 * Starts Apache. It does not serve as root, and its image's user is not here: root of this machine is shown to it as that one.
 *
 * @param user of the image
 * @param url that is answered when it is ready
 */
export async function startHttpd(configFile: string, directory: string, user: number, url: string): Promise<Peer> {
  const apache = [program('smokeping', 'apache2'), '-DFOREGROUND', '-f', configFile];
  const asUser = ['unshare', '--user', `--map-user=${user}`, `--map-group=${user}`, ...apache];
  const [command = '', ...args] = process.getuid?.() === 0 ? asUser : apache;
  const server = await PeerProcess.start({ name: 'httpd', command, args, directory, ready: answers(url, 200) });
  return server.with({});
}

export interface SmokepingProberPeer extends Peer {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
}

/**
 * Starts smokeping_prober.
 *
 * @param args flags; those of its configuration and of where it listens do not hold
 * @param configText its configuration; where this machine has no sockets for pings, raw ones take their place, which only root may open
 * @throws {PeerFailedError} if it refuses them
 */
export async function startSmokepingProber(args: readonly string[], configText: string): Promise<SmokepingProberPeer> {
  const text = (await mayPing()) ? configText : configText.replaceAll('protocol: udp', 'protocol: icmp');
  const { directory, file } = await configured('smokeping-prober', 'config.yaml', text);
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  const server = await PeerProcess.start({
    name: 'smokeping_prober',
    command: program('smokeping_prober'),
    args: [
      ...args.filter((arg) => !/^--(config\.file|web\.listen-address)=/.test(arg)),
      ...[`--config.file=${file}`, `--web.listen-address=${address}`],
    ],
    directory,
    ready: answers(`${url}/-/healthy`, 200),
  });
  return server.with({ url });
}

/** Whether the kernel lets this process open sockets for pings. */
async function mayPing(): Promise<boolean> {
  const range = await readFile('/proc/sys/net/ipv4/ping_group_range', 'utf8');
  const [first = 1, last = 0] = range.trim().split(/\s+/).map(Number);
  return [...(process.getgroups?.() ?? []), process.getgid?.() ?? -1].some((group) => group >= first && group <= last);
}
