import { system } from './commands';

/** Where things are around a node that has a network of its own on this machine. */
export const addresses = {
  /** Of the node. */
  node: '10.99.0.1',
  /** Of this machine, as the node and its pods see it: everything outside of the cluster. */
  outside: '10.99.0.254',
  /** Of the cache of DNS on each node, by the convention of NodeLocal DNSCache. */
  dns: '169.254.20.10',
  pods: '10.244.0.0/24',
  services: '10.96.0.0/16',
} as const;

/** A network namespace that is joined to this machine by one cable. */
export interface NodeNetwork {
  readonly name: string;
  /** What stands before a command so that it runs in it. Not `ip netns exec`, which would hide the mounts of cgroups. */
  readonly enter: readonly [string, ...string[]];
  run(command: string, args: readonly string[], input?: string): Promise<string>;
  remove(): Promise<void>;
}

/** @throws {ProgramFailedError} without root, or if the addresses are taken */
export async function createNodeNetwork(): Promise<NodeNetwork> {
  const name = `plumbline-${process.pid}`;
  const cable = `plumb${process.pid % 100_000}`;
  await system('ip', ['netns', 'add', name]);
  const enter = ['nsenter', `--net=/run/netns/${name}`] as const;
  const run = (command: string, args: readonly string[], input?: string) =>
    system(enter[0], [enter[1], command, ...args], input);
  const remove = async () => {
    // The other end of the cable goes with it.
    await system('ip', ['netns', 'del', name]);
  };
  try {
    await system('ip', ['link', 'add', cable, 'type', 'veth', 'peer', 'name', 'node0', 'netns', name]);
    await system('ip', ['addr', 'add', `${addresses.outside}/24`, 'dev', cable]);
    await system('ip', ['link', 'set', cable, 'up']);
    await run('ip', ['link', 'set', 'lo', 'up']);
    await run('ip', ['addr', 'add', `${addresses.dns}/32`, 'dev', 'lo']);
    await run('ip', ['addr', 'add', `${addresses.node}/24`, 'dev', 'node0']);
    await run('ip', ['link', 'set', 'node0', 'up']);
    await run('ip', ['route', 'add', 'default', 'via', addresses.outside]);
    await run('sysctl', ['-qw', 'net.ipv4.ip_forward=1', 'net.bridge.bridge-nf-call-iptables=1']);
    // This machine knows no way to pods.
    const outwards = ['-s', addresses.pods, '-o', 'node0', '-j', 'MASQUERADE'];
    await run('iptables', ['-t', 'nat', '-A', 'POSTROUTING', ...outwards]);
  } catch (error) {
    await remove();
    throw error;
  }
  return { name, enter, run, remove };
}
