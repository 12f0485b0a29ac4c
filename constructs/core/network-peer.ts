import { isIP } from 'node:net';
import type { k8s } from 'cdk8s-plus-28';
import { InvalidPropError } from './errors';

/** One side of a permitted flow: pods by label and namespace, namespaces, or addresses. */
export class NetworkPeer {
  /** Pods of one namespace that carry all of `labels`. */
  static pods(namespace: string, labels: Readonly<Record<string, string>>): NetworkPeer {
    return new NetworkPeer({ namespaceSelector: byName(namespace), podSelector: { matchLabels: { ...labels } } });
  }

  /** Every pod of one namespace. */
  static namespace(namespace: string): NetworkPeer {
    return new NetworkPeer({ namespaceSelector: byName(namespace) });
  }

  /** Every pod of the cluster that is not on the host network. */
  static anyNamespace(): NetworkPeer {
    return new NetworkPeer({ namespaceSelector: {} });
  }

  /**
   * Addresses in CIDR notation.
   *
   * @param range e.g. `10.0.0.0/8`
   * @param except ranges within it that are not meant
   * @throws {InvalidPropError} if a range is no CIDR
   */
  static addresses(range: string, except: readonly string[] = []): NetworkPeer {
    const cidr = validRange(range);
    const exceptions = except.map(validRange);
    return new NetworkPeer({ ipBlock: { cidr, ...(exceptions.length > 0 && { except: exceptions }) } });
  }

  /**
   * One address, without the zone of a link-local one, which is of a machine and of no policy.
   *
   * @throws {InvalidPropError} if it is none
   */
  static host(address: string): NetworkPeer {
    const [host = ''] = address.split('%');
    return NetworkPeer.addresses(`${host}/${isIP(host) === 6 ? 128 : 32}`);
  }

  /** Every address there is. */
  static anywhere(): readonly NetworkPeer[] {
    return ['0.0.0.0/0', '::/0'].map((range) => NetworkPeer.addresses(range));
  }

  private constructor(private readonly peer: k8s.NetworkPolicyPeer) {}

  toPolicyPeer(): k8s.NetworkPolicyPeer {
    return this.peer;
  }
}

function byName(namespace: string): k8s.LabelSelector {
  return { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
}

function validRange(range: string): string {
  const [address = '', length = ''] = range.split('/');
  const version = isIP(address);
  const bits = version === 4 ? 32 : 128;
  if (version === 0 || !/^\d{1,3}$/.test(length) || Number(length) > bits) {
    throw new InvalidPropError('range', range, 'an address range such as 10.0.0.0/8');
  }
  return range;
}
