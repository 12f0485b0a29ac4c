import type { Duration } from 'cdk8s';
import { defined } from '../core/defined';
import { InvalidPropError, UnknownNameError } from '../core/errors';
import { validPort } from '../core/naming';
import { SyntheticProbe } from './synthetic-probe';
import { checkedTargets, type NetworkTarget } from './target';

/** Where something is, as labels say it. */
export type NetworkPlace = Pick<NetworkTarget, 'region' | 'site' | 'provider'>;

/** A place with machines: a data centre, or a region of a cloud. */
export interface NetworkSite {
  /** One of the topology's regions. */
  readonly region: string;
  /** Whose it is: a cloud, a carrier, or one's own. */
  readonly provider: string;
}

/** A way from one site to another. The way back is a link of its own, as packets may come back another way. */
export interface NetworkLink {
  /** Sites at its ends. */
  readonly from: string;
  readonly to: string;
  /** What answers at the other end: an address, or a name of DNS. */
  readonly host: string;
  /** A port that is connected to, where echo requests are not let through. @default - echo requests (ICMP) */
  readonly port?: number;
  /** Addresses of the host, without which a name cannot be sent echo requests: policies know no names. @default - as of any probe */
  readonly ranges?: readonly string[];
  /** What a round trip may take. @default Duration.millis(200) */
  readonly roundTrip?: Duration;
}

/** Options of a {@link NetworkTopology}. */
export interface NetworkTopologyProps {
  readonly regions: readonly string[];
  /** By name. */
  readonly sites: Readonly<Record<string, NetworkSite>>;
  /** By name, which is a lower-case DNS label. */
  readonly links: Readonly<Record<string, NetworkLink>>;
}

/**
 * The network between sites and clouds, said once: what is probed from a site, and whose paths are looked at there. Who measures is at a
 * site, so each site has an exporter of its own, in its own cluster, and all may be of one topology.
 *
 * @example
 * const network = new NetworkTopology({
 *   regions: ['eu-central', 'us-east'],
 *   sites: { berlin: { region: 'eu-central', provider: 'own' }, virginia: { region: 'us-east', provider: 'aws' } },
 *   links: { 'berlin-virginia': { from: 'berlin', to: 'virginia', host: '192.0.2.10' } },
 * });
 */
export class NetworkTopology {
  readonly regions: readonly string[];
  readonly sites: Readonly<Record<string, NetworkSite>>;
  readonly links: Readonly<Record<string, NetworkLink>>;

  /**
   * @throws {UnknownNameError} if a site is in no region, or a link ends at no site
   * @throws {InvalidPropError} if a link leads nowhere else, there is none, or a name or host is none
   */
  constructor({ regions, sites, links }: NetworkTopologyProps) {
    for (const { region } of Object.values(sites))
      if (!regions.includes(region)) throw new UnknownNameError('region', region, regions);
    const unused = regions.find((name) => !Object.values(sites).some(({ region }) => region === name));
    if (unused !== undefined) throw new InvalidPropError('regions', unused, 'a region that a site is in');
    for (const [name, { from, to, port }] of Object.entries(links)) {
      for (const site of [from, to])
        if (!Object.hasOwn(sites, site)) throw new UnknownNameError('site', site, Object.keys(sites));
      if (from === to) throw new InvalidPropError(`links.${name}.to`, to, 'another site');
      if (port !== undefined) validPort(`links.${name}.port`, port);
    }
    this.regions = regions;
    this.sites = sites;
    this.links = links;
    checkedTargets('links', this.targets);
  }

  /** The other end of every link, under the name of the link. */
  get targets(): readonly NetworkTarget[] {
    return Object.keys(this.links).map((name) => this.target(name));
  }

  /**
   * The other ends of a site's links, for what measures there.
   *
   * @throws {UnknownNameError} if there is no such site
   */
  targetsFrom(site: string): readonly NetworkTarget[] {
    return this.linksFrom(site).map((name) => this.target(name));
  }

  /**
   * Probes of a site's links, for an exporter there.
   *
   * @throws {UnknownNameError} if there is no such site
   */
  probesFrom(site: string): readonly SyntheticProbe[] {
    return this.linksFrom(site).map((name) => this.probe(name));
  }

  /** @throws {UnknownNameError} if there is no such site */
  placeOf(site: string): Required<NetworkPlace> {
    const found = this.sites[site];
    if (found === undefined) throw new UnknownNameError('site', site, Object.keys(this.sites));
    return { site, region: found.region, provider: found.provider };
  }

  private linksFrom(site: string): readonly string[] {
    this.placeOf(site);
    return Object.entries(this.links).flatMap(([name, { from }]) => (from === site ? [name] : []));
  }

  private target(name: string): NetworkTarget {
    const { to, host } = this.link(name);
    return { name, host, ...this.placeOf(to), link: name };
  }

  private probe(name: string): SyntheticProbe {
    const { to, host, port, ranges, roundTrip } = this.link(name);
    const props = { ...this.placeOf(to), link: name, ...defined({ ranges, slow: roundTrip }) };
    return port === undefined
      ? SyntheticProbe.icmp(name, host, props)
      : SyntheticProbe.tcp(name, { host, port }, props);
  }

  private link(name: string): NetworkLink {
    const found = this.links[name];
    if (found === undefined) throw new UnknownNameError('link', name, Object.keys(this.links));
    return found;
  }
}
