import type { TlsProps } from '../core/connection';
import { Endpoint } from '../core/endpoint';
import { InvalidPropError } from '../core/errors';
import { NetworkPeer } from '../core/network-peer';
import { Platform } from '../core/platform';
import type { Protocol } from '../core/pod-network';
import type { Workload } from '../core/workload';
import { isAddress } from './target';

/** Options of a {@link ProbedHost}. */
export interface ProbedHostProps {
  readonly protocol?: Protocol;
  readonly tls?: TlsProps;
  /** @see peersOf */
  readonly ranges?: readonly string[];
}

/** A port of a host that is not ours, as narrow in the policy as its name lets it be. */
export class ProbedHost extends Endpoint {
  private readonly ranges: readonly string[] | undefined;

  constructor(host: string, port: number, { protocol, tls, ranges }: ProbedHostProps = {}) {
    super(host, port, undefined, tls, protocol);
    this.ranges = ranges;
  }

  protected override admit(workload: Workload): void {
    const { host, port, protocol, ranges } = this;
    workload.network.allowOutside('egress', peersOf(workload, host, ranges), { port, protocol }, host);
  }
}

/**
 * Who is behind a host, as a policy can say it: an address is itself, a Service of the cluster the pods of its namespace, and any other name
 * whatever address, as policies know no names.
 *
 * @param ranges addresses that it has, for narrower rules
 */
export function peersOf(workload: Workload, host: string, ranges?: readonly string[]): readonly NetworkPeer[] {
  if (ranges !== undefined) return ranges.map((range) => NetworkPeer.addresses(range));
  if (isAddress(host)) return [NetworkPeer.host(host)];
  const namespace = serviceNamespace(host, Platform.of(workload).cluster.domain);
  if (namespace !== undefined) return [NetworkPeer.namespace(namespace)];
  return NetworkPeer.anywhere();
}

/**
 * Lets the pods send echo requests to a host. As their rule cannot name a port, it has to name addresses.
 *
 * @throws {InvalidPropError} if the host is a name, and nobody said which addresses it has
 */
export function allowPingsTo(workload: Workload, prop: string, host: string, ranges?: readonly string[]): void {
  if (ranges === undefined && !isAddress(host))
    throw new InvalidPropError(
      `${prop}.ranges`,
      ranges,
      `address ranges of ${host}: a policy knows no names, and for ICMP no ports, so that without them it would let out everything`,
    );
  workload.network.allowPings(peersOf(workload, host, ranges), `echo requests to ${host}`);
  if (!isAddress(host)) workload.network.allowDns();
}

/** Of `name.namespace.svc`, with a pod before it and the cluster's domain behind it where they are written. */
function serviceNamespace(host: string, domain: string): string | undefined {
  const within = host.replace(/\.$/, '').replace(new RegExp(`\\.${domain.replaceAll('.', '\\.')}$`), '');
  return /^(?:[-a-z0-9]+\.)+([-a-z0-9]+)\.svc$/.exec(within)?.[1];
}
