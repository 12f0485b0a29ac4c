import { Duration } from 'cdk8s';
import type { Construct } from 'constructs';
import { imageMtrHome, measurementSeconds, networkPathsKeys, ports, type NetworkPathsFile } from '../contracts';
import type { Alert } from '../core/alert';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import { ConfigFile } from '../core/config-file';
import type { Dashboard } from '../core/dashboard';
import { defined } from '../core/defined';
import type { IExposure, ServiceEndpoint } from '../core/endpoint';
import { InvalidPropError } from '../core/errors';
import { NetworkPeer } from '../core/network-peer';
import { workerUser } from '../core/platform-job';
import { Probe } from '../core/probe';
import type { ServerProps } from '../core/server-description';
import { images } from '../images';
import { pathMonitorAlerts } from './path-monitor-alerts';
import { pathMonitorDashboard } from './path-monitor-dashboard';
import { checkedTargets, isAddress, type NetworkTarget } from './target';

/** Options of a {@link PathMonitor}. */
export interface PathMonitorProps extends ComponentProps, ServerProps {
  readonly targets: readonly NetworkTarget[];
  /** From one measurement of a target to its next, at least ten seconds. @default Duration.minutes(1) */
  readonly interval?: Duration;
  /** Packets to each hop in one measurement, a second apart, at most 100: by so many, loss is a share. @default 10 */
  readonly packets?: number;
  /** How many routers a path may have, at most 64. @default 30 */
  readonly maxHops?: number;
  /**
   * Address ranges of the targets, which pods are let out to, with every protocol: policies can name neither ICMP nor hosts.
   *
   * @default - each target's own address; any address as soon as one is a name of DNS
   */
  readonly ranges?: readonly string[];
  /** A door to the page, from outside. It asks nobody who he is. @default - none; `kubectl port-forward` works */
  readonly exposure?: IExposure;
}

const folder = '/etc/network-paths';
const fileName = 'paths.json';
/** What a pod may start at once. Each measurement is two small processes that mostly wait. */
const mostAtOnce = 32;

/**
 * Paths to targets, hop by hop, by mtr: which way packets go, what is lost on it, how long it takes and how much that varies, as metrics; and
 * a page with the map of paths and the changes of routes. To know only whether a target answers and how fast, a prober is enough.
 *
 * It pings as a user who is nobody, without a capability: by the sysctl `net.ipv4.ping_group_range` of its own pod, which the restricted
 * standard allows. What it saw is in its memory: after a restart the page begins anew, and Prometheus has the rest.
 */
export class PathMonitor extends Component {
  readonly software = [images.workers];
  readonly scrapeTargets: readonly ScrapeTarget[];
  /** Map, paths and changes of routes, port 8080: for everybody who reaches it. */
  readonly page: ServiceEndpoint;
  override readonly alerts: readonly Alert[];
  override readonly dashboards: readonly Dashboard[];

  /** @throws {InvalidPropError} if a target or a number is none, or there is more to measure than there is time */
  constructor(scope: Construct, id: string, props: PathMonitorProps) {
    super(scope, id, props);
    const targets = checkedTargets(`${this.node.path}.targets`, props.targets);
    const file = pathsFile(this.node.path, targets, props);
    const { workload, endpoints, scrapeTargets } = this.deployment('server', props, {
      image: images.workers,
      ...workerUser,
      pings: true,
      role: 'network-measurement',
      args: ['paths'],
      env: { [networkPathsKeys.file]: `${folder}/${fileName}`, [networkPathsKeys.mtrHome]: imageMtrHome },
      resources: { cpu: '50m', memory: '128Mi', memoryLimit: '320Mi' },
      ports: {
        page: { port: ports.networkPaths, scheme: 'http' },
        operations: { port: ports.workerOperations, scheme: 'http', metrics: '/metrics', forClients: false },
      },
      probes: {
        ready: Probe.http('operations', '/readyz'),
        alive: Probe.http('operations', '/healthz', { failures: 6 }),
      },
      files: { path: folder, files: [ConfigFile.json(fileName, () => file)] },
    });
    const peers = peersOf(targets, props.ranges);
    workload.network.allowPings(peers, 'pings to the targets, and policies cannot name ICMP');
    if (targets.some(({ host }) => !isAddress(host))) workload.network.allowDns();
    this.page = endpoints.page;
    // Where a target is holds against where the platform is.
    this.scrapeTargets = scrapeTargets.map((each) => ({ ...each, class: 'network' as const, honorLabels: true }));
    if (props.exposure !== undefined) this.page.expose(props.exposure);
    this.alerts = pathMonitorAlerts(this.name, Duration.seconds(file.intervalSeconds));
    this.dashboards = [pathMonitorDashboard(this.name)];
  }
}

function pathsFile(
  path: string,
  targets: readonly NetworkTarget[],
  { interval = Duration.minutes(1), packets = 10, maxHops = 30 }: PathMonitorProps,
): NetworkPathsFile {
  const intervalSeconds = interval.toSeconds();
  if (intervalSeconds < 10 || intervalSeconds > 86_400)
    throw new InvalidPropError(`${path}.interval`, interval.toHumanString(), 'ten seconds to a day');
  if (!Number.isInteger(packets) || packets < 1 || packets > 100)
    throw new InvalidPropError(`${path}.packets`, packets, 'a whole number from 1 to 100');
  if (!Number.isInteger(maxHops) || maxHops < 1 || maxHops > 64)
    throw new InvalidPropError(`${path}.maxHops`, maxHops, 'a whole number from 1 to 64');
  const seconds = measurementSeconds(packets);
  if (seconds > intervalSeconds)
    throw new InvalidPropError(`${path}.packets`, packets, `fewer: a measurement of them may take ${seconds} s`);
  // As many as are needed if each takes as long as it may.
  const concurrency = Math.ceil((targets.length * seconds) / intervalSeconds);
  if (concurrency > mostAtOnce)
    throw new InvalidPropError(`${path}.targets`, targets.length, 'fewer targets, a longer interval or fewer packets');
  return {
    intervalSeconds,
    packets,
    maxHops,
    concurrency,
    targets: targets.map(({ name, host, region, site, provider, link }) => ({
      name,
      host,
      ...defined({ region, site, provider, link }),
    })),
  };
}

function peersOf(targets: readonly NetworkTarget[], ranges: readonly string[] | undefined): readonly NetworkPeer[] {
  if (ranges !== undefined) return ranges.map((range) => NetworkPeer.addresses(range));
  if (!targets.every(({ host }) => isAddress(host))) return NetworkPeer.anywhere();
  return targets.map(({ host }) => NetworkPeer.host(host));
}
