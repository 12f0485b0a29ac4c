import type { Dashboard } from '../core/dashboard';
import { rate, ratio } from '../core/promql';
import {
  dashboard,
  folders,
  labelVariable,
  ownTitle,
  ownUid,
  promql,
  rateRange,
  row,
  stat,
  table,
  timeseries,
  type Row,
} from '../dashboards';

/** File systems that fill: not those in memory, nor the layers and mounts of containers. */
const disks =
  'fstype!~"tmpfs|ramfs|overlay|squashfs|nsfs|autofs|erofs", mountpoint!~"/(run|var/lib/(kubelet|containerd|docker))/.+"';
/** Interfaces of the machine: not those that each pod has its end of. */
const interfaces = 'device!~"lo|veth.*|cali.*|cni.*|lxc.*|docker.*|flannel.*"';

/**
 * The machines, as node-exporter sees them.
 *
 * @param job its scrape job, which is also the name of its component
 * @see https://github.com/prometheus/node_exporter
 */
export function nodesDashboard(job: string): Dashboard {
  const of = `job="${job}", instance=~"$node"`;
  return dashboard({
    uid: ownUid(job, 'nodes'),
    title: ownTitle('Nodes', 'node-exporter', job),
    folder: folders.infrastructure,
    description: 'CPU, memory, disks and network of each node, and for what of them processes wait.',
    variables: [
      labelVariable({ name: 'node', title: 'Node', series: `node_uname_info{job="${job}"}`, label: 'instance' }),
    ],
    rows: [atAGlance(of), processors(of), disk(of), network(of)],
  });
}

/** Share of its cores that each node is busy: with anything but waiting. */
function busy(of: string): string {
  return `1 - avg by (instance) (rate(node_cpu_seconds_total{${of}, mode="idle"}[${rateRange}]))`;
}

function usedMemory(of: string): string {
  return `1 - node_memory_MemAvailable_bytes{${of}} / node_memory_MemTotal_bytes{${of}}`;
}

function usedDisk(of: string): string {
  return `1 - node_filesystem_avail_bytes{${of}, ${disks}} / node_filesystem_size_bytes{${of}, ${disks}}`;
}

function atAGlance(of: string): Row {
  return row(
    'At a glance',
    stat({
      title: 'Busiest',
      description: 'CPU of the node that has least left.',
      unit: 'percentunit',
      query: promql(`max(${busy(of)})`),
      thresholds: { warn: 0.8, bad: 0.95 },
    }),
    stat({
      title: 'Least memory',
      description: 'Memory in use on the node that has least left. When there is none, the kernel ends what it likes.',
      unit: 'percentunit',
      query: promql(`max(${usedMemory(of)})`),
      thresholds: { warn: 0.8, bad: 0.95 },
    }),
    stat({
      title: 'Fullest disk',
      description: 'Of all nodes. From 0.85 on the kubelet removes images, and then pods.',
      unit: 'percentunit',
      query: promql(`max(${usedDisk(of)})`),
      thresholds: { warn: 0.8, bad: 0.9 },
    }),
    stat({
      title: 'Newest start',
      description: 'Since the node that was started last was.',
      unit: 's',
      query: promql(`time() - max(node_boot_time_seconds{${of}})`),
    }),
    table({
      title: 'Nodes',
      description: 'At the end of the time.',
      labels: { instance: 'Node' },
      values: [
        { title: 'CPU', query: promql(busy(of)), unit: 'percentunit', thresholds: { warn: 0.8, bad: 0.95 } },
        {
          title: 'Memory',
          query: promql(`max by (instance) (${usedMemory(of)})`),
          unit: 'percentunit',
          thresholds: { warn: 0.8, bad: 0.95 },
        },
        {
          title: 'Fullest disk',
          query: promql(`max by (instance) (${usedDisk(of)})`),
          unit: 'percentunit',
          thresholds: { warn: 0.8, bad: 0.9 },
        },
        { title: 'Load', query: promql(`max by (instance) (node_load1{${of}})`), unit: 'short' },
        { title: 'Up', query: promql(`time() - max by (instance) (node_boot_time_seconds{${of}})`), unit: 's' },
      ],
    }),
  );
}

