import { freePorts } from '../../tools/peers';
import { ringPorts } from './ring';

/**
 * What takes the place of ports and names in the configuration of each member of a ring, so that all are of this machine, for
 * `substituteAddresses`; and its variables. Of all else a member has one alone.
 *
 * @param members as DNS would be asked for them: `loki-headless.logs.svc.cluster.local`
 */
export async function ringOnLoopback(
  members: string,
  count = 3,
): Promise<
  readonly {
    readonly table: Readonly<Record<string, string>>;
    readonly env: Readonly<Record<string, string>>;
    readonly grpc: number;
  }[]
> {
  const [grpc, gossip] = [await freePorts(count), await freePorts(count)];
  const known = gossip.map((port) => `- 127.0.0.1:${port}`).join('\n    ');
  return gossip.map((port, member) => ({
    grpc: grpc[member] ?? 0,
    env: { POD_NAME: `member-${member}`, POD_IP: '127.0.0.1' },
    table: {
      [`- dns+${members}:${ringPorts.gossip.port}`]: known,
      // As each has an address of its own elsewhere, and a port here.
      [`bind_port: ${ringPorts.gossip.port}`]: `bind_addr: [127.0.0.1]\n  bind_port: ${port}\n  advertise_port: ${port}`,
    },
  }));
}
