import { isIP } from 'node:net';
import { InvalidPropError } from '../core/errors';
import { validName } from '../core/naming';

/** Something on the network that is measured from here: a router, a server, the other end of a link. */
export interface NetworkTarget {
  /** Label `target` of what is measured; unique, a lower-case DNS label. */
  readonly name: string;
  /** An IPv4 or IPv6 address, or a name of DNS. */
  readonly host: string;
  /** Where it is; labels `region`, `site` and `provider` of what is measured. @default - not said */
  readonly region?: string;
  readonly site?: string;
  readonly provider?: string;
  /** The link that leads there, by its name in the network's topology. @default - not said */
  readonly link?: string;
}

const host = /^(?=.{1,253}$)([a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9_])?)(\.[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9_])?)*\.?$/i;
const address = /^[0-9a-f:.]{2,45}(%[\w.-]+)?$/i;
const place = /^[\w][\w .:/-]{0,62}$/;

/** Whether a host is an address, perhaps with a zone, and no name. */
export function isAddress(host: string): boolean {
  return isIP(host.replace(/%.*$/, '')) !== 0;
}

/**
 * Targets as they may be written into configuration files: they become words of lines, URLs and labels.
 *
 * @throws {InvalidPropError} if there is none, a name comes twice, or a host or place is none
 */
export function checkedTargets(prop: string, targets: readonly NetworkTarget[]): readonly NetworkTarget[] {
  if (targets.length === 0) throw new InvalidPropError(prop, targets, 'at least one target');
  const names = new Set<string>();
  for (const [i, target] of targets.entries()) {
    const at = `${prop}[${i}]`;
    validName(`${at}.name`, target.name);
    if (names.has(target.name))
      throw new InvalidPropError(`${at}.name`, target.name, 'a name that no other target has');
    names.add(target.name);
    if (!host.test(target.host) && !address.test(target.host)) {
      throw new InvalidPropError(`${at}.host`, target.host, 'an address, or a name of DNS');
    }
    for (const key of ['region', 'site', 'provider', 'link'] as const) {
      const value = target[key];
      if (value !== undefined && !place.test(value)) {
        throw new InvalidPropError(`${at}.${key}`, value, 'at most 63 letters, digits, blanks and . : / _ -');
      }
    }
  }
  return targets;
}
