import { randomBytes } from 'node:crypto';
import { iptables, runProgram } from '@plumbline/tools/peers';

/** Names of the hosts of a {@link TestNetwork}. */
type Host = 'here' | 'near' | 'left' | 'right' | 'there';

/** Addresses that are for documentation, so that no network has them. */
export const addresses = {
  near: '198.51.100.1',
  left: '198.51.100.6',
  right: '198.51.100.10',
  there: '203.0.113.9',
} as const;

/**
 * A network of hosts that are network namespaces: here – near – left or right – there. Only root can make it; it fails where it cannot be
 * made. What is of it is gone when it is closed.
 */
export class TestNetwork {
  private readonly prefix = `pl-${randomBytes(3).toString('hex')}-`;
  private readonly made: Host[] = [];

  static async open(): Promise<TestNetwork> {
    const network = new TestNetwork();
    try {
      await network.make();
      return network;
    } catch (error) {
      await network.close();
      throw error;
    }
  }

  /** Runs a program on a host. */
  async run(host: Host, ...command: readonly string[]): Promise<string> {
    return (await runProgram('ip', ['netns', 'exec', this.nameOf(host), ...command])).stdout;
  }

  /** How a process is started on a host. */
  on(host: Host): readonly string[] {
    return ['ip', 'netns', 'exec', this.nameOf(host)];
  }

  /** Lets processes of a group send pings, or, without one, none, as the kernel does by default. */
  async allowPings(group?: number): Promise<void> {
    const range = group === undefined ? '1 0' : `${group} ${group}`;
    await this.run('here', 'sysctl', '-qw', `net.ipv4.ping_group_range=${range}`);
  }

  /** By which router packets go there. */
  async goBy(router: 'left' | 'right'): Promise<void> {
    await this.route('near', 'replace', '203.0.113.0/24', 'via', addresses[router]);
  }

  /** Every second packet to the end is lost. */
  async loseHalf(): Promise<void> {
    const half = ['-m', 'statistic', '--mode', 'nth', '--every', '2', '--packet', '0', '-j', 'DROP'];
    await this.run('there', iptables(), '-A', 'INPUT', '-p', 'icmp', ...half);
  }

  async loseNothing(): Promise<void> {
    await this.run('there', iptables(), '-F', 'INPUT');
  }

  /** Packets go no further than to the second router, which does not say so. */
  async cut(router: 'left' | 'right'): Promise<void> {
    await this.route(router, 'replace', 'blackhole', `${addresses.there}/32`);
  }

  async close(): Promise<void> {
    for (const host of this.made.splice(0)) await runProgram('ip', ['netns', 'delete', this.nameOf(host)]);
  }

  private async make(): Promise<void> {
    for (const host of ['here', 'near', 'left', 'right', 'there'] as const) {
      await runProgram('ip', ['netns', 'add', this.nameOf(host)]);
      this.made.push(host);
      await this.run(host, 'ip', 'link', 'set', 'lo', 'up');
    }
    await this.link('here', '198.51.100.2/30', 'near', `${addresses.near}/30`);
    await this.link('near', '198.51.100.5/30', 'left', `${addresses.left}/30`);
    await this.link('near', '198.51.100.9/30', 'right', `${addresses.right}/30`);
    await this.link('left', '203.0.113.1/32', 'there', `${addresses.there}/32`);
    await this.link('right', '203.0.113.2/32', 'there', `${addresses.there}/32`);
    for (const host of ['near', 'left', 'right', 'there'] as const) {
      // Answers come another way than questions while a route changes.
      const settings = ['net.ipv4.ip_forward=1', 'net.ipv4.conf.all.rp_filter=0', 'net.ipv4.icmp_ratelimit=0'];
      await this.run(host, 'sysctl', '-qw', ...settings);
    }
    await this.route('here', 'add', 'default', 'via', addresses.near);
    await this.goBy('left');
    for (const [router, back] of [
      ['left', '198.51.100.5'],
      ['right', '198.51.100.9'],
    ] as const) {
      await this.route(router, 'add', '198.51.100.0/30', 'via', back);
      await this.route(router, 'add', `${addresses.there}/32`, 'dev', 'to-there');
    }
    await this.route('there', 'add', '203.0.113.1/32', 'dev', 'to-left');
    await this.route('there', 'add', 'default', 'via', '203.0.113.1', 'dev', 'to-left');
  }

  /** A cable; each end is named after the other. */
  private async link(one: Host, address: string, other: Host, otherAddress: string): Promise<void> {
    const peer = ['peer', 'name', `to-${one}`, 'netns', this.nameOf(other)];
    await this.run(one, 'ip', 'link', 'add', `to-${other}`, 'type', 'veth', ...peer);
    for (const [host, far, own] of [
      [one, other, address],
      [other, one, otherAddress],
    ] as const) {
      await this.run(host, 'ip', 'address', 'add', own, 'dev', `to-${far}`);
      await this.run(host, 'ip', 'link', 'set', `to-${far}`, 'up');
    }
  }

  private async route(host: Host, ...words: readonly string[]): Promise<void> {
    await this.run(host, 'ip', 'route', ...words);
  }

  private nameOf(host: Host): string {
    return `${this.prefix}${host}`;
  }
}
