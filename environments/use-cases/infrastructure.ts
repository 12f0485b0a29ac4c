import { panels, type UseCase } from './use-case';

const category = 'Infrastructure Monitoring';

/** Machines, their disks, and what runs on them. */
export const infrastructure: readonly UseCase[] = [
  {
    category,
    area: 'Resource Utilization Tracking',
    name: 'Monitor CPU',
    panels: panels('Nodes', 'Busiest', 'CPU', 'Load'),
    alerts: ['HighCPUUsage'],
  },
  {
    category,
    area: 'Resource Utilization Tracking',
    name: 'Memory monitoring',
    panels: [...panels('Nodes', 'Memory in use'), ...panels('Workloads', 'Memory, share of the limit')],
    alerts: ['NodeMemoryLow', 'KubeContainerOutOfMemory'],
  },
  {
    category,
    area: 'Resource Utilization Tracking',
    name: 'Disk I/O monitoring',
    panels: panels('Nodes', 'Busy', 'Read and written'),
    alerts: ['NodeDiskSaturated'],
  },
  {
    category,
    area: 'Resource Utilization Tracking',
    name: 'System load across hosts, VMs, and containers',
    panels: [...panels('Nodes', 'Load', 'Waiting for CPU, memory and disks'), ...panels('Workloads', 'Containers')],
    alerts: ['NodeSaturated'],
  },
  {
    category,
    area: 'Uptime and Availability',
    name: 'Uptime/Downtime',
    panels: [...panels('Endpoints and certificates', 'Answered'), ...panels('Overview', 'Pods that do not answer')],
    alerts: ['EndpointDown', 'ScrapeTargetDown'],
  },
  {
    category,
    area: 'Uptime and Availability',
    name: 'Host Availability',
    panels: panels('Nodes', 'Nodes', 'Newest start'),
    alerts: ['NodeDown', 'KubeNodeNotReady'],
  },
  {
    category,
    area: 'Storage Monitoring',
    name: 'Disk Usage',
    panels: [...panels('Nodes', 'In use', 'Fullest disk'), ...panels('Workloads', 'Claims')],
    alerts: ['NodeDiskUsageHigh', 'KubeVolumeFull'],
  },
  {
    category,
    area: 'Storage Monitoring',
    name: 'Storage Latency',
    panels: [
      ...panels('Nodes', 'Latency'),
      ...panels('Object store', 'Duration, by operation'),
      ...panels('PostgreSQL', 'Reading a block'),
    ],
    alerts: ['NodeDiskSaturated'],
  },
  {
    category,
    area: 'Storage Monitoring',
    name: 'Throughput',
    panels: [...panels('Nodes', 'Read and written'), ...panels('Object store', 'Requests, by operation and status')],
  },
  {
    category,
    area: 'Capacity Forecasting',
    name: 'Capacity Planning',
    panels: panels('Capacity', 'Disks', 'Claims', 'Memory in a week', 'CPU in a week'),
    alerts: ['NodeDiskFilling', 'KubeVolumeFilling'],
  },
  {
    category,
    area: 'Infrastructure Alerting',
    name: 'CPU Alerts',
    panels: panels('Nodes', 'Busiest'),
    alerts: ['HighCPUUsage', 'CriticalCPUUsage'],
  },
  {
    category,
    area: 'Infrastructure Alerting',
    name: 'Disk Alerts',
    panels: panels('Nodes', 'Fullest disk'),
    alerts: ['NodeDiskUsageHigh', 'NodeDiskFull', 'NodeDiskFilling'],
  },
  {
    category,
    area: 'Infrastructure Alerting',
    name: 'System down',
    panels: panels('Overview', 'Pods that answer', 'Firing'),
    alerts: ['NodeDown', 'EndpointDown', 'KubeNodeNotReady'],
  },
  {
    category,
    area: 'Infrastructure Alerting',
    name: 'Container Alerts',
    panels: panels('Workloads', 'Stuck containers, by reason', 'Why containers ended last'),
    alerts: ['KubePodCrashLooping', 'KubeContainerRestarting', 'KubeContainerOutOfMemory'],
  },
];
