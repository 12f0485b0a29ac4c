import { Duration } from 'cdk8s';
import type { Alert, RecordingRule } from '../core/alert';
import { downAlert } from '../core/down-alert';

/** What there is to be told of. */
export interface NodeSignals {
  /** Whether interfaces of nodes are measured. */
  readonly network: boolean;
}

/** Series of one node, across restarts of the exporter. */
const node = 'job, instance';

/** File systems that fill by what is written to them; not those in memory, of firmware, and of images, which are always full. */
const disks = 'fstype!~"tmpfs|ramfs|vfat|efivarfs|squashfs|erofs|iso9660|fuse.lxcfs"';

/**
 * Series that alerts and dashboards ask for. A disk that is mounted at several places counts once: `device` tells disks apart.
 *
 * @param job scrape job of the exporters
 */
export function nodeRecordingRules(job: string, { network }: NodeSignals): readonly RecordingRule[] {
  const of = (metric: string, matchers = '') => `${metric}{job="${job}"${matchers === '' ? '' : `, ${matchers}`}}`;
  const through = (direction: string) => ({
    record: `instance_device:node_network_${direction}_bytes:rate5m`,
    expr: `sum by (${node}, device) (rate(${of(`node_network_${direction}_bytes_total`, 'device!="lo"')}[5m]))`,
  });
  return [
    {
      record: 'instance:node_cpus:count',
      expr: `count by (${node}) (${of('node_cpu_seconds_total', 'mode="idle"')})`,
    },
    {
      // Waiting for a disk leaves the processor to others; what a hypervisor gives to its other guests does not.
      record: 'instance:node_cpu_used:ratio_rate5m',
      expr: `1 - avg by (${node}) (sum without (mode) (rate(${of('node_cpu_seconds_total', 'mode=~"idle|iowait"')}[5m])))`,
    },
    {
      record: 'instance:node_memory_used:ratio',
      expr: `1 - ${of('node_memory_MemAvailable_bytes')} / ${of('node_memory_MemTotal_bytes')}`,
    },
    {
      record: 'instance_device:node_filesystem_used:ratio',
      expr: `max by (${node}, device) (1 - ${of('node_filesystem_avail_bytes', disks)} / ${of('node_filesystem_size_bytes', disks)})`,
    },
    {
      record: 'instance_device:node_disk_busy:ratio_rate5m',
      expr: `max by (${node}, device) (rate(${of('node_disk_io_time_seconds_total')}[5m]))`,
    },
    ...(network ? [through('receive'), through('transmit')] : []),
  ];
}

/**
 * What of nodes people should know. Each alert has the name of its node as `nodename`, as the kernel knows it.
 *
 * @param job scrape job of the exporters
 */
