import type { Duration } from 'cdk8s';
import type { NetworkTarget } from './target';

/** A group of hosts of smokeping_prober. */
export interface ProbedGroup {
  readonly hosts: readonly string[];
  /** As Go writes it: `1s`. */
  readonly interval: string;
  /** Versions of IP; `ip` is what the host has. */
  readonly network: 'ip' | 'ip4' | 'ip6';
  /** `udp` is a ping all the same, by a socket that takes no capability; `icmp` one that takes NET_RAW. */
  readonly protocol: 'icmp' | 'udp';
}

export interface ProberConfig {
  readonly targets: readonly ProbedGroup[];
}

/**
 * What smokeping_prober pings. Its series have a host's name only; what a target is called is recorded beside them.
 *
 * @see https://github.com/SuperQ/smokeping_prober#configuration
 */
export function proberConfig(targets: readonly NetworkTarget[], interval: Duration): ProberConfig {
  const hosts = targets.map(({ host }) => host);
  return { targets: [{ hosts, interval: `${interval.toMilliseconds()}ms`, network: 'ip', protocol: 'udp' }] };
}

/**
 * Upper bounds of round trips, in seconds, half as much again each: between them a quantile is read, at most a quarter wrong. From 0.1 ms,
 * which is within a rack, to 5 s.
 */
export const proberBuckets: readonly number[] = Array.from({ length: 28 }, (_, index) =>
  Number((0.0001 * 1.5 ** index).toPrecision(3)),
);
