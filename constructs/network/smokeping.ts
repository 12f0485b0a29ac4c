import { Duration, Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { ports } from '../contracts';
import { images } from '../images';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import { ConfigFile } from '../core/config-file';
import type { ContainerProps } from '../core/container';
import { defined } from '../core/defined';
import type { IExposure, ServiceEndpoint } from '../core/endpoint';
import { InvalidPropError } from '../core/errors';
import { NetworkPeer } from '../core/network-peer';
import { Probe } from '../core/probe';
import type { Resources } from '../core/resources';
import type { ServerProps } from '../core/server-description';
import type { ClaimProps } from '../core/volume';
import type { Workload } from '../core/workload';
import { webConfig } from '../metrics/prometheus-config';
import { proberBuckets, proberConfig } from './prober-config';
import { measuringContainer, smokepingAlerts, smokepingRecordingRules, type NetworkLimits } from './smokeping-alerts';
import { databaseBytes, roundSeconds, smokepingConfig, smokepingPaths, writeSmokepingConfig } from './smokeping-config';
import { smokepingDashboard } from './smokeping-dashboard';
import { pagePath, smokepingHttpd, writeHttpd } from './smokeping-page';
import { checkedTargets, isAddress, type NetworkTarget } from './target';

/** Options of a {@link Smokeping}. */
export interface SmokepingProps extends ComponentProps, ServerProps {
  /** What is pinged. Each host once. */
  readonly targets: readonly NetworkTarget[];
  /** Address ranges behind targets that are names: policies cannot name hosts. @default - any address, if a target is a name */
  readonly nameRanges?: readonly string[];
  /** How often the page's program measures a target. @default Duration.minutes(1) */
  readonly step?: Duration;
  /** How many pings in a row that is, a second apart. @default 20 */
  readonly pings?: number;
  /** How often the prober pings a target. @default Duration.seconds(1) */
  readonly interval?: Duration;
  /** Beyond which people are told. */
  readonly limits?: NetworkLimits;
  /** Title of the page: letters, digits, blanks and `. , : / ( ) _ -`. @default 'Latency and loss' */
  readonly title?: string;
  /** Whom the page says to write to, an address of mail. @default 'noc@localhost.localdomain' */
  readonly contact?: string;
  /** For the page's graphs. @default 5 GiB of the environment's storage class, enough for some six hundred targets */
  readonly volume?: ClaimProps;
  /** Of what measures for the page, beside `resources` of what shows it. @default - as the construct says */
  readonly daemonResources?: Resources;
  /** Of the prober, which is a pod of its own. @default - as the construct says */
  readonly prober?: ServerProps;
  /** A door to the page, from outside. It asks nobody who he is. @default - none; `kubectl port-forward` works */
  readonly exposure?: IExposure;
}

const configFolder = '/etc/plumbline/smokeping';
const configFile = `${configFolder}/config`;
const proberFolder = '/etc/smokeping-prober';
/** That of the image's own account, `abc`. */
const user = 911;

/**
 * Round trips and losses between here and elsewhere, by ping: SmokePing with its page of graphs, and smokeping_prober with metrics for
 * alerts and dashboards. They are two, as neither has what the other has, and ping each for itself. Both are restricted pods without any
 * capability: the kernel has sockets for pings.
 *
 * A target whose name is not found when the prober starts ends it, and so measures of all others: give addresses where they are known.
 */
export class Smokeping extends Component {
  readonly software = [images.smokeping, images.smokepingProber];
  readonly scrapeTargets: readonly ScrapeTarget[];
  override readonly alerts;
  override readonly recordingRules;
  override readonly dashboards;
  /** Graphs for people, at `/`, port 8080. In plain text and for whoever may connect: doors encrypt, and say who may. */
  readonly page: ServiceEndpoint;
  /** Metrics of the prober, port 9374. */
  readonly metrics: ServiceEndpoint;

  /** @throws {InvalidPropError} if targets, their number or how often they are measured cannot be */
  constructor(scope: Construct, id: string, props: SmokepingProps) {
    super(scope, id, props);
    const targets = this.checked(props);
    const page = this.makePage(props, targets);
    const prober = this.makeProber(props, targets);
    this.page = page.endpoints.page;
    this.metrics = prober.endpoints.metrics;
    this.scrapeTargets = prober.scrapeTargets.map((each) => ({ ...each, class: 'network' as const }));
    if (props.exposure !== undefined) this.page.expose(props.exposure);
    for (const { workload } of [page, prober]) letOut(workload, targets, props.nameRanges);
    const names = { prober: prober.workload.name, page: page.workload.name, namespace: this.namespace };
    this.recordingRules = smokepingRecordingRules(names.prober, targets);
    this.alerts = smokepingAlerts(names, props.limits);
    this.dashboards = [smokepingDashboard(this.name, names.prober)];
  }

  private makePage(props: SmokepingProps, targets: readonly NetworkTarget[]) {
    const { title = 'Latency and loss', contact = 'noc@localhost.localdomain' } = props;
    const { step, pings } = measured(props);
    const { data, images: pictures, run } = smokepingPaths;
    const containers = [this.name, measuringContainer];
    return this.statefulSet('server', props, {
      image: images.smokeping,
      user,
      role: 'latency-graphs',
      command: ['httpd'],
      args: ['-DFOREGROUND', '-f', `${configFolder}/httpd.conf`],
      resources: { cpu: '50m', memory: '128Mi', memoryLimit: '384Mi' },
      ports: { page: { port: ports.smokeping, scheme: 'http' } },
      probes: {
        ready: Probe.http('page', pagePath, { period: Duration.seconds(30) }),
        alive: Probe.tcp('page', { failures: 12 }),
      },
      sidecars: [{ name: measuringContainer, ...measuring(step, props) }],
      pings: true,
      claims: { data: { path: data, containers, ...volumeOf(props) } },
      scratch: {
        pictures: { path: pictures, size: Size.mebibytes(256), containers },
        run: { path: run, size: Size.mebibytes(8), containers: [measuringContainer] },
        tmp: { path: '/tmp', size: Size.mebibytes(64), containers },
      },
      files: {
        path: configFolder,
        containers,
        files: [
          ConfigFile.written(
            'config',
            () => smokepingConfig({ targets, title, contact, owner: this.team, step, pings }),
            writeSmokepingConfig,
          ),
          ConfigFile.written('httpd.conf', () => smokepingHttpd(configFile), writeHttpd),
        ],
      },
    });
  }

  private makeProber(
    { interval = Duration.seconds(1), prober = {} }: SmokepingProps,
    targets: readonly NetworkTarget[],
  ) {
    const web = webConfig(this.tls);
    return this.deployment('prober', prober, {
      name: `${this.name}-prober`,
      image: images.smokepingProber,
      user: 65534,
      role: 'latency-metrics',
      args: [
        `--config.file=${proberFolder}/config.yaml`,
        `--web.listen-address=:${ports.smokepingProber}`,
        `--buckets=${proberBuckets.join(',')}`,
        ...(web === undefined ? [] : [`--web.config.file=${proberFolder}/web.yaml`]),
      ],
      // What several threads would do is hand packets to each other.
      env: { GOMAXPROCS: '1' },
      resources: { cpu: '50m', memory: '32Mi', memoryLimit: '96Mi' },
      ports: {
        metrics: { port: ports.smokepingProber, scheme: 'http', metrics: '/metrics', forClients: false, tls: true },
      },
      probes: { ready: '/-/healthy' },
      pings: true,
      files: {
        path: proberFolder,
        files: [
          ConfigFile.yaml('config.yaml', () => proberConfig(targets, interval)),
          ...(web === undefined ? [] : [ConfigFile.yaml('web.yaml', () => web)]),
        ],
      },
    });
  }

  private checked(props: SmokepingProps): readonly NetworkTarget[] {
    const at = (prop: string) => `${this.node.path}.${prop}`;
    const { title = '', contact = 'a@b.c', interval = Duration.seconds(1) } = props;
    const targets = checkedTargets(at('targets'), props.targets);
    for (const [index, { host }] of targets.entries())
      if (targets.findIndex((each) => each.host === host) !== index)
        throw new InvalidPropError(at(`targets[${index}].host`), host, 'a host that no other target has');
    if (!/^[\w .,:/()-]{0,100}$/.test(title)) throw new InvalidPropError(at('title'), title, 'plain words in one line');
    if (!/^[\w.+-]+@[\w-]+(\.[\w-]+)+$/.test(contact))
      throw new InvalidPropError(at('contact'), contact, 'an address of mail');
    if (interval.toMilliseconds() < 100)
      throw new InvalidPropError(at('interval'), interval.toHumanString(), 'a tenth of a second or more');
    const { step, pings } = measured(props);
    if (!Number.isInteger(pings) || pings < 3)
      throw new InvalidPropError(at('pings'), pings, 'a whole number from 3 on');
    if (roundSeconds(pings) > step.toSeconds())
      throw new InvalidPropError(at('step'), step.toHumanString(), `time for ${pings} pings a second apart`);
    const needed = Math.ceil((databaseBytes(step, pings) * targets.length) / 2 ** 20);
    const { size } = volumeOf(props);
    if (needed > size.toMebibytes())
      throw new InvalidPropError(
        at('volume.size'),
        `${size.toMebibytes()} MiB`,
        `the ${needed} MiB that the graphs take`,
      );
    return targets;
  }
}

function measured({ step = Duration.minutes(1), pings = 20 }: SmokepingProps) {
  return { step, pings };
}

function volumeOf({ volume = { size: Size.gibibytes(5) } }: SmokepingProps): ClaimProps {
  return volume;
}

/** The program that measures. It is well while there are files that are new: it has no port, and might wait for a child that hangs. */
function measuring(step: Duration, { image, daemonResources }: SmokepingProps): Omit<ContainerProps, 'name'> {
  const { data } = smokepingPaths;
  const rounds = 3;
  const minutes = Math.ceil((rounds * step.toSeconds()) / 60) + 1;
  const writes = ['sh', '-c', `find ${data} -name '*.rrd' -mmin -${minutes} | grep -q .`];
  const period = Duration.seconds(30);
  return {
    image: images.smokeping,
    ...defined({ imageOverride: image }),
    command: ['smokeping'],
    args: [`--config=${configFile}`, '--nodaemon'],
    env: { HOME: '/tmp' },
    resources: daemonResources ?? { cpu: '50m', memory: '64Mi', memoryLimit: '192Mi' },
    // Files of a pod before it are old until the first round has ended.
    startup: Probe.command(writes, { failures: Math.ceil((rounds * step.toSeconds()) / 10) }),
    readiness: Probe.command(writes, { period }),
    liveness: Probe.command(writes, { period, failures: 4 }),
  };
}

/** Pings to every target, by its address where it is one. */
function letOut(workload: Workload, targets: readonly NetworkTarget[], nameRanges?: readonly string[]): void {
  const addresses = targets.flatMap(({ host }) => (isAddress(host) ? [NetworkPeer.host(host)] : []));
  const hasNames = addresses.length < targets.length;
  const named = nameRanges?.map((range) => NetworkPeer.addresses(range)) ?? NetworkPeer.anywhere();
  workload.network.allowPings([...addresses, ...(hasNames ? named : [])], 'pings of targets of the network');
  if (hasNames) workload.network.allowDns();
}