export function nodeAlerts(job: string, { network }: NodeSignals): readonly Alert[] {
  const of = (metric: string, matchers = '') => `${metric}{job="${job}"${matchers === '' ? '' : `, ${matchers}`}}`;
  const recorded = (name: string) => `${name}{job="${job}"}`;
  const named = (expr: string) => `(${expr})\n* on (${node}) group_left (nodename) ${of('node_uname_info')}`;
  const ofNode = '{{ $labels.nodename }}';
  return [
    downAlert('NodeExporter', job, 'Nothing is known of processors, memory, disks and clocks of nodes.'),
    {
      name: 'NodeDown',
      // A node that is down has no pod that could fail to answer: it is known by what it said before.
      expr: `max by (${node}, nodename) (last_over_time(${of('node_uname_info')}[1h]))\nunless on (${node}) ${of('up')} == 1`,
      for: Duration.minutes(5),
      severity: 'warning',
      summary: `${ofNode} is not heard of any more`,
      description:
        'Its exporter answered within the last hour and does not now: the node is down, cut off or removed, or its pod cannot run.',
    },
    {
      name: 'HighCPUUsage',
      expr: named(`${recorded('instance:node_cpu_used:ratio_rate5m')} > 0.8`),
      for: Duration.minutes(5),
      severity: 'warning',
      summary: `Processors of ${ofNode} are busy for {{ $value | humanizePercentage }} of the time`,
      description: 'Pods there get slower than they could be, first those that asked for the least.',
    },
    {
      name: 'CriticalCPUUsage',
      expr: named(`${recorded('instance:node_cpu_used:ratio_rate5m')} > 0.9`),
      for: Duration.minutes(5),
      severity: 'critical',
      runbook: 'HighCPUUsage',
      summary: `Processors of ${ofNode} are busy for {{ $value | humanizePercentage }} of the time`,
      description: 'Pods there are slow; kubelet and probes may be late, so that pods are started again that are well.',
    },
    {
      name: 'NodeSaturated',
      expr: named(`${of('node_load5')} / on (${node}) ${recorded('instance:node_cpus:count')} > 2`),
      for: Duration.minutes(15),
      severity: 'warning',
      runbook: 'HighCPUUsage',
      summary: `{{ $value | printf "%.1f" }} threads of ${ofNode} wait for each processor`,
      description: 'They wait for a processor, or for a disk that does not answer.',
    },
    {
      name: 'NodeMemoryLow',
      expr: named(`${recorded('instance:node_memory_used:ratio')} > 0.9`),
      for: Duration.minutes(10),
      severity: 'warning',
      summary: `Of the memory of ${ofNode} {{ $value | humanizePercentage }} are used`,
      description:
        'What the kernel could give back at once does not count as used. The kubelet is about to evict pods.',
    },
    {
      name: 'NodeMemoryExhausted',
      expr: named(`${recorded('instance:node_memory_used:ratio')} > 0.95`),
      for: Duration.minutes(5),
      severity: 'critical',
      runbook: 'NodeMemoryLow',
      summary: `Of the memory of ${ofNode} {{ $value | humanizePercentage }} are used`,
      description: 'The kernel is about to kill processes, not always those that took the memory.',
    },
    {
      name: 'NodeOutOfMemoryKill',
      expr: named(`increase(${of('node_vmstat_oom_kill')}[10m]) > 0`),
      for: Duration.minutes(1),
      severity: 'warning',
      runbook: 'NodeMemoryLow',
      summary: `The kernel of ${ofNode} killed a process for its memory`,
      description: 'Of a container beyond its limit, or of whatever was largest when the node had none left.',
    },
    ...diskAlerts(of, recorded, named),
    ...clockAlerts(of, named),
    ...(network ? networkAlerts(of, named) : []),
  ];
}

type Selector = (metric: string, matchers?: string) => string;
type Wrapped = (text: string) => string;

