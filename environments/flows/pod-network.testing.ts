import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { iptables, runProgram } from '../../tools/peers';

/** What stands in for a pod: its address, and what listens there. */
export interface StubPod {
  readonly name: string;
  readonly address: string;
  readonly listens: readonly { readonly port: number; readonly protocol: string }[];
}

/** A try to connect. */
export interface Dial {
  readonly from: StubPod;
  /** Address that is asked. */
  readonly to: string;
  readonly port: number;
  readonly protocol: string;
}

/** Of the router, at each of its ends: addresses of pods need not be of one network. */
const gateway = '169.254.1.1';
/** How long an answer may take: on one machine it comes in a millisecond, and what is dropped never does. */
const secondsToAnswer = 1;
const dialsAtOnce = 3000;

/**
 * Pods that are network namespaces, each joined to one router that forwards what its rules of iptables let through. Only root can make it;
 * it fails where it cannot be made. What is of it is gone when it is closed.
 */
export class PodNetwork {
  private readonly prefix = `pl-${randomBytes(3).toString('hex')}-`;
  private readonly router = `${this.prefix}r`;

  private constructor(private readonly pods: readonly StubPod[]) {}

  /** @param rules input of `iptables-restore`, with the chain that forwarded packets go through */
  static async open(pods: readonly StubPod[], rules: string, chain: string): Promise<PodNetwork> {
    const network = new PodNetwork(pods);
    try {
      await network.make(rules, chain);
      return network;
    } catch (error) {
      await network.close();
      throw error;
    }
  }

  /** Tries each. @returns whether it was answered, in their order */
  async dial(dials: readonly Dial[]): Promise<readonly boolean[]> {
    const indexOf = new Map(this.pods.map((pod, index) => [pod, index]));
    const asked = {
      pods: this.pods.map((pod, index) => ({ ...pod, network: `/run/netns/${this.nameOf(index)}` })),
      dials: dials.map(({ from, to, port, protocol }) => [indexOf.get(from) ?? -1, to, port, protocol]),
      seconds: secondsToAnswer,
      atOnce: dialsAtOnce,
    };
    const { stdout } = await runProgram('python3', [join(__dirname, 'packets.py')], { input: JSON.stringify(asked) });
    return JSON.parse(stdout) as readonly boolean[];
  }

  async close(): Promise<void> {
    const names = [this.router, ...this.pods.map((_, index) => this.nameOf(index))];
    await this.batch(
      names.map((name) => `netns delete ${name}`),
      ['-force'],
    );
  }

  private async make(rules: string, chain: string): Promise<void> {
    const names = this.pods.map((_, index) => this.nameOf(index));
    await this.batch([this.router, ...names].map((name) => `netns add ${name}`));
    await this.inside(this.router, 'sysctl', ['-qw', 'net.ipv4.ip_forward=1', 'net.ipv4.conf.all.rp_filter=0']);
    await this.batch(
      names.map((name, index) => `link add p${index} netns ${this.router} type veth peer name eth0 netns ${name}`),
    );
    await this.batch(
      this.pods.flatMap(({ address }, index) => [
        `address add ${gateway}/32 dev p${index}`,
        `link set p${index} up`,
        `route add ${address}/32 dev p${index}`,
      ]),
      ['-netns', this.router],
    );
    for (const [index, { address }] of this.pods.entries())
      await this.batch(
        [
          'link set lo up',
          `address add ${address}/32 dev eth0`,
          'link set eth0 up',
          `route add ${gateway} dev eth0`,
          `route add default via ${gateway}`,
        ],
        ['-netns', this.nameOf(index)],
      );
    await this.inside(this.router, iptables('iptables-restore'), ['--noflush', '--wait'], rules);
    await this.inside(this.router, iptables(), ['-I', 'FORWARD', '-j', chain]);
  }

  private async batch(lines: readonly string[], options: readonly string[] = []): Promise<void> {
    await runProgram('ip', [...options, '-batch', '-'], { input: `${lines.join('\n')}\n` });
  }

  private async inside(name: string, command: string, args: readonly string[], input?: string): Promise<void> {
    await runProgram('ip', ['netns', 'exec', name, command, ...args], input === undefined ? {} : { input });
  }

  private nameOf(index: number): string {
    return `${this.prefix}${index}`;
  }
}
