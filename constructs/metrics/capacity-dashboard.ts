import { freeOfClaims } from '../core/claim-alert';
import type { Dashboard } from '../core/dashboard';
import { dashboard, folders, promql, row, table, timeseries, wholeRange, type Row } from '../dashboards';
import { self } from './prometheus-queries';

/** How far ahead the trend is drawn, seconds. */
const week = 7 * 86_400;

const cpu = 'instance:node_cpu_used:ratio_rate5m';
const memory = 'instance:node_memory_used:ratio';
const disk = 'instance_device:node_filesystem_used:ratio';

/**
 * When nodes, claims and stores are full if it goes on as in the time that is shown: trends are straight lines through all of it, so it should
 * be longer than what repeats, a day at least. The same of every Prometheus that evaluates rules.
 */
export const capacityDashboard: Dashboard = dashboard({
  uid: 'capacity',
  title: 'Capacity',
  folder: folders.infrastructure,
  description:
    'When what is full, if it goes on as in the time that is shown: choose a time that is longer than what repeats, two days or two weeks.',
  past: '2d',
  rows: [disks(), claims(), nodes(), stores()],
});

/** A share in a week. */
function inAWeek(share: string): string {
  return `clamp(predict_linear(${share}[${wholeRange}], ${week}), 0, 1)`;
}

/** Seconds until a share is 1; only of those that rise. */
function fullIn(share: string): string {
  return `(1 - ${share})\n/ (deriv(${share}[${wholeRange}]) > 0)`;
}

function disks(): Row {
  const day = 86_400;
  return row(
    'Disks of nodes',
    table({
      title: 'Disks',
      description: 'At the end of the time. Those without a time until they are full do not grow.',
      labels: { instance: 'Node', device: 'Device' },
      values: [
        { title: 'In use', query: promql(disk), unit: 'percentunit', thresholds: { warn: 0.8, bad: 0.9 } },
        {
          title: 'In a week',
          query: promql(inAWeek(disk)),
          unit: 'percentunit',
          thresholds: { warn: 0.85, bad: 0.99 },
        },
        { title: 'Full in', query: promql(fullIn(disk)), unit: 's' },
      ],
      sortBy: 'In a week',
    }),
    timeseries({
      title: 'Days until a disk is full',
      description: 'Of those that are full within two months. A line that falls by a day each day is right.',
      unit: 'short',
      queries: [promql(`${fullIn(disk)} / ${day} < 60`, { legend: '{{instance}} {{device}}' })],
      width: 24,
    }),
  );
}

function claims(): Row {
  const used = `1 - ${freeOfClaims('')}`;
  const free = 'kubelet_volume_stats_available_bytes';
  const capacity = 'kubelet_volume_stats_capacity_bytes';
  return row(
    'Volumes of claims',
    table({
      title: 'Claims',
      description:
        'Where kubelets are read. Stores that drop their oldest when they are three quarters full stay there and are never full.',
      labels: { namespace: 'Namespace', persistentvolumeclaim: 'Claim' },
      values: [
        {
          title: 'In use',
          query: promql(`max by (namespace, persistentvolumeclaim) (${used})`),
          unit: 'percentunit',
          thresholds: { warn: 0.8, bad: 0.9 },
        },
        {
          title: 'In a week',
          query: promql(
            `max by (namespace, persistentvolumeclaim) (1 - clamp_min(predict_linear(${free}[${wholeRange}], ${week}), 0) / ${capacity})`,
          ),
          unit: 'percentunit',
          thresholds: { warn: 0.85, bad: 0.99 },
        },
        {
          title: 'Full in',
          query: promql(`min by (namespace, persistentvolumeclaim) (${free} / -(deriv(${free}[${wholeRange}]) < 0))`),
          unit: 's',
        },
        { title: 'Size', query: promql(`max by (namespace, persistentvolumeclaim) (${capacity})`), unit: 'bytes' },
      ],
      sortBy: 'In a week',
    }),
  );
}

function nodes(): Row {
  const columns = (name: string, share: string) =>
    [
      { title: `${name} in use`, query: promql(`avg_over_time(${share}[1h])`), unit: 'percentunit' },
      {
        title: `${name} in a week`,
        query: promql(inAWeek(share)),
        unit: 'percentunit',
        thresholds: { warn: 0.8, bad: 0.95 },
      },
      { title: `${name} full in`, query: promql(fullIn(share)), unit: 's' },
    ] as const;
  return row(
    'CPU and memory of nodes',
    table({
      title: 'Nodes',
      description:
        'CPU is of an hour, as a trend of minutes says nothing. Memory that nobody frees, and CPU that grows with its load, show here first.',
      labels: { instance: 'Node' },
      values: [...columns('Memory', memory), ...columns('CPU', cpu)],
      sortBy: 'Memory in a week',
    }),
    timeseries({
      title: 'Memory in a week',
      description: 'Share that is in use in a week if it goes on as in the time that is shown.',
      unit: 'percentunit',
      max: 1,
      queries: [promql(inAWeek(memory), { legend: '{{instance}}' })],
      thresholds: { warn: 0.8, bad: 0.95 },
    }),
    timeseries({
      title: 'CPU in a week',
      description: 'Share that is busy in a week if it goes on as in the time that is shown.',
      unit: 'percentunit',
      max: 1,
      queries: [promql(inAWeek(cpu), { legend: '{{instance}}' })],
      thresholds: { warn: 0.8, bad: 0.95 },
    }),
  );
}

function stores(): Row {
  const series = `prometheus_tsdb_head_series{${self}}`;
  const free = 'redpanda_storage_disk_free_bytes';
  return row(
    'Stores',
    timeseries({
      title: 'Series of Prometheus',
      description: 'Now, and in a week. Its memory follows them.',
      unit: 'short',
      queries: [
        promql(series, { legend: 'now' }),
        promql(`clamp_min(predict_linear(${series}[${wholeRange}], ${week}), 0)`, { legend: 'in a week' }),
      ],
    }),
    timeseries({
      title: 'Free on the brokers’ volume',
      description: 'Now, and in a week. Below a twentieth of the volume the broker refuses what is produced.',
      unit: 'bytes',
      queries: [
        promql(`min(${free})`, { legend: 'now' }),
        promql(`clamp_min(min(predict_linear(${free}[${wholeRange}], ${week})), 0)`, { legend: 'in a week' }),
      ],
    }),
  );
}
