import type { SyntheticProbe } from './synthetic-probe';

/** What alerts and dashboards of a blackbox exporter depend on. */
export interface BlackboxSignals {
  /** Its own scrape job, which is also the name of its Deployment. */
  readonly job: string;
  /** That of what it is asked to ask. */
  readonly probeJob: string;
  readonly probes: readonly SyntheticProbe[];
}

/** Series of one job, by what is asked; names as blackbox_exporter 0.28 has them. */
export function selectors(probeJob: string) {
  const of = `job="${probeJob}"`;
  return {
    all: of,
    endpoints: `${of}, link="", probe!="dns"`,
    dns: `${of}, link="", probe="dns"`,
    links: `${of}, link!=""`,
  };
}

/** Those that are endpoints, name servers and ends of links, each to be told of in its own words. */
export function divided(probes: readonly SyntheticProbe[]) {
  const links = probes.filter(({ target: { link } }) => link !== undefined);
  const others = probes.filter(({ target: { link } }) => link === undefined);
  return {
    links,
    endpoints: others.filter(({ kind }) => kind !== 'dns'),
    dns: others.filter(({ kind }) => kind === 'dns'),
  };
}

/** Recorded: how long a packet is on its way to the end of a link and back, of probes that succeeded. */
export const roundTripSeries = 'link:probe_round_trip:seconds';

/** Seconds until the first certificate of a chain expires. */
export function certificateLeft(of: string): string {
  return `probe_ssl_earliest_cert_expiry{${of}} - time()`;
}