function diskAlerts(of: Selector, recorded: Wrapped, named: Wrapped): readonly Alert[] {
  const [disk, used] = [
    '{{ $labels.device }} of {{ $labels.nodename }}',
    recorded('instance_device:node_filesystem_used:ratio'),
  ];
  const perDisk = (expr: string) => `max by (${node}, device) (${expr})`;
  return [
    {
      name: 'NodeDiskUsageHigh',
      expr: named(`${used} > 0.8`),
      for: Duration.minutes(15),
      severity: 'warning',
      runbook: 'NodeDiskFilling',
      summary: `${disk} is {{ $value | humanizePercentage }} full`,
      description:
        'At 85 % the kubelet begins to remove images, at 90 % to evict pods, if it is the disk that they are on.',
    },
    {
      name: 'NodeDiskFull',
      expr: named(`${used} > 0.9`),
      for: Duration.minutes(5),
      severity: 'critical',
      runbook: 'NodeDiskFilling',
      summary: `${disk} is {{ $value | humanizePercentage }} full`,
      description: 'The kubelet evicts pods, and takes no new ones, if it is the disk that they are on.',
    },
    {
      name: 'NodeDiskFilling',
      expr: named(
        [
          `${used} > 0.6`,
          `and on (${node}, device) ${perDisk(`predict_linear(${of('node_filesystem_avail_bytes', disks)}[6h], 24 * 3600)`)} < 0`,
        ].join('\n'),
      ),
      for: Duration.hours(1),
      severity: 'warning',
      summary: `${disk} is {{ $value | humanizePercentage }} full, and all of it within a day`,
      description: 'That is, if it goes on to fill as in the last six hours.',
    },
    {
      name: 'NodeInodesLow',
      expr: named(
        perDisk(`1 - ${of('node_filesystem_files_free', disks)} / (${of('node_filesystem_files', disks)} > 0)`) +
          ' > 0.9',
      ),
      for: Duration.minutes(15),
      severity: 'warning',
      runbook: 'NodeDiskFilling',
      summary: `${disk} has {{ $value | humanizePercentage }} of its inodes in use`,
      description: 'Without inodes no file can be made, whatever room there is. Many small files took them.',
    },
    {
      name: 'NodeFilesystemReadOnly',
      // Some are so from the start, on purpose.
      expr: named(
        `${perDisk(of('node_filesystem_readonly', disks))} == 1\n` +
          `and on (${node}, device) ${perDisk(`min_over_time(${of('node_filesystem_readonly', disks)}[1d])`)} == 0`,
      ),
      for: Duration.minutes(5),
      severity: 'critical',
      summary: `${disk} can only be read`,
      description:
        'It could be written to within the last day. The kernel does so when the disk fails or its file system is broken.',
    },
    {
      name: 'NodeDiskSaturated',
      expr: named(`${perDisk(`rate(${of('node_disk_io_time_weighted_seconds_total')}[5m])`)} > 10`),
      for: Duration.minutes(30),
      severity: 'warning',
      summary: `{{ $value | printf "%.0f" }} requests wait for {{ $labels.device }} of {{ $labels.nodename }}`,
      description: 'Whoever writes to it or reads from it waits: brokers and stores first.',
    },
  ];
}

function clockAlerts(of: Selector, named: Wrapped): readonly Alert[] {
  return [
    {
      name: 'NodeClockSkew',
      expr: named(`abs(${of('node_timex_offset_seconds')}) > 0.05`),
      for: Duration.minutes(10),
      severity: 'warning',
      summary: 'The clock of {{ $labels.nodename }} is {{ $value | humanizeDuration }} off',
      description: 'Spans of different nodes are put together by their times, and tokens are valid for a time.',
    },
    {
      name: 'NodeClockNotSynchronised',
      expr: named(
        `max_over_time(${of('node_timex_sync_status')}[5m]) == 0\nand on (${node}) ${of('node_timex_maxerror_seconds')} >= 16`,
      ),
      for: Duration.minutes(10),
      severity: 'warning',
      runbook: 'NodeClockSkew',
      summary: 'Nothing sets the clock of {{ $labels.nodename }}',
      description: 'The kernel itself believes it no more. How wrong it is, nobody knows.',
    },
  ];
}

function networkAlerts(of: Selector, named: Wrapped): readonly Alert[] {
  const lost = (direction: string) =>
    `rate(${of(`node_network_${direction}_errs_total`)}[5m]) / rate(${of(`node_network_${direction}_packets_total`)}[5m]) > 0.01`;
  return [
    {
      name: 'NodeNetworkErrors',
      expr: named(`${lost('receive')}\nor\n${lost('transmit')}`),
      for: Duration.minutes(15),
      severity: 'warning',
      summary:
        '{{ $value | humanizePercentage }} of the packets at {{ $labels.device }} of {{ $labels.nodename }} are broken',
      description: 'A cable, a port or a driver fails. What is lost is sent again, so everything over it is slow.',
    },
    {
      name: 'NodeConntrackFull',
      expr: named(`${of('node_nf_conntrack_entries')} / ${of('node_nf_conntrack_entries_limit')} > 0.8`),
      for: Duration.minutes(10),
      severity: 'warning',
      summary: '{{ $labels.nodename }} follows {{ $value | humanizePercentage }} of the connections that it can',
      description: 'When the table is full, new connections are dropped, those to Services first.',
    },
  ];
}