function processors(of: string): Row {
  const waited = (what: string) => `rate(node_pressure_${what}_waiting_seconds_total{${of}}[${rateRange}])`;
  return row(
    'CPU and memory',
    timeseries({
      title: 'CPU',
      description: 'Share of its cores that each node is busy.',
      unit: 'percentunit',
      max: 1,
      queries: [promql(busy(of), { legend: '{{instance}}' })],
    }),
    timeseries({
      title: 'Memory in use',
      description: 'Share that programs hold and that cannot be had from caches.',
      unit: 'percentunit',
      max: 1,
      queries: [promql(usedMemory(of), { legend: '{{instance}}' })],
      thresholds: { warn: 0.8, bad: 0.95 },
    }),
    timeseries({
      title: 'Waiting for CPU, memory and disks',
      description:
        'Share of the time in which something on the node waited for it, by the kernel’s own measure: what load says badly.',
      unit: 'percentunit',
      queries: ['cpu', 'memory', 'io'].map((what) => promql(waited(what), { legend: `{{instance}} ${what}` })),
    }),
    timeseries({
      title: 'Load',
      description: 'Processes that run or wait, over a minute, for each core. Above 1 some wait.',
      unit: 'short',
      queries: [
        promql(`node_load1{${of}} / on (instance) count by (instance) (node_cpu_seconds_total{${of}, mode="idle"})`, {
          legend: '{{instance}}',
        }),
      ],
      thresholds: { warn: 1 },
    }),
  );
}

function disk(of: string): Row {
  const each = (what: string) => rate(`node_disk_${what}_total{${of}}`, rateRange, 'instance', 'device');
  return row(
    'Disks',
    timeseries({
      title: 'In use',
      description: 'Share of each file system.',
      unit: 'percentunit',
      max: 1,
      queries: [promql(usedDisk(of), { legend: '{{instance}} {{mountpoint}}' })],
      thresholds: { warn: 0.8, bad: 0.9 },
    }),
    timeseries({
      title: 'Busy',
      description:
        'Share of the time in which each disk had something to do. A disk that does several things at once may be at 1 and have more to give.',
      unit: 'percentunit',
      max: 1,
      queries: [
        promql(`rate(node_disk_io_time_seconds_total{${of}}[${rateRange}])`, { legend: '{{instance}} {{device}}' }),
      ],
    }),
    timeseries({
      title: 'Latency',
      description:
        'How long a request to each disk takes in the mean, waiting for others included. A local disk answers within a millisecond, one over the network within ten.',
      unit: 's',
      queries: [
        promql(ratio(each('read_time_seconds'), each('reads_completed')), { legend: '{{instance}} {{device}} read' }),
        promql(ratio(each('write_time_seconds'), each('writes_completed')), {
          legend: '{{instance}} {{device}} write',
        }),
      ],
      thresholds: { warn: 0.02, bad: 0.1 },
    }),
    timeseries({
      title: 'Read and written',
      description: 'Bytes a second, of all disks of a node together.',
      unit: 'binBps',
      queries: [
        promql(`sum by (instance) (rate(node_disk_read_bytes_total{${of}}[${rateRange}]))`, {
          legend: '{{instance}} read',
        }),
        promql(`sum by (instance) (rate(node_disk_written_bytes_total{${of}}[${rateRange}]))`, {
          legend: '{{instance}} written',
        }),
      ],
    }),
  );
}

function network(of: string): Row {
  const bytes = (direction: string) =>
    promql(`sum by (instance) (rate(node_network_${direction}_bytes_total{${of}, ${interfaces}}[${rateRange}]))`, {
      legend: `{{instance}} ${direction}`,
    });
  const lost = (direction: string, what: string) =>
    promql(`sum by (instance) (rate(node_network_${direction}_${what}_total{${of}, ${interfaces}}[${rateRange}]))`, {
      legend: `{{instance}} ${direction} ${what}`,
    });
  return row(
    'Network',
    timeseries({
      title: 'Traffic',
      description: 'Bytes a second at the interfaces of the machine, without those of pods.',
      unit: 'binBps',
      queries: [bytes('receive'), bytes('transmit')],
    }),
    timeseries({
      title: 'Errors and drops',
      description: 'Packets a second that were broken, or for which there was no room.',
      unit: 'pps',
      queries: [lost('receive', 'errs'), lost('transmit', 'errs'), lost('receive', 'drop'), lost('transmit', 'drop')],
    }),
  );
}
