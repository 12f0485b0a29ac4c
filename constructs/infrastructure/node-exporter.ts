import type { Construct } from 'constructs';
import { ports } from '../contracts';
import { images } from '../images';
import type { Alert, RecordingRule } from '../core/alert';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import { ConfigFile } from '../core/config-file';
import type { Dashboard } from '../core/dashboard';
import type { ServiceEndpoint } from '../core/endpoint';
import { PodField } from '../core/env-source';
import { InvalidPropError } from '../core/errors';
import { SecurityProfile } from '../core/security-profile';
import type { ServerProps } from '../core/server-description';
import { webConfig } from '../metrics/prometheus-config';
import { nodesDashboard } from './nodes-dashboard';
import { nodeAlerts, nodeRecordingRules } from './node-alerts';

/** What is measured unless somebody says otherwise: what alerts and dashboards ask for, and what only some nodes have. */
export const nodeCollectors: readonly string[] = [
  ...['cpu', 'diskstats', 'edac', 'filefd', 'filesystem', 'hwmon', 'loadavg', 'mdadm', 'meminfo', 'nvme', 'os'],
  ...['pressure', 'stat', 'time', 'timex', 'uname', 'vmstat', 'xfs'],
];

/** What is of the network in which the exporter itself is. */
export const networkCollectors: readonly string[] = [
  ...['arp', 'bonding', 'conntrack', 'ipvs', 'netclass', 'netdev', 'netstat', 'nfs', 'nfsd', 'sockstat', 'softnet'],
  'udp_queues',
];

/** One of each pair that ties a pod to its node, by the network plugins that are about: it comes and goes with the pod. */
const podInterfaces = '^(veth.*|cali.*|lxc.*|azv.*|gke.*|eni.*|tap.*|[a-f0-9]{15})$';
/** Of the kernel, of pods and of containers: what is in them is told of elsewhere, or nowhere. */
const otherMounts =
  '^/(dev|proc|sys|run/(credentials|containerd|k3s/containerd|netns)/.+|var/lib/(containerd|containers|docker|kubelet/pods)/.+)($|/)';

/** Options of a {@link NodeExporter}. */
export interface NodeExporterProps extends ComponentProps, ServerProps {
  /**
   * Whether pods are in the network of their node, which is the only way to count what goes through its interfaces. Policies of most
   * networks do not hold for them, and the environment has to say `cluster.nodeRanges`. Without, nothing of the network is measured.
   *
   * @default true
   */
  readonly hostNetwork?: boolean;
  /** What is measured, by the names of node_exporter's collectors. @default - processors, memory, disks, clock and, on the host network, interfaces */
  readonly collectors?: readonly string[];
}

/**
 * node_exporter on every node: what the kernel tells of processors, memory, disks, clock and network. It reads the node's files as a user
 * who is nobody, without capabilities: the clock is only asked. Nor does it share the node's processes (`hostPID`), as what it reads of
 * them is in the node's own `/proc`, which it has as a file system.
 *
 * Its namespace admits whatever pod, so it is for agents alone.
 */
export class NodeExporter extends Component {
  readonly software = [images.nodeExporter];
  readonly scrapeTargets: readonly ScrapeTarget[];
  /** Metrics of each node, port 9100. */
  readonly metrics: ServiceEndpoint;
  override readonly alerts: readonly Alert[];
  override readonly dashboards: readonly Dashboard[];
  override readonly recordingRules: readonly RecordingRule[];

  /** @throws {InvalidPropError} if a collector is none, or is of a network that the pods are not in */
  constructor(scope: Construct, id: string, props: NodeExporterProps = {}) {
    super(scope, id, { ...props, nodeSelector: { 'kubernetes.io/os': 'linux', ...props.nodeSelector } });
    const { hostNetwork = true } = props;
    const collectors = props.collectors ?? [...nodeCollectors, ...(hostNetwork ? networkCollectors : [])];
    checkCollectors(`${this.node.path}.collectors`, collectors, hostNetwork);
    const web = webConfig(this.tls);
    const { endpoints, scrapeTargets } = this.daemonSet('agent', props, {
      image: images.nodeExporter,
      user: 65534,
      role: 'node-metrics',
      profile: profile(hostNetwork),
      args: [
        // Only there, not at every address that the node has.
        `--web.listen-address=[$(POD_IP)]:${ports.nodeExporter}`,
        ...(web === undefined ? [] : ['--web.config.file=/etc/node-exporter/web.yml']),
        ...['--path.rootfs=/host/root', '--path.procfs=/host/root/proc', '--path.sysfs=/host/root/sys'],
        '--path.udev.data=/host/root/run/udev/data',
        '--collector.disable-defaults',
        ...collectors.map((name) => `--collector.${name}`),
        `--collector.filesystem.mount-points-exclude=${otherMounts}`,
        ...(collectors.includes('netdev') ? [`--collector.netdev.device-exclude=${podInterfaces}`] : []),
        ...(collectors.includes('netclass') ? [`--collector.netclass.ignored-devices=${podInterfaces}`] : []),
      ],
      envFrom: { POD_IP: PodField.podIp },
      resources: { cpu: '20m', memory: '32Mi', memoryLimit: '96Mi' },
      ports: {
        metrics: { port: ports.nodeExporter, scheme: 'http', metrics: '/metrics', forClients: false, tls: true },
      },
      // Its first page measures nothing.
      probes: { ready: '/' },
      ...(web !== undefined && {
        files: { path: '/etc/node-exporter', files: [ConfigFile.yaml('web.yml', () => web)] },
      }),
    });
    this.metrics = endpoints.metrics;
    this.scrapeTargets = scrapeTargets.map((target) => ({ ...target, class: 'infrastructure' }));
    this.dashboards = [nodesDashboard(this.name)];
    this.alerts = nodeAlerts(this.name, { network: collectors.includes('netdev') });
    this.recordingRules = nodeRecordingRules(this.name, { network: collectors.includes('netdev') });
  }
}

function profile(hostNetwork: boolean): SecurityProfile {
  return SecurityProfile.agent({
    reason: `it measures the node: its processors, memory and disks${hostNetwork ? ', and what goes through its interfaces' : ''}`,
    hostNetwork,
    // How full each file system is, the kernel says of its mount point only.
    hostPaths: { root: { path: '/', mountPath: '/host/root', followsMounts: true } },
  });
}

function checkCollectors(prop: string, collectors: readonly string[], hostNetwork: boolean): void {
  for (const [index, name] of collectors.entries()) {
    if (!/^[a-z][a-z0-9_.]*$/.test(name))
      throw new InvalidPropError(`${prop}[${index}]`, name, 'the name of a collector of node_exporter');
    if (!hostNetwork && networkCollectors.includes(name))
      throw new InvalidPropError(
        `${prop}[${index}]`,
        name,
        'with hostNetwork: it would count what the pod itself does',
      );
  }
}
