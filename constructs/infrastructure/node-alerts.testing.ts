import type { AlertCase, TestSeries } from '../core/alert-case.testing';

const at = 'job="node-exporter", instance="10.0.0.7:9100"';
const uname = { [`node_uname_info{${at}, nodename="node-7", machine="x86_64"}`]: '1x200' };
const labels = { job: 'node-exporter', instance: '10.0.0.7:9100', nodename: 'node-7', severity: 'warning' };
const named = (series: TestSeries): TestSeries => ({ ...uname, ...series });

/** Of two processors, the second of which does nothing: seconds a minute that the first one is idle. */
const cpu = (idle: number) =>
  named({
    [`node_cpu_seconds_total{${at}, cpu="0", mode="idle"}`]: `0+${idle}x60`,
    [`node_cpu_seconds_total{${at}, cpu="0", mode="user"}`]: `0+${60 - idle}x60`,
    [`node_cpu_seconds_total{${at}, cpu="1", mode="idle"}`]: `0+${idle / 2}x60`,
    [`node_cpu_seconds_total{${at}, cpu="1", mode="iowait"}`]: `0+${idle / 2}x60`,
    [`node_load5{${at}}`]: '3x60',
  });
const memory = (available: number) =>
  named({
    [`node_memory_MemAvailable_bytes{${at}}`]: `${available}x60`,
    [`node_memory_MemTotal_bytes{${at}}`]: '1000x60',
  });
/** The same disk at two places, and one in memory that is full. */
const disk = (free: string) => {
  const places = ['/', '/var/lib/kubelet'].map((place) => `device="/dev/vda1", fstype="ext4", mountpoint="${place}"`);
  const full = 'device="tmpfs", fstype="tmpfs", mountpoint="/run"';
  return named({
    ...Object.fromEntries(
      places.flatMap((place) => [
        [`node_filesystem_avail_bytes{${at}, ${place}}`, free],
        [`node_filesystem_size_bytes{${at}, ${place}}`, '1000x200'],
      ]),
    ),
    [`node_filesystem_avail_bytes{${at}, ${full}}`]: '1x200',
    [`node_filesystem_size_bytes{${at}, ${full}}`]: '1000x200',
  });
};
const ofDisk = { ...labels, device: '/dev/vda1' };
const inodes = (free: number) => {
  const place = `${at}, device="/dev/vda1", fstype="ext4", mountpoint="/"`;
  return named({
    [`node_filesystem_files_free{${place}}`]: `${free}x60`,
    [`node_filesystem_files{${place}}`]: '1000x60',
  });
};
const readOnly = (values: string) =>
  named({ [`node_filesystem_readonly{${at}, device="/dev/vda1", fstype="ext4", mountpoint="/"}`]: values });
const packets = (broken: number) =>
  named({
    [`node_network_receive_errs_total{${at}, device="eth0"}`]: '0x60',
    [`node_network_receive_packets_total{${at}, device="eth0"}`]: '0+1000x60',
    [`node_network_transmit_errs_total{${at}, device="eth0"}`]: `0+${broken}x60`,
    [`node_network_transmit_packets_total{${at}, device="eth0"}`]: '0+1000x60',
  });
const clock = (offset: number) => named({ [`node_timex_offset_seconds{${at}}`]: `${offset}x60` });
const synchronised = (status: string, most: number) =>
  named({ [`node_timex_sync_status{${at}}`]: status, [`node_timex_maxerror_seconds{${at}}`]: `${most}x60` });
const connections = (entries: number) =>
  named({
    [`node_nf_conntrack_entries{${at}}`]: `${entries}x60`,
    [`node_nf_conntrack_entries_limit{${at}}`]: '1000x60',
  });

/** Of node exporters on the host network. */
export const nodeAlertCases: readonly AlertCase[] = [
  {
    alert: 'NodeExporterDown',
    fires: { [`up{${at}}`]: '0x30' },
    silent: { [`up{${at}}`]: '1x30', 'up{job="node-exporter", instance="10.0.0.8:9100"}': '0x30' },
    labels: { job: 'node-exporter', severity: 'critical' },
  },
  {
    // The Service names its pod no more, so that there is no `up` either.
    alert: 'NodeDown',
    fires: { [`up{${at}}`]: '1x10', [`node_uname_info{${at}, nodename="node-7"}`]: '1x10' },
    silent: named({ [`up{${at}}`]: '1x30' }),
    labels,
  },
  { alert: 'HighCPUUsage', fires: cpu(9), silent: cpu(15), labels },
  { alert: 'CriticalCPUUsage', fires: cpu(5), silent: cpu(9), labels: { ...labels, severity: 'critical' } },
  {
    alert: 'NodeSaturated',
    fires: { ...cpu(30), [`node_load5{${at}}`]: '5x60' },
    silent: cpu(30),
    labels,
  },
  { alert: 'NodeMemoryLow', fires: memory(80), silent: memory(120), labels },
  { alert: 'NodeMemoryExhausted', fires: memory(40), silent: memory(80), labels: { ...labels, severity: 'critical' } },
  {
    alert: 'NodeOutOfMemoryKill',
    fires: named({ [`node_vmstat_oom_kill{${at}}`]: '3x25 4x20' }),
    silent: named({ [`node_vmstat_oom_kill{${at}}`]: '3x60' }),
    labels,
  },
  { alert: 'NodeDiskUsageHigh', fires: disk('150x60'), silent: disk('250x60'), labels: ofDisk },
  {
    alert: 'NodeDiskFull',
    fires: disk('80x60'),
    silent: disk('150x60'),
    labels: { ...ofDisk, severity: 'critical' },
  },
  { alert: 'NodeDiskFilling', fires: disk('380-1x200'), silent: disk('380x200'), labels: ofDisk, after: 120 },
  { alert: 'NodeInodesLow', fires: inodes(50), silent: inodes(150), labels: ofDisk },
  {
    alert: 'NodeFilesystemReadOnly',
    fires: readOnly('0x10 1x40'),
    silent: readOnly('1x60'),
    labels: { ...ofDisk, severity: 'critical' },
  },
  {
    alert: 'NodeDiskSaturated',
    fires: named({ [`node_disk_io_time_weighted_seconds_total{${at}, device="vda"}`]: '0+720x60' }),
    silent: named({ [`node_disk_io_time_weighted_seconds_total{${at}, device="vda"}`]: '0+300x60' }),
    labels: { ...labels, device: 'vda' },
    after: 45,
  },
  { alert: 'NodeClockSkew', fires: clock(-0.2), silent: clock(-0.02), labels },
  {
    alert: 'NodeClockNotSynchronised',
    fires: synchronised('0x60', 16),
    silent: synchronised('0x60', 2),
    labels,
  },
  {
    alert: 'NodeNetworkErrors',
    fires: packets(20),
    silent: packets(5),
    labels: { ...labels, device: 'eth0' },
  },
  { alert: 'NodeConntrackFull', fires: connections(900), silent: connections(700), labels },
];
